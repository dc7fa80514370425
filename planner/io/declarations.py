"""The sections that declare names: types, predicates, constants and objects."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.io.formula_writer import quote_name
from planner.io.nodes import Mapping, Node, Scalar
from planner.io.property_section import read_meaning, read_properties
from planner.io.schema_grammar import parse_signature
from planner.kr.rules import Predicate
from planner.kr.terms import ANY_TYPE, VALUE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.draft import Draft
    from planner.io.sections import Reading

__all__ = ["read_objects", "read_predicates", "read_types"]


def read_types(reading: Reading, node: Node, draft: Draft) -> None:
    """``types: {block: object}``, or a list of names below ``object``."""
    declared: list[tuple[Scalar, Node | None]] = []
    if isinstance(node, Mapping):
        declared += node.pairs
    else:
        declared += [(text, None) for text in reading.texts(node, "a list of types")]
    new: list[tuple[Scalar, Node | None]] = []
    for key, value in declared:
        name = reading.name(key, "a type")
        if name is None:
            draft.broken.add(key.value)
        elif name == ANY_TYPE or name in VALUE_TYPES:
            message = f"`{name}` is a built-in type"
            reading.problems.error("declared-twice", message, reading.span(key))
        elif name in draft.types:
            message = f"the type `{name}` is declared twice"
            reading.problems.error("declared-twice", message, reading.span(key))
        else:
            draft.types[name] = ANY_TYPE
            draft.places["type", name] = reading.span(key)
            new.append((key, value))
    for key, value in new:
        if value is not None and not (isinstance(value, Scalar) and value.is_null):
            _read_parent(reading, key.value, value, draft)
    _check_cycles(reading, [key for key, _ in new], draft)


def _read_parent(reading: Reading, name: str, node: Node, draft: Draft) -> None:
    parent = reading.text(node, "the type above")
    if parent is None:
        return
    span = reading.span(parent)
    if parent.value in VALUE_TYPES:
        message = f"`{parent.value}` is a type of values and has no types of objects below it"
        reading.problems.error("bad-type", message, span)
    elif draft.check_types((parent.value,), span, reading.problems):
        draft.types[name] = parent.value


def _check_cycles(reading: Reading, keys: list[Scalar], draft: Draft) -> None:
    for key in keys:
        seen = {key.value}
        above = draft.types[key.value]
        while above != ANY_TYPE and above not in seen:
            seen.add(above)
            above = draft.types.get(above, ANY_TYPE)
        if above != ANY_TYPE:
            message = f"the type `{key.value}` lies below itself"
            reading.problems.error("type-cycle", message, reading.span(key))
            draft.types[key.value] = ANY_TYPE


def read_predicates(reading: Reading, node: Node, draft: Draft) -> None:
    """``predicates: {on(block, block): meaning}``, or a list of signatures."""
    if reading.is_cut(node):
        draft.broken.update(re.findall(r"[\w-]+", reading.source.lines[node.line]))
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            _read_predicate(reading, key, value, draft)
    else:
        before = reading.problems.damage_count
        for text in reading.texts(node, "a list of predicates"):
            _read_predicate(reading, text, None, draft)
        if reading.problems.damage_count > before:
            # Names that stand on the line of the error are not unknown.
            draft.broken.update(re.findall(r"[\w-]+", reading.source.lines[node.line]))


def _read_predicate(reading: Reading, key: Scalar, node: Node | None, draft: Draft) -> None:
    signature = reading.parse(parse_signature, key)
    if signature is None:
        word = re.match(r"[\w-]+", key.value)
        draft.broken.add(word[0] if word else key.value)
        return
    if signature.name in draft.predicates:
        message = f"the predicate `{signature.name}` is declared twice"
        reading.problems.error("declared-twice", message, signature.span)
        return
    types = tuple(
        group if draft.check_types(group, span, reading.problems) else (ANY_TYPE,)
        for group, span in zip(signature.types, signature.spans, strict=True)
    )
    predicate = Predicate(signature.name, types, span=signature.span)
    if isinstance(node, Mapping):
        predicate = read_properties(reading, node, predicate)
    elif node is not None and not (isinstance(node, Scalar) and node.is_null):
        predicate = replace(predicate, meaning=read_meaning(reading, node, len(types)))
    draft.predicates[signature.name] = predicate
    draft.places["predicate", signature.name] = signature.span


def read_objects(reading: Reading, node: Node, draft: Draft, into: dict[str, str]) -> None:
    """``objects: {block: [a, b]}``, a list of such mappings, or a list of names of any type."""
    if isinstance(node, Mapping):
        _read_typed(reading, node, draft, into)
    elif isinstance(node, Scalar) and not node.is_null:
        _declare(reading, node, ANY_TYPE, draft, into)
    else:
        for item in reading.items(node, "`objects`"):
            if isinstance(item, Mapping):
                _read_typed(reading, item, draft, into)
            else:
                text = reading.text(item, "the name of an object")
                if text is not None:
                    _declare(reading, text, ANY_TYPE, draft, into)


def _read_typed(reading: Reading, node: Mapping, draft: Draft, into: dict[str, str]) -> None:
    for key, value in node.pairs:
        names = tuple(part.strip() for part in key.value.split("|"))
        known = draft.check_types(names, reading.span(key), reading.problems)
        for name in names:
            if name in VALUE_TYPES:
                message = f"values of type `{name}` are not declared"
                reading.problems.error("bad-type", message, reading.span(key))
        for text in _names(reading, value):
            _declare(reading, text, "|".join(names) if known else ANY_TYPE, draft, into)


def _names(reading: Reading, node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar) and node.is_null:
        return
    yield from reading.texts(node, "the names of objects")


def _declare(reading: Reading, text: Scalar, kind: str, draft: Draft, into: dict[str, str]) -> None:
    name = reading.name(text, "an object")
    if name is None:
        draft.broken.add(text.value)
        return
    if name in into or draft.constants.get(name, kind) != kind:
        message = f"the object `{name}` is declared twice"
        reading.problems.error("declared-twice", message, reading.span(text))
        return
    if name not in draft.constants:
        into[name] = kind
        if quote_name(name) != name:
            reading.quoted.add(name)
        draft.places["object", name] = reading.span(text)
