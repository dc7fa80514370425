"""The section of judges: predicates whose facts carry a model's probability."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from planner.diagnostics import suggest
from planner.io.nodes import Mapping, Node, Scalar
from planner.kr.judges import Judge
from planner.kr.terms import Text

if TYPE_CHECKING:
    from planner.io.draft import Draft
    from planner.io.sections import Reading
    from planner.kr.terms import Constant

__all__ = ["read_judges"]

_KEYS = ("model", "inputs", "classes")
_INTEGER = re.compile(r"-?\d{1,18}")
_DECIMAL = re.compile(r"-?\d{1,18}\.\d{1,18}")


def read_judges(reading: Reading, node: Node, draft: Draft) -> None:
    """``judge: {digit: {model: folder, inputs: file.csv, classes: [0, 1]}}``."""
    for key, value in reading.pairs(node, "`judge`"):
        name, span = key.value, reading.span(key)
        if name not in draft.predicates:
            if name not in draft.broken:
                hint = suggest(name, draft.predicates) or "declare it under `predicates:`"
                message = f"no predicate is named `{name}`"
                reading.problems.error("unknown-predicate", message, span, hint)
            continue
        if any(judge.predicate == name for judge in draft.judges):
            message = f"`{name}` has two judges"
            reading.problems.error("declared-twice", message, span)
            continue
        fields = reading.fields(value, _KEYS, "a judge")
        model, inputs = (_read_path(reading, fields, key) for key in ("model", "inputs"))
        classes = _read_classes(reading, fields["classes"][1]) if "classes" in fields else ()
        if draft.predicates[name].arity < 1 + bool(classes):
            needed = "an argument that is judged" + (" and one for its class" if classes else "")
            message = f"a judged predicate needs {needed}"
            reading.problems.error("bad-judge", message, span)
            continue
        draft.judges.append(Judge(name, classes, model, inputs, span))


def _read_path(reading: Reading, fields: dict[str, tuple[Scalar, Node]], key: str) -> str:
    """A path that starts at the file it stands in."""
    if key not in fields:
        return ""
    text = reading.text(fields[key][1], f"`{key}`")
    if text is None:
        return ""
    target = Path(os.path.normpath(Path(reading.source.name).parent / text.value))
    if not target.exists():
        message = f"there is nothing at `{target}`"
        hint = "the path starts at this file"
        reading.problems.error("unreadable-file", message, reading.span(text), hint)
    return str(target)


def _read_classes(reading: Reading, node: Node) -> tuple[Constant, ...]:
    found: dict[Constant, None] = {}
    for item in reading.items(node, "`classes`"):
        if isinstance(item, Mapping) or reading.text(item, "a class") is None:
            continue
        assert isinstance(item, Scalar)
        value = _class(item)
        if value in found:
            message = f"the class `{item.value}` is listed twice"
            reading.problems.error("declared-twice", message, reading.span(item))
        found[value] = None
    return tuple(found)


def _class(scalar: Scalar) -> Constant:
    """A number, a string in double quotation marks, or the name of an object."""
    text = scalar.value
    if not scalar.style and _INTEGER.fullmatch(text):
        return int(text)
    if not scalar.style and _DECIMAL.fullmatch(text):
        return Fraction(text)
    if len(text) > 1 and text[0] == text[-1] == '"':
        return Text(text[1:-1])
    return text
