"""Conditions: preconditions, goals, conditions of effects, bodies of derived predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.io.pddl.source import Group
from planner.io.pddl.typed_lists import read_variables
from planner.kr.formulas import (
    TRUE,
    Atom,
    Comparison,
    Exists,
    Forall,
    Formula,
    Not,
    conjoin,
    disjoin,
)
from planner.kr.terms import ANY_TYPE, Term, Variable

if TYPE_CHECKING:
    from planner.io.pddl.source import Node
    from planner.io.pddl.vocabulary import Context, Scope
    from planner.kr.terms import TypedVariable

__all__ = ["read_atom", "read_condition", "read_terms"]

_NUMERIC = frozenset({"<", ">", "<=", ">="})
_TRAJECTORY = frozenset(
    {"always", "sometime", "within", "at-most-once", "sometime-after", "sometime-before",
     "always-within", "hold-during", "hold-after"}
)  # fmt: skip
_TEMPORAL = (["start"], ["end"], ["all"])


def read_condition(c: Context, node: Node, owner: Group, index: int, scope: Scope) -> Formula:
    """Read a condition; where it is wrong, note the error and stand in `TRUE`.

    ``index`` is the place of ``node`` in ``owner``, for messages.
    """
    group = c.group(node, owner, index, "a condition")
    if group is None or not group.items:
        return TRUE
    head = group.head
    match head:
        case "and":
            return conjoin(*_read_parts(c, group, scope))
        case "or":
            c.needs(":disjunctive-preconditions", group)
            return disjoin(*_read_parts(c, group, scope))
        case "not":
            return _read_not(c, group, scope)
        case "imply":
            c.needs(":disjunctive-preconditions", group)
            if not _has_parts(c, group, 2, "(imply CONDITION CONDITION)"):
                return TRUE
            condition, body = _read_parts(c, group, scope)
            return disjoin(Not(condition, c.span(group)), body)
        case "forall" | "exists":
            return _read_quantifier(c, group, scope)
        case "=":
            return _read_equality(c, group, scope)
        case "":
            c.error("syntax", "expected a predicate or a connective", group, 0)
            return TRUE
        case _ if head not in c.vocabulary.predicates and _is_unsupported(c, group):
            return TRUE
        case _:
            return read_atom(c, group, scope) or TRUE


def _is_unsupported(c: Context, group: Group) -> bool:
    head = group.head
    if head in _NUMERIC:
        c.unsupported("numeric conditions", group)
    elif head == "preference":
        c.unsupported("preferences", group)
    elif head in _TRAJECTORY:
        c.unsupported("trajectory constraints", group)
    else:
        return False
    return True


def _has_parts(c: Context, group: Group, count: int, form: str) -> bool:
    if len(group.items) == count + 1:
        return True
    c.error("syntax", f"expected {form}", group)
    return False


def _read_parts(c: Context, group: Group, scope: Scope) -> list[Formula]:
    return [
        read_condition(c, item, group, index, scope)
        for index, item in enumerate(group.items[1:], start=1)
    ]


def _read_not(c: Context, group: Group, scope: Scope) -> Formula:
    if not _has_parts(c, group, 1, "(not CONDITION)"):
        return TRUE
    (body,) = _read_parts(c, group, scope)
    if isinstance(body, Comparison) and body.operator == "=":
        return Comparison("!=", body.left, body.right, body.span)
    if isinstance(body, Atom):
        c.needs(":negative-preconditions", group)
    else:
        c.needs(":disjunctive-preconditions", group)
    return Not(body, c.span(group))


def _read_quantifier(c: Context, group: Group, scope: Scope) -> Formula:
    universal = group.head == "forall"
    kind = "universal" if universal else "existential"
    c.needs(f":{kind}-preconditions", group)
    if not _has_parts(c, group, 2, f"({group.head} (VARIABLES) CONDITION)"):
        return TRUE
    declared = c.group(group.items[1], group, 1, "variables")
    if declared is None:
        return TRUE
    variables, inner = read_variables(c, declared)
    inner = {**scope, **inner}
    body = group.items[2]
    if not variables:
        return read_condition(c, body, group, 2, inner)
    if not universal and (same := _as_type_atom(c, group, variables, scope)) is not None:
        return same
    if not universal:
        return Exists(variables, read_condition(c, body, group, 2, inner), c.span(group))
    if isinstance(body, Group) and body.head == "imply" and len(body.items) == 3:
        # A guarded `forall` keeps its guard: the engine evaluates it by counting.
        c.needs(":disjunctive-preconditions", body)
        condition, conclusion = _read_parts(c, body, inner)
        return Forall(variables, condition, conclusion, c.span(group))
    return Forall(variables, TRUE, read_condition(c, body, group, 2, inner), c.span(group))


def _as_type_atom(
    c: Context, group: Group, variables: tuple[TypedVariable, ...], scope: Scope
) -> Atom | None:
    """``(exists (?y - type) (= ?y ?x))`` says that ``?x`` is of the type, which is an atom here.

    `planner.io.pddl.dump` writes type atoms in this form, since PDDL has none.
    """
    body = group.items[2]
    if len(variables) != 1 or len(variables[0].types) != 1 or not isinstance(body, Group):
        return None
    local = f"?{variables[0].name}"
    if len(body.items) != 3 or body.items[:2] != ["=", local] or body.items[2] == local:
        return None
    terms = read_terms(c, Group(body.start, ["=", body.items[2]]), scope)
    return Atom(variables[0].types[0], terms, c.span(group)) if terms else None


def _read_equality(c: Context, group: Group, scope: Scope) -> Formula:
    if not _has_parts(c, group, 2, "(= TERM TERM)"):
        return TRUE
    if any(isinstance(item, Group) for item in group.items[1:]):
        c.unsupported("numeric conditions and object fluents", group)
        return TRUE
    c.needs(":equality", group)
    terms = read_terms(c, group, scope)
    return Comparison("=", terms[0], terms[1], c.span(group)) if len(terms) == 2 else TRUE


def read_atom(c: Context, group: Group, scope: Scope) -> Atom | None:
    """Read ``(predicate term ...)``, or note what is wrong with it and return ``None``."""
    predicate = c.vocabulary.signature(group.head)
    if predicate is None:
        if not group.head:
            c.error("syntax", "expected a predicate", group, 0)
        elif group.head in ("at", "over") and group.items[1:2] in _TEMPORAL:
            c.unsupported("timed conditions", group)
        else:
            c.unknown("predicate", group.head, c.vocabulary.predicates, group, 0)
        return None
    terms = read_terms(c, group, scope)
    if predicate.arity != len(group.items) - 1:
        places = "argument" if predicate.arity == 1 else "arguments"
        c.error(
            "arity",
            f"`{group.head}` takes {predicate.arity} {places}, here it has {len(group.items) - 1}",
            group,
        )
        return None
    if len(terms) != predicate.arity:
        return None
    _check_types(c, group, predicate.types, scope)
    return Atom(predicate.name, terms, c.span(group))


def read_terms(c: Context, group: Group, scope: Scope) -> tuple[Term, ...]:
    """Read the arguments after the first item; unknown ones are noted and left out."""
    terms: list[Term] = []
    for index, item in enumerate(group.items[1:], start=1):
        if isinstance(item, Group):
            c.error("syntax", "expected a variable or an object", group, index)
        elif item.startswith("?"):
            if item in scope:
                terms.append(Variable(item[1:]))
            else:
                c.unknown("variable", item, scope, group, index)
        elif item in c.vocabulary.objects:
            terms.append(item)
        else:
            c.unknown("object", item, c.vocabulary.objects, group, index)
    return tuple(terms)


def _check_types(
    c: Context, group: Group, places: tuple[tuple[str, ...], ...], scope: Scope
) -> None:
    """Warn where an argument cannot be of the declared type: PDDL then reads it as false."""
    for index, (item, wanted) in enumerate(zip(group.items[1:], places, strict=True), start=1):
        assert isinstance(item, str)
        given = scope.get(item) or tuple(c.vocabulary.objects.get(item, ANY_TYPE).split("|"))
        if not any(_related(c, g, w) for g in given for w in wanted):
            message = (
                f"`{item}` is of type `{'|'.join(given)}`, but argument {index} of "
                f"`{group.head}` is of type `{'|'.join(wanted)}`"
            )
            c.warn("type-mismatch", message, group, index)


def _related(c: Context, one: str, other: str) -> bool:
    return c.vocabulary.is_subtype(one, other) or c.vocabulary.is_subtype(other, one)
