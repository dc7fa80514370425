"""A fair share of the work for a search that runs beside a step model.

An expansion that asks a model takes as long as thousands of compiled ones, so turns counted in
expansions would starve the cheaper search. Work is estimated in billionths of a CPU second from
what was done, not from a clock, so that runs repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.guides.goal_count import GoalCount
from planner.guides.model_guide import CALL_WORK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoundGuide, IntArray, Judgement, StepSpace

__all__ = ["Share", "WatchedGuide"]

_EXPANSION_WORK = 500_000
"""An expansion in plain Python, without the model."""

_ALIKE = 1.0
_STALLED = 7.0
"""Work of the other search for each of the model's, while goals are being met and later on."""


class WatchedGuide:
    """A bound guide that notes the fewest open conditions of the goal it was asked about.

    Attributes:
        least: these, ``None`` before the first state.
    """

    def __init__(self, guide: BoundGuide, space: StepSpace) -> None:
        self.least: float | None = None
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._guide = guide
        self._goals = GoalCount().bind(space)

    @property
    def model_calls(self) -> int:
        """States that a step model has judged."""
        return int(getattr(self._guide, "model_calls", 0))

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """What the guide says."""
        for opinion in self._goals.judge(states, steps):
            if opinion.value is not None and (self.least is None or opinion.value < self.least):
                self.least = opinion.value
        return self._guide.judge(states, steps)


class Share:
    """How much work a search has earned beside searches that follow a guide.

    The guided searches begin alone. Then both sides work alike as long as states with fewer open
    goals turn up; once none has for as long again as it took to the last one, the guided side
    gets an eighth.

    Args:
        guide: asked by the guided searches.
        head_start: work of the guided searches before the other earns any.
    """

    def __init__(self, guide: WatchedGuide, head_start: int) -> None:
        self.earned = 0.0
        self._guide = guide
        self._head_start = head_start
        self._calls = 0
        self._worked = 0.0
        self._least: float | None = None
        self._progress_at = 0.0

    def book(self, expansions: int, *, alone: bool) -> None:
        """Note expansions of the guided searches; ``alone`` while they still have a start."""
        calls = self._guide.model_calls
        work = _EXPANSION_WORK * expansions + self._guide.call_work * (calls - self._calls)
        self._calls = calls
        self._worked += work
        if self._guide.least != self._least:
            self._least, self._progress_at = self._guide.least, self._worked
        if alone and self._worked <= self._head_start:
            return
        stalled = self._worked > max(self._head_start, 2 * self._progress_at)
        self.earned += work * (_STALLED if stalled else _ALIKE)

    def spend(self, work: float) -> None:
        """Note work of the other search."""
        self.earned -= work
