"""The part of a goal that step models see: literals of its top-level conjunction."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from planner.kr.formulas import Atom, Formula, Not, conjuncts, show
from planner.kr.terms import Arithmetic, Constant, Expression, FunctionTerm, Variable

__all__ = ["GoalLiteral", "goal_literals"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GoalLiteral:
    """A ground atom that the goal wants true (``positive``) or false."""

    predicate: str
    arguments: tuple[Constant, ...]
    positive: bool = True


def goal_literals(goal: Formula) -> tuple[GoalLiteral, ...]:
    """The ground literals among the goal's conjuncts, in order, repetitions left out.

    Other conjuncts (disjunctions, quantifiers, comparisons, variables) are invisible to step
    models and reported once in a warning.
    """
    found: dict[GoalLiteral, None] = {}
    unseen = []
    for part in conjuncts(goal):
        positive = not isinstance(part, Not)
        atom = part.body if isinstance(part, Not) else part
        constants = _constants(atom.arguments) if isinstance(atom, Atom) else None
        if isinstance(atom, Atom) and constants is not None:
            found.setdefault(GoalLiteral(atom.predicate, constants, positive))
        else:
            unseen.append(show(part))
    if unseen:
        _LOG.warning("step models do not see these parts of the goal: %s", "; ".join(unseen))
    return tuple(found)


def _constants(arguments: tuple[Expression, ...]) -> tuple[Constant, ...] | None:
    found: list[Constant] = []
    for argument in arguments:
        if isinstance(argument, Variable | Arithmetic | FunctionTerm):
            return None
        found.append(argument)
    return tuple(found)
