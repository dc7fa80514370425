"""Best-known plans of tasks too large to explore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.learn.improve import improve_plan
from planner.search.improve.replay import cost_of

if TYPE_CHECKING:
    from planner.interfaces import StepSpace
    from planner.learn.teacher import Teacher

__all__ = ["best_known_plan"]


def best_known_plan(
    space: StepSpace, expansions: int = 5000, teacher: Teacher | None = None
) -> list[int] | None:
    """The cheaper of two plans, by greedy search with h_FF, shortened, and by a teacher.

    ``None`` when neither finds one.
    """
    taught = None if teacher is None else teacher.plan(space, space.initial())
    searched = _searched(space, expansions)
    known = [plan for plan in (taught, searched) if plan is not None]
    return min(known, key=lambda plan: (cost_of(space, plan), len(plan)), default=None)


def _searched(space: StepSpace, expansions: int) -> list[int] | None:
    from planner.guides.relaxation import RelaxationGuide
    from planner.search.best_first import Gbfs
    from planner.search.limits import Limits, Meter

    meter = Meter(Limits(expansions=expansions))
    outcome = Gbfs().run(space, RelaxationGuide("h_ff"), meter)
    return None if outcome.steps is None else improve_plan(space, outcome.steps)
