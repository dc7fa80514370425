"""From a step of a plan to an action with all its variables bound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.diagnostics import suggest
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    expression_variables,
)
from planner.kr.terms import VALUE_TYPES, Constant, Text, show_constant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.actions import ActionSchema
    from planner.kr.task import Task
    from planner.kr.terms import Expression
    from planner.plan import Step
    from planner.validate.binding import Binding
    from planner.validate.world import World

__all__ = ["Refusal", "bind_step", "find_action", "implicit_parameters"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step cannot be taken: a sentence, and the literals that fail."""

    message: str
    missing: tuple[str, ...] = ()


def find_action(task: Task, step: Step) -> ActionSchema | Refusal:
    """The action schema of a step."""
    for action in task.rules.actions:
        if action.name == step.name:
            return action
    hint = suggest(step.name, [action.name for action in task.rules.actions])
    return Refusal(f"there is no action `{step.name}`" + (f"; {hint}" if hint else ""))


def implicit_parameters(action: ActionSchema) -> tuple[str, ...]:
    """Variables that only the precondition binds, in order of first occurrence.

    Those of ``?`` are not among them: any value will do.
    """
    declared = {p.name for p in action.parameters}
    found = dict.fromkeys(_binders(action.precondition))
    return tuple(n for n in found if n not in declared and not n.startswith("_"))


def _binders(formula: Formula) -> Iterator[str]:
    """Variables that a formula binds where they are free: not in negations."""
    match formula:
        case Atom(_, arguments) | Modal(_, Atom(_, arguments)) | Closure(_, arguments):
            yield from _names(*arguments)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _binders(part)
        case Comparison("=", left, right):
            yield from _names(left, right)
        case Aggregate(result):
            yield from _names(result)
        case Exists(variables, body):
            local = {v.name for v in variables}
            yield from (name for name in _binders(body) if name not in local)
        case Comparison() | Not() | Forall():
            return


def _names(*expressions: Expression) -> Iterator[str]:
    for expression in expressions:
        yield from expression_variables(expression)


def bind_step(world: World, action: ActionSchema, step: Step) -> Binding | Refusal:
    """Bind the parameters that a step names: the declared ones, or also the implicit ones."""
    implicit = implicit_parameters(action)
    names = [p.name for p in action.parameters]
    count = len(step.arguments)
    if count == len(names) + len(implicit):
        names += implicit
    elif count != len(names):
        return Refusal(f"`{action.name}` takes {_counts(len(names), len(implicit))}, not {count}")
    binding: Binding = {}
    types = {p.name: p.types for p in action.parameters}
    missing = []
    for name, argument in zip(names, step.arguments, strict=True):
        value = _value(world, argument, types.get(name, ()))
        if isinstance(value, str) and value not in world.order:
            hint = suggest(value, world.order)
            return Refusal(f"there is no object `{value}`" + (f"; {hint}" if hint else ""))
        if name in types and not world.has_type(value, types[name]):
            missing.append(f"{'|'.join(types[name])}({show_constant(value)})")
        binding[name] = value
    if missing:
        return Refusal("an argument has the wrong type", tuple(missing))
    return binding


def _counts(declared: int, implicit: int) -> str:
    arguments = f"{declared} argument{'' if declared == 1 else 's'}"
    return (
        f"{arguments} (or {declared + implicit} with the implicit ones)" if implicit else arguments
    )


def _value(world: World, argument: Constant, types: tuple[str, ...]) -> Constant:
    """The argument as the task means it: to a plan file the object ``1`` is a number."""
    if isinstance(argument, int | Fraction) and not VALUE_TYPES.intersection(types):
        name = show_constant(argument)
        return name if name in world.order else argument
    if isinstance(argument, Text) and "string" not in types and argument.value in world.order:
        return argument.value
    return argument
