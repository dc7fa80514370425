"""The part of a goal that step models see: ground literals that must all hold."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, Atom, Forall, Formula, Not, conjuncts, show, substitute
from planner.kr.terms import Arithmetic, Constant, Expression, FunctionTerm, Variable

if TYPE_CHECKING:
    from planner.kr.task import Task

__all__ = ["GoalLiteral", "goal_literals", "invisible_goals", "warn_of_invisible_goals"]

_LOG = logging.getLogger(__name__)
_MOST = 100_000  # literals that a universal goal may stand for


@dataclass(frozen=True, slots=True)
class GoalLiteral:
    """A ground atom that the goal wants true (``positive``) or false."""

    predicate: str
    arguments: tuple[Constant, ...]
    positive: bool = True


def goal_literals(task: Task) -> tuple[GoalLiteral, ...]:
    """The ground literals among the goal's conjuncts, in order, repetitions left out.

    A universal conjunct without a condition stands for its instances.
    """
    found: dict[GoalLiteral, None] = {}
    for part in conjuncts(task.goal):
        found.update(dict.fromkeys(_literals(task, part) or ()))
    return tuple(found)


def invisible_goals(task: Task) -> tuple[str, ...]:
    """The goal's other conjuncts (disjunctions, comparisons, variables, ...), written out."""
    return tuple(show(part) for part in conjuncts(task.goal) if _literals(task, part) is None)


def warn_of_invisible_goals(task: Task) -> None:
    """Log what of a task's goal step models do not see, if there is any."""
    unseen = invisible_goals(task)
    if unseen:
        _LOG.warning("step models do not see these parts of the goal: %s", "; ".join(unseen))


def _literals(task: Task, part: Formula) -> list[GoalLiteral] | None:
    """The literals a conjunct stands for, ``None`` when it is of another form."""
    if isinstance(part, Forall):
        return _instances(task, part)
    atom = part.body if isinstance(part, Not) else part
    constants = _constants(atom.arguments) if isinstance(atom, Atom) else None
    if not isinstance(atom, Atom) or constants is None:
        return None
    return [GoalLiteral(atom.predicate, constants, not isinstance(part, Not))]


def _instances(task: Task, part: Forall) -> list[GoalLiteral] | None:
    domains = [task.objects_of(variable.types) for variable in part.variables]
    count = 1
    for domain in domains:
        count *= len(domain)
    if part.condition != TRUE or count > _MOST:
        return None
    found: list[GoalLiteral] = []
    for row in product(*domains):
        binding = {v.name: name for v, name in zip(part.variables, row, strict=True)}
        for inner in conjuncts(substitute(part.body, binding)):
            literals = _literals(task, inner)
            if literals is None:
                return None
            found += literals
    return found


def _constants(arguments: tuple[Expression, ...]) -> tuple[Constant, ...] | None:
    found: list[Constant] = []
    for argument in arguments:
        if isinstance(argument, Variable | Arithmetic | FunctionTerm):
            return None
        found.append(argument)
    return tuple(found)
