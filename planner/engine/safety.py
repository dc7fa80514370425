"""Which variables of a clause get a value, and where from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from planner.engine.clauses import (
    Absent,
    Body,
    BodyLiteral,
    Fold,
    is_ready,
    open_variables,
    variables_in,
)
from planner.kr.formulas import Atom, Comparison, expression_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["bindable", "bound_by", "close", "unbound"]


def close(body: Body, outside: frozenset[str]) -> Body:
    """Say of every nested body which of its variables come from outside."""
    scope = outside.union(v for literal in body for v in bindable(literal))
    closed: list[BodyLiteral] = []
    for literal in body:
        if isinstance(literal, Atom | Comparison):
            closed.append(literal)
            continue
        inner = tuple(close(one, scope) for one in literal.bodies)
        names = dict.fromkeys(v for one in inner for part in one for v in variables_in(part))
        if isinstance(literal, Fold):
            names.update(dict.fromkeys(v for t in literal.terms for v in expression_variables(t)))
        shared = tuple(v for v in names if v in scope)
        closed.append(replace(literal, bodies=inner, shared=shared))
    return tuple(closed)


def bindable(literal: BodyLiteral) -> Iterable[str]:
    """Variables that a literal itself brings into its clause."""
    match literal:
        case Atom() | Comparison():
            return open_variables(literal)
        case Fold(result):
            return expression_variables(result)
        case Absent():
            return ()
        case _:
            assert_never(literal)


def bound_by(body: Sequence[BodyLiteral], given: Iterable[str] = ()) -> set[str]:
    """Variables that have a value in every solution of a conjunction."""
    bound = set(given)
    rest: list[BodyLiteral] = []
    for literal in body:
        if isinstance(literal, Atom):
            bound.update(open_variables(literal))
        elif not isinstance(literal, Absent):
            rest.append(literal)
    while rest:
        ready = [literal for literal in rest if is_ready(literal, bound)]
        if not ready:
            break
        rest = [literal for literal in rest if literal not in ready]
        bound.update(v for literal in ready for v in open_variables(literal))
    return bound


def unbound(body: Body, bound: set[str]) -> list[str]:
    """Variables of a closed conjunction that nothing gives a value."""
    missing: list[str] = []
    for literal in body:
        if isinstance(literal, Atom):
            continue
        missing += [v for v in open_variables(literal) if v not in bound]
        if not isinstance(literal, Comparison):
            for inner in literal.bodies:
                within = bound_by(inner, literal.shared)
                missing += unbound(inner, within)
                if isinstance(literal, Fold):
                    terms = (v for term in literal.terms for v in expression_variables(term))
                    missing += [v for v in terms if v not in within]
    return missing
