"""From the steps that a search found to a plan that people see: named, and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.plan import Plan

if TYPE_CHECKING:
    from planner.interfaces import StepSpace
    from planner.kr.task import Task

__all__ = ["NamedPlans", "check_plan", "extract_plan"]


class NamedPlans:
    """Names plans; the last one is kept, as it is named once to be told of and once to be shown."""

    def __init__(self, task: Task, space: StepSpace) -> None:
        self._task, self._space = task, space
        self._last: tuple[tuple[int, ...], Plan] | None = None

    def plan(self, steps: tuple[int, ...]) -> Plan:
        """The plan, named and checked."""
        if self._last is None or self._last[0] != steps:
            self._last = steps, extract_plan(self._task, self._space, steps)
        return self._last[1]


def extract_plan(task: Task, space: StepSpace, steps: tuple[int, ...]) -> Plan:
    """Name the steps, and let the independent validator judge them before anyone sees them.

    Raises:
        PlannerError: as `check_plan`.
    """
    plan = Plan(tuple(space.describe(step) for step in steps))
    check_plan(task, plan)
    return plan


def check_plan(task: Task, plan: Plan) -> None:
    """Have a plan replayed.

    Raises:
        PlannerError: when it fails, or costs something else (a defect of ours).
    """
    from planner.validate import validate

    verdict = validate(task, plan)
    if not verdict.ok:
        raise PlannerError(f"the plan found is not valid, please report this: {verdict.message}")
    if verdict.cost != plan.cost:
        raise PlannerError(
            f"the plan's cost is {plan.cost} but the validator counts {verdict.cost}, "
            "please report this"
        )
