"""What a predicate may be declared to be, beside its signature and its meaning."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from planner.io.nodes import Mapping, Node
    from planner.io.sections import Reading
    from planner.kr.rules import Predicate

__all__ = ["EXTREMES", "PROPERTIES", "read_meaning", "read_properties"]

PROPERTIES = ("symmetric", "functional", "equivalence", "assumable")
EXTREMES = ("min", "max")
_FEWEST_ARGUMENTS = {"symmetric": 2, "equivalence": 2, "functional": 1}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|<([^<>\s]+)>")


def read_properties(reading: Reading, node: Mapping, predicate: Predicate) -> Predicate:
    """The predicate with what the mapping below its signature says."""
    fields = reading.fields(node, ("meaning", *PROPERTIES, "keep", "foreign"), "a predicate")
    if "meaning" in fields:
        meaning = read_meaning(reading, fields["meaning"][1], predicate.arity)
        predicate = replace(predicate, meaning=meaning)
    if "keep" in fields:
        predicate = replace(predicate, keep=_read_keep(reading, fields["keep"][1]))
    if "foreign" in fields:
        inputs = reading.integer(fields["foreign"][1], "`foreign`, the number of inputs,")
        if inputs < 0:
            span = reading.span(fields["foreign"][1])
            reading.problems.error("bad-value", "there cannot be fewer than 0 inputs", span)
        predicate = replace(predicate, foreign=max(0, inputs))
    properties = set()
    for name in PROPERTIES:
        if name not in fields or not reading.flag(fields[name][1], f"`{name}`"):
            continue
        needed, arity = _FEWEST_ARGUMENTS.get(name, 0), predicate.arity
        if arity < needed:
            message = f"a predicate that is `{name}` needs {needed} arguments, this has {arity}"
            reading.problems.error("bad-property", message, reading.span(fields[name][0]))
        properties.add(name)
    return replace(predicate, properties=frozenset(properties))


def _read_keep(reading: Reading, node: Node) -> Literal["", "min", "max"]:
    text = reading.text(node, "`keep`")
    if text is None:
        return ""
    if text.value not in EXTREMES:
        message = f"`keep` is `min` or `max`, not `{text.value}`"
        hint = "of facts that differ in the last argument, the one with the least or greatest stays"
        reading.problems.error("bad-value", message, reading.span(text), hint)
        return ""
    return cast("Literal['min', 'max']", text.value)


def read_meaning(reading: Reading, node: Node, arity: int) -> str:
    """The sentence of a predicate, whose placeholders must be its arguments."""
    text = reading.text(node, "the meaning of a predicate")
    if text is None:
        return ""
    for match in _PLACEHOLDER.finditer(text.value):
        inner = match[1] if match[1] is not None else match[2]
        if not inner.isdecimal() or int(inner[:6]) >= arity:
            message = f"`{match[0]}` is no argument of this predicate"
            places = ", ".join(f"{{{i}}}" for i in range(arity)) or "none: it has no arguments"
            span = reading.place(text).span(*match.span())
            reading.problems.error("unknown-placeholder", message, span, f"there is {places}")
    return text.value
