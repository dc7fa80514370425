"""Plan parts of a plan anew (window re-planning, after Siddiqui & Haslum 2015).

A window is a run of steps. What the steps behind it need, and the goal where they do not provide
it, is the goal of a smaller task from the state before it; where a cheaper way is found within a
few expansions the window is replaced. A candidate counts only when the whole plan, followed step
by step, still reaches the goal: so conditional effects and derived atoms, which the needs of later
steps do not account for, can cost an improvement but never a plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxation import RelaxationGuide
from planner.search.best_first import Astar
from planner.search.improve.replay import cost_of, states_along
from planner.search.limits import Limits
from planner.search.portion import Portion, booked
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.search.limits import Meter
    from planner.spaces.ground_task import GroundTask

__all__ = ["replan_windows"]

_SIZES = (4, 8, 16, 32, 64)
_EXPANSIONS = 2_000
"""Expansions a window may take: A* with h_FF either sees a better way soon or not at all."""

_LARGEST = 60_000
"""Operators beyond which preparing a search for each window would take longer than searching."""


def replan_windows(
    space: GroundSpace, plan: tuple[int, ...], meter: Meter
) -> Iterator[tuple[int, ...]]:
    """Cheaper and cheaper plans, until no window can be improved or a limit is met."""
    if space.ground_task.operator_count > _LARGEST:
        return
    for size in _SIZES:
        start = 0
        while start < len(plan):
            if meter.exceeded():
                return
            better = _replanned(space, plan, start, size, meter)
            if better is None:
                start += max(1, size // 2)
            else:
                plan = better
                yield plan
        if size >= len(plan):
            return


def _replanned(
    space: GroundSpace, plan: tuple[int, ...], start: int, size: int, meter: Meter
) -> tuple[int, ...] | None:
    """The plan with a cheaper window, ``None`` where none is found."""
    before, window, after = plan[:start], plan[start : start + size], plan[start + size :]
    spent = cost_of(space, window)
    states = states_along(space, before)
    if not spent or states is None:
        return None
    row = space.row(states[-1])
    part = GroundSpace(_between(space.ground_task, row, _needs(space.ground_task, after)))
    with booked(Portion(meter, Limits(expansions=_EXPANSIONS))) as share:
        outcome = Astar().run(part, RelaxationGuide("h_ff"), share)
    if outcome.steps is None or cost_of(space, outcome.steps) >= spent:
        return None
    candidate = (*before, *outcome.steps, *after)
    reached = states_along(space, candidate)
    return candidate if reached is not None and space.is_goal(reached[-1]) else None


def _needs(task: GroundTask, steps: tuple[int, ...]) -> set[int]:
    """Atoms that must hold for steps to apply in turn and the goal to hold after them."""
    assert task.goal is not None, "a task with a plan has a goal that can be reached"
    needs = set(task.goal.tolist())
    for step in reversed(steps):
        needs -= set(task.add[step].tolist())
        # What a step deletes makes the complement true.
        needs -= set(task.complement[task.delete[step]].tolist())
        needs |= set(task.precondition[step].tolist())
    return needs


def _between(task: GroundTask, row: np.ndarray, needs: set[int]) -> GroundTask:
    """The task from the state in a row to the atoms needed."""
    count = task.state_atom_count
    numbers = np.arange(count, dtype=np.int32)
    true = ((row[numbers >> 6] >> (numbers & 63)) & 1) == 1
    true &= ~task.is_complement[:count] & ~task.is_derived[:count]
    goal = np.array(sorted(needs), dtype=np.int32)
    return replace(task, initial=numbers[true], goal=goal)
