"""Shorten plans: cut loops, drop steps that are not needed, take short cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.learn.tasks.walk import successors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace

__all__ = ["improve_plan"]


def improve_plan(space: StepSpace, plan: Sequence[int], window: int = 200) -> list[int]:
    """A plan that is no dearer and often shorter.

    Args:
        space: where the plan is valid.
        plan: steps from the initial state to the goal.
        window: states that each search for a short cut may visit.
    """
    current = list(plan)
    while True:
        shorter = _cut_loops(space, _eliminate(space, current))
        shorter = _take_short_cuts(space, shorter, window)
        if len(shorter) >= len(current):
            return current
        current = shorter


def _states(space: StepSpace, plan: Sequence[int]) -> list[int]:
    path = [space.initial()]
    for step in plan:
        path.append(space.successor(path[-1], step))
    return path


def _cut_loops(space: StepSpace, plan: list[int]) -> list[int]:
    """Leave out what lies between two visits of a state."""
    path = _states(space, plan)
    last = {state: place for place, state in enumerate(path)}
    kept, place = [], 0
    while place < len(plan):
        place = last[path[place]]
        if place < len(plan):
            kept.append(plan[place])
        place += 1
    return kept


def _eliminate(space: StepSpace, plan: list[int]) -> list[int]:
    """Drop each step in turn with all that then fails (Nakhost and Müller 2010)."""
    place = 0
    while place < len(plan):
        shorter = _without(space, plan, place)
        if shorter is None:
            place += 1
        else:
            plan = shorter
    return plan


def _without(space: StepSpace, plan: list[int], place: int) -> list[int] | None:
    kept = plan[:place]
    state = _states(space, kept)[-1]
    for step in plan[place + 1 :]:
        if step in space.legal_steps(state):
            kept.append(step)
            state = space.successor(state, step)
    return kept if space.is_goal(state) else None


def _take_short_cuts(space: StepSpace, plan: list[int], window: int) -> list[int]:
    """From each state on the way look around breadth first for one far ahead on it."""
    path, place = _states(space, plan), 0
    while place < len(plan):
        found = _short_cut(space, plan, path, place, window)
        if found is not None:
            steps, end = found
            plan = plan[:place] + steps + plan[end:]
            path = _states(space, plan)
        place += 1
    return plan


def _short_cut(
    space: StepSpace, plan: list[int], path: list[int], place: int, window: int
) -> tuple[list[int], int] | None:
    """Steps to a later state that save most steps without costing more, and its place."""
    ahead = {state: n for n, state in enumerate(path)}
    spent = np.concatenate([[0], np.cumsum(space.costs[plan])])
    best: tuple[list[int], int] | None = None
    saved = 0
    queue, seen = [(path[place], list[int]())], {path[place]}
    for state, way in queue:  # grows while it is walked
        legal = space.legal_steps(state)
        for step, target in zip(legal.tolist(), successors(space, state, legal), strict=True):
            if target in seen:
                continue
            seen.add(target)
            longer = [*way, step]
            queue.append((target, longer))
            end = ahead.get(target, -1)
            gain = end - place - len(longer)
            if gain > saved and space.costs[longer].sum() <= spent[end] - spent[place]:
                best, saved = (longer, end), gain
        if len(seen) > window:
            break
    return best
