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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.actions import ActionSchema
    from planner.kr.formulas import Formula

__all__ = ["binding_variables", "implicit_parameters", "printed_parameters"]


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
