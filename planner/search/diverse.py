"""Several plans that are not the same plan in another order.

Two plans count as different when neither takes all the steps of the other. After a plan is found,
each of its steps in turn is forbidden and the task solved again, and so on from the plans that
gives (after Lawler 1972). A plan that needs no step it could do without either takes all steps of
a plan found before, or avoids one of them: so where the searches are complete nothing is missed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import RenamingSpace
from planner.search.improve.replay import as_named
from planner.search.improve.shorten import without_superfluous
from planner.search.portion import Portion, booked
from planner.search.reduction import keep_operators
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.restricted import RestrictedSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.interfaces import StepSpace
    from planner.search.limits import Meter
    from planner.search.result import Outcome

    Solve = Callable[[StepSpace, Meter], Outcome]

__all__ = ["Different", "different_plans"]


class Different:
    """The plans found beside the first, and how the search for them ended.

    Attributes:
        plans: in the order in which they were found.
        reason: the limit that ended the search, or ``""``.
        exhausted: True when there are no more.
    """

    def __init__(self) -> None:
        self.plans: list[tuple[int, ...]] = []
        self.reason = ""
        self.exhausted = False


def different_plans(
    space: StepSpace, first: tuple[int, ...], count: int, solve: Solve, meter: Meter
) -> Different:
    """Find plans that differ from the first and from each other, ``count`` with the first.

    ``solve`` searches a space within a meter.
    """
    found = Different()
    known = [_names(space, first)]
    waiting = deque(_branches(frozenset(), first))
    tried: set[frozenset[int]] = set()
    while len(known) < count:
        if not waiting:
            found.exhausted = not found.reason
            return found
        forbidden = waiting.popleft()
        if forbidden in tried:
            continue
        tried.add(forbidden)
        with booked(Portion(meter)) as share:
            plan, reason = _solve_without(space, forbidden, solve, share)
        found.reason = meter.exceeded() or reason
        if meter.exceeded():
            return found
        if plan is None:
            continue
        waiting.extend(_branches(forbidden, plan))
        names = _names(space, plan)
        if not any(steps <= names for steps in known):
            known.append(names)
            found.plans.append(plan)
    found.reason = ""
    return found


def _names(space: StepSpace, plan: tuple[int, ...]) -> frozenset[object]:
    """What tells the steps of a plan from those of another."""
    if not isinstance(space, RenamingSpace):
        return frozenset(plan)
    steps = map(space.describe, plan)
    return frozenset((step.name, step.arguments) for step in steps)


def _branches(forbidden: frozenset[int], plan: tuple[int, ...]) -> Iterator[frozenset[int]]:
    return (forbidden | {step} for step in dict.fromkeys(plan))


def _solve_without(
    space: StepSpace, forbidden: frozenset[int], solve: Solve, meter: Meter
) -> tuple[tuple[int, ...] | None, str]:
    """A plan without forbidden steps and without superfluous ones; why none, where unproved."""
    kept = None
    if isinstance(space, GroundSpace):
        task = space.ground_task
        kept = np.setdiff1d(np.arange(task.operator_count), sorted(forbidden))
        restricted: StepSpace = GroundSpace(keep_operators(task, kept.astype(np.int32)))
    else:
        restricted = RestrictedSpace(space, forbidden)
    outcome = solve(restricted, meter)
    if outcome.steps is None:
        return None, "" if outcome.status is Status.UNSOLVABLE else outcome.reason or "incomplete"
    steps = outcome.steps if kept is None else tuple(int(kept[step]) for step in outcome.steps)
    return as_named(space, without_superfluous(space, steps, meter)), ""
