"""Which steps of a plan may come first: the order of a plan says more than the plan needs.

A plan of many errands shows one order of them, and a model taught that order learns that all the
other steps the plan will take anyway are wrong. Here a later step that may be moved to the front is
as good as the first: it commutes with all those before it (a plan's deordering, Bäckström 1998,
with commuting found by trying).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.learn.lessons.label import LabelledState

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from planner.interfaces import IntArray, StepSpace

__all__ = ["Deordering"]

_REACH = 60  # steps of a plan that a later one is moved over at most


class Deordering:
    """Orders of plans of one space.

    Whether two steps commute is tried where they first meet and taken to hold elsewhere, as it does
    unless effects are conditional.
    """

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._commuting: dict[tuple[int, int], bool] = {}

    def label(self, plan: Sequence[int], start: int) -> list[LabelledState]:
        """The states along a plan; best are all its steps that may come next."""
        states, legal = self._run(plan, start)
        marks = [steps == step for steps, step in zip(legal, plan, strict=True)]
        for place, step in enumerate(plan):
            for front in self._fronts(plan, place, states, legal):
                marks[front] |= legal[front] == step
        return [
            LabelledState(state, steps, best, len(plan) - place)
            for place, (state, steps, best) in enumerate(
                zip(states[:-1], legal, marks, strict=True)
            )
        ]

    def shuffled(self, plan: Sequence[int], start: int, rng: random.Random) -> list[int]:
        """Another order of a plan's steps: each is moved to one of its places, drawn evenly."""
        states, legal = self._run(plan, start)
        order: list[int] = []
        for place, step in enumerate(plan):
            self._fronts(plan, place, states, legal)  # tries the pairs
            most = 0
            while most < len(order) and self._commuting.get((order[-1 - most], step), False):
                most += 1
            order.insert(len(order) - rng.randint(0, most), step)
        return order if self._is_plan(order, start, states[-1]) else list(plan)

    def _fronts(
        self, plan: Sequence[int], place: int, states: Sequence[int], legal: Sequence[IntArray]
    ) -> range:
        """The places before its own that a step may be moved to, the nearest first."""
        front = place
        while front > max(0, place - _REACH) and self._commute(
            plan[front - 1], plan[place], states[front - 1], states[front], legal[front - 1]
        ):
            front -= 1
        return range(place - 1, front - 1, -1)

    def _commute(self, first: int, second: int, state: int, between: int, legal: IntArray) -> bool:
        """Whether two steps, legal in turn from a state, do the same the other way round."""
        if not _contains(legal, second):
            return False
        known = self._commuting.get((first, second))
        if known is None:
            known = self._commuting[first, second] = self._try(first, second, state, between)
        return known

    def _try(self, first: int, second: int, state: int, between: int) -> bool:
        space = self._space
        early = space.successor(state, second)
        if not _contains(space.legal_steps(early), first):
            return False
        return space.successor(early, first) == space.successor(between, second)

    def _run(self, plan: Sequence[int], start: int) -> tuple[list[int], list[IntArray]]:
        """The states along a plan and the legal steps of all but the last."""
        states, legal = [start], []
        for step in plan:
            legal.append(self._space.legal_steps(states[-1]))
            states.append(self._space.successor(states[-1], step))
        return states, legal

    def _is_plan(self, order: Sequence[int], start: int, end: int) -> bool:
        state = start
        for step in order:
            if not _contains(self._space.legal_steps(state), step):
                return False
            state = self._space.successor(state, step)
        return state == end


def _contains(ascending: IntArray, step: int) -> bool:
    found = int(np.searchsorted(ascending, step))
    return found < len(ascending) and int(ascending[found]) == step
