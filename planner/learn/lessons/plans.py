"""Best-known plans of tasks too large to explore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.learn.improve import improve_plan
from planner.search.improve.replay import cost_of
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    from planner.interfaces import StepSpace
    from planner.learn.lessons.teacher import Teacher

__all__ = ["best_known_plan"]

_OPEN = 100
"""Expansions in an open space, where each makes all its successors; another task is cheaper."""

_TAUGHT = 1000
"""Expansions beside a teacher's plan: a search that takes more seldom finds a cheaper one."""


def best_known_plan(
    space: StepSpace, expansions: int = 5000, teacher: Teacher | None = None
) -> list[int] | None:
    """The cheaper of two plans, by greedy search, shortened, and by a teacher.

    The search follows h_FF, and in open spaces the numbers of the goal. ``None`` when neither finds
    one.
    """
    taught = None if teacher is None else teacher.plan(space, space.initial())
    searched = _searched(space, expansions if taught is None else min(expansions, _TAUGHT))
    known = [plan for plan in (taught, searched) if plan is not None]
    return min(known, key=lambda plan: (cost_of(space, plan), len(plan)), default=None)


def _searched(space: StepSpace, expansions: int) -> list[int] | None:
    from planner.search.best_first import Gbfs
    from planner.search.limits import Limits, Meter
    from planner.search.registry import parse_guide

    is_numeric = is_open(space.task)
    guide = parse_guide("goal_numbers+goal_count" if is_numeric else "h_ff")
    meter = Meter(Limits(expansions=min(expansions, _OPEN) if is_numeric else expansions))
    outcome = Gbfs().run(space, guide, meter)
    if outcome.steps is None or is_numeric:
        return None if outcome.steps is None else list(outcome.steps)
    return improve_plan(space, outcome.steps)
