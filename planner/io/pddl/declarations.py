"""Declarations of a domain: requirements, types, constants, predicates, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.io.pddl.escape import is_name
from planner.io.pddl.typed_lists import read_typed_list, resolve_types
from planner.io.pddl.vocabulary import TOTAL_COST
from planner.kr.rules import Predicate
from planner.kr.terms import ANY_TYPE

if TYPE_CHECKING:
    from planner.io.pddl.source import Group
    from planner.io.pddl.vocabulary import Context

__all__ = ["DECLARATIONS", "read_declarations", "read_objects"]

_KNOWN = frozenset(
    {":strips", ":typing", ":negative-preconditions", ":disjunctive-preconditions", ":equality",
     ":existential-preconditions", ":universal-preconditions", ":quantified-preconditions",
     ":conditional-effects", ":adl", ":action-costs", ":derived-predicates", ":fluents",
     ":numeric-fluents", ":durative-actions", ":timed-initial-literals", ":preferences",
     ":constraints", ":object-fluents", ":duration-inequalities", ":continuous-effects",
     ":domain-axioms", ":ucpop", ":goal-utilities"}
)  # fmt: skip
DECLARATIONS = (":requirements", ":types", ":constants", ":predicates", ":functions")


def read_declarations(c: Context, parts: list[Group]) -> None:
    """Read the sections that declare names into the vocabulary."""
    readers = {
        ":requirements": _read_requirements,
        ":types": _read_types,
        ":constants": read_objects,
        ":predicates": _read_predicates,
        ":functions": _read_functions,
    }
    # In this order, whatever the order in the file: each needs those before it.
    for head in DECLARATIONS:
        for group in parts:
            if group.head == head:
                readers[head](c, group)


def _read_requirements(c: Context, group: Group) -> None:
    for index, item in enumerate(group.items[1:], start=1):
        if not isinstance(item, str) or not item.startswith(":"):
            c.error("syntax", "expected a requirement such as `:typing`", group, index)
            continue
        if item not in _KNOWN:
            c.warn("unknown-requirement", f"unknown requirement `{item}`", group, index)
        c.vocabulary.add_requirement(item)


def _read_types(c: Context, group: Group) -> None:
    c.needs(":typing", group)
    vocabulary = c.vocabulary
    parents: dict[str, str] = {}
    for item in read_typed_list(c, group, 1):
        if not isinstance(item.node, str) or not is_name(item.node):
            c.error("syntax", "expected the name of a type", group, item.index)
            continue
        if len(item.types) > 1:
            c.unsupported("types with several parents", group, item.type_index)
        parent = item.types[0] if item.types else ANY_TYPE
        if item.node == ANY_TYPE:
            continue
        known = parents.get(item.node)
        if known is not None and known != parent:
            message = f"type `{item.node}` is declared twice, as `{known}` and as `{parent}`"
            c.error("duplicate-type", message, group, item.index)
            continue
        if known is not None:
            c.warn("duplicate-type", f"type `{item.node}` is declared twice", group, item.index)
        parents[item.node] = parent
    for parent in dict.fromkeys(parents.values()):
        if parent != ANY_TYPE and parent not in parents:
            c.warn("undeclared-type", f"type `{parent}` is only named as a parent", group)
            parents[parent] = ANY_TYPE
    for name, parent in parents.items():
        vocabulary.types[vocabulary.declare_type(name)] = vocabulary.declare_type(parent)
    _refuse_type_cycles(c, group)


def _refuse_type_cycles(c: Context, group: Group) -> None:
    types = c.vocabulary.types
    for name in types:
        seen, ancestor = {name}, types[name]
        while ancestor in types and ancestor not in seen:
            seen.add(ancestor)
            ancestor = types[ancestor]
        if ancestor == name:
            c.error("type-cycle", f"type `{name}` is its own ancestor", group)
            types[name] = ANY_TYPE


def read_objects(c: Context, group: Group) -> None:
    """Read constants or objects into the vocabulary."""
    known = c.vocabulary.objects
    for item in read_typed_list(c, group, 1):
        types = "|".join(resolve_types(c, group, item))
        name = item.node
        if not isinstance(name, str) or not is_name(name):
            c.error("syntax", "expected the name of an object", group, item.index)
        elif name not in known:
            known[name] = types
        elif known[name] == types:
            c.warn("duplicate-object", f"object `{name}` is declared twice", group, item.index)
        else:
            message = f"object `{name}` is declared twice, as `{known[name]}` and as `{types}`"
            c.error("duplicate-object", message, group, item.index)


def _read_predicates(c: Context, group: Group) -> None:
    known = c.vocabulary.predicates
    for index, item in enumerate(group.items[1:], start=1):
        declared = c.group(item, group, index, "a predicate")
        if declared is None:
            continue
        name = declared.head
        if not is_name(name):
            c.error("syntax", "expected the name of a predicate", declared, 0)
            continue
        places = _read_places(c, declared)
        kr_name = c.vocabulary.predicate_name(name)
        predicate = Predicate(kr_name, places, span=c.span(declared))
        if name not in known:
            known[name] = predicate
        elif known[name] == predicate:
            c.warn("duplicate-predicate", f"predicate `{name}` is declared twice", declared, 0)
        else:
            message = f"predicate `{name}` is declared twice with different arguments"
            c.error("duplicate-predicate", message, declared, 0)


def _read_places(c: Context, declared: Group) -> tuple[tuple[str, ...], ...]:
    """Types of the places of a predicate or function; a repeated variable is a place again."""
    places = []
    for item in read_typed_list(c, declared, 1):
        if not isinstance(item.node, str):
            c.error("syntax", "expected a variable", declared, item.index)
            continue
        if not item.node.startswith("?"):
            c.warn("not-a-variable", f"`{item.node}` lacks its `?`", declared, item.index)
        places.append(resolve_types(c, declared, item))
    return tuple(places)


def _read_functions(c: Context, group: Group) -> None:
    known = c.vocabulary.functions
    for item in read_typed_list(c, group, 1):
        if item.types not in ((), ("number",)):
            c.unsupported("object fluents", group, item.index)
        declared = c.group(item.node, group, item.index, "a function")
        if declared is None:
            continue
        name = declared.head
        if not is_name(name):
            c.error("syntax", "expected the name of a function", declared, 0)
        elif name == TOTAL_COST and len(declared.items) == 1:
            c.vocabulary.has_total_cost = True
        elif name in known:
            c.warn("duplicate-function", f"function `{name}` is declared twice", declared, 0)
        else:
            places = (*_read_places(c, declared), ("number",))
            known[name] = Predicate(
                c.vocabulary.function_name(name),
                places,
                properties=frozenset({"functional"}),
                span=c.span(declared),
            )
