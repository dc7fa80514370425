"""The parameters of an action: declared ones, and those its precondition binds besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
    expression_variables,
)
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.kr.actions import ActionSchema
    from planner.kr.formulas import Formula

__all__ = ["binding_variables", "bound_by", "implicit_parameters", "printed_parameters"]


def printed_parameters(action: ActionSchema) -> tuple[str, ...]:
    """Names of the variables that tell an action's operators apart, in printed order."""
    return tuple(p.name for p in action.parameters) + implicit_parameters(action)


def implicit_parameters(action: ActionSchema) -> tuple[str, ...]:
    """Variables bound only in the precondition, in order of first occurrence.

    Anonymous variables are no parameters: any value will do.
    """
    declared = {p.name for p in action.parameters}
    found = dict.fromkeys(binding_variables(action.precondition))
    return tuple(name for name in found if name not in declared and not name.startswith("_"))


def binding_variables(formula: Formula) -> Iterator[str]:
    """Free variables that a formula can bind: those outside negation and quantifiers."""
    match formula:
        case Atom(_, arguments) | Closure(_, arguments) | Modal(_, Atom(_, arguments)):
            for argument in arguments:
                yield from expression_variables(argument)
        case Comparison("=", left, right):
            yield from expression_variables(left)
            yield from expression_variables(right)
        case Aggregate(result):
            yield from expression_variables(result)
        case And(parts) | Or(parts):
            for part in parts:
                yield from binding_variables(part)
        case Exists(variables, body):
            inner = {v.name for v in variables}
            yield from (name for name in binding_variables(body) if name not in inner)
        case Comparison() | Not() | Forall():
            return
        case _:
            assert_never(formula)


def bound_by(parts: Iterable[Formula], given: Iterable[str] = ()) -> set[str]:
    """Variables that have a value once all parts hold; an equality passes one on."""
    bound, formulas = set(given), tuple(parts)
    size = -1
    while size < len(bound):
        size = len(bound)
        for formula in formulas:
            bound |= _bound_by_one(formula, bound)
    return bound


def _bound_by_one(formula: Formula, bound: set[str]) -> set[str]:
    match formula:
        case Comparison("=", left, right):
            found = set()
            for side, other in ((left, right), (right, left)):
                if isinstance(side, Variable) and bound.issuperset(expression_variables(other)):
                    found.add(side.name)
            return found
        case And(parts):
            return bound_by(parts, bound)
        case Or(parts):
            branches = [bound_by((part,), bound) for part in parts]
            return set.intersection(*branches) if branches else set()
        case Exists(variables, body):
            return bound_by((body,), bound) - {v.name for v in variables}
        case _:
            return set(binding_variables(formula))
