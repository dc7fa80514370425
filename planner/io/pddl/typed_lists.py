"""Typed lists, ``a b - t c - (either t u) d``, the form of every PDDL declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.diagnostics import suggest
from planner.io.pddl.escape import is_name
from planner.kr.terms import ANY_TYPE, TypedVariable

if TYPE_CHECKING:
    from planner.io.pddl.source import Group, Node
    from planner.io.pddl.vocabulary import Context, Scope

__all__ = ["TypedItem", "read_typed_list", "read_variables", "resolve_types"]


@dataclass(frozen=True, slots=True)
class TypedItem:
    """One item of a typed list.

    Attributes:
        node: a word, or a group where the list is one of functions.
        types: PDDL names of its types; empty when none is written.
        index: its position in the group, and ``type_index`` that of its type.
    """

    node: Node
    types: tuple[str, ...]
    index: int
    type_index: int


def read_typed_list(c: Context, group: Group, start: int = 0) -> list[TypedItem]:
    """Split a typed list; types are not looked up."""
    found: list[TypedItem] = []
    waiting: list[tuple[Node, int]] = []
    index = start
    items = group.items
    while index < len(items):
        if items[index] != "-":
            waiting.append((items[index], index))
            index += 1
            continue
        types = _read_type(c, group, index + 1)
        if not waiting:
            c.warn("empty-declaration", "a type with nothing before it", group, index)
        found += [TypedItem(node, types, at, index + 1) for node, at in waiting]
        waiting.clear()
        index += 2
    found += [TypedItem(node, (), at, at) for node, at in waiting]
    return found


def _read_type(c: Context, group: Group, index: int) -> tuple[str, ...]:
    if index >= len(group.items):
        c.error("syntax", "expected a type after `-`", group, index - 1)
        return ()
    node = group.items[index]
    if isinstance(node, str):
        if is_name(node):
            return (node,)
        c.error("syntax", f"expected a type, not `{node}`", group, index)
        return ()
    words = [item for item in node.items if isinstance(item, str)]
    named = len(words) == len(node.items) > 1 and all(map(is_name, words[1:]))
    if node.head != "either" or not named:
        c.error("syntax", "expected a type or `(either TYPE ...)`", node)
        return ()
    return tuple(dict.fromkeys(words[1:]))


def resolve_types(c: Context, group: Group, item: TypedItem) -> tuple[str, ...]:
    """The item's types by their names in knowledge; `object` where none is written."""
    if item.types:
        c.needs(":typing", group)
    known = c.vocabulary.type_names
    found = []
    for name in item.types:
        if name in known:
            found.append(known[name])
        else:
            span = c.span(group, item.type_index)
            c.report.error("unknown-type", f"unknown type `{name}`", span, suggest(name, known))
    return tuple(found) or (ANY_TYPE,)


def read_variables(
    c: Context, group: Group, start: int = 0, *, distinct: bool = True
) -> tuple[tuple[TypedVariable, ...], Scope]:
    """Read the variables of an action, a quantifier or a predicate.

    Predicates may repeat a variable, as some published domains do: only the places count.
    """
    variables: list[TypedVariable] = []
    scope: Scope = {}
    for item in read_typed_list(c, group, start):
        types = resolve_types(c, group, item)
        if not isinstance(item.node, str):
            c.error("syntax", "expected a variable", group, item.index)
        elif not item.node.startswith("?") or not is_name(item.node[1:]):
            message = f"expected a variable, not `{item.node}`"
            c.error("syntax", message, group, item.index, f"write `?{item.node.lstrip('?')}`")
        elif distinct and item.node in scope:
            c.error("duplicate-variable", f"`{item.node}` is declared twice", group, item.index)
        else:
            scope[item.node] = types
            variables.append(TypedVariable(item.node[1:], types))
    return tuple(variables), scope
