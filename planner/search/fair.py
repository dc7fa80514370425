"""A fair share of the work for a search that runs beside a step model.

An expansion that asks a model takes as long as thousands of compiled ones, so turns counted in
expansions would starve the cheaper search. Work is estimated in billionths of a CPU second from
what was done, not from a clock, so that runs repeat.
"""

from __future__ import annotations

import math
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
"""Work of the other search for each of the model's, while that gets nearer and later on."""


class WatchedGuide:
    """A bound guide that notes how near to the goal the states are that it is asked about.

    Attributes:
        advances: how often a state had fewer open conditions of the goal than all before, or was
            by a step nearer to it in the guide's estimate.
    """

    def __init__(self, guide: BoundGuide, space: StepSpace) -> None:
        self.advances = 0
        self._open = self._estimate = math.inf
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._guide = guide
        self._goals = GoalCount().bind(space)

    @property
    def model_calls(self) -> int:
        """States that a step model has judged."""
        return int(getattr(self._guide, "model_calls", 0))

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """What the guide says."""
        judged = self._guide.judge(states, steps)
        for count, opinion in zip(self._goals.judge(states, steps), judged, strict=True):
            self._note(count.value, opinion.value)
        return judged

    def _note(self, open_count: float | None, estimate: float | None) -> None:
        if open_count is not None and open_count < self._open:
            self._open = open_count
            self.advances += 1
        if estimate is not None and estimate <= self._estimate - 1:
            self._estimate = estimate
            self.advances += 1


class Share:
    """How much work a search has earned beside searches that follow a guide.

    The guided searches begin alone. Then both sides work alike as long as states nearer to the
    goal turn up; once none has for as long again as it took to the last one, the guided side gets
    an eighth.

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
        self._advances = 0
        self._progress_at = 0.0

    def book(self, expansions: int, *, alone: bool) -> None:
        """Note expansions of the guided searches; ``alone`` while they still have a start."""
        calls = self._guide.model_calls
        work = _EXPANSION_WORK * expansions + self._guide.call_work * (calls - self._calls)
        self._calls = calls
        self._worked += work
        if self._guide.advances != self._advances:
            self._advances, self._progress_at = self._guide.advances, self._worked
        if alone and self._worked <= self._head_start:
            return
        stalled = self._worked > max(self._head_start, 2 * self._progress_at)
        self.earned += work * (_STALLED if stalled else _ALIKE)

    def spend(self, work: float) -> None:
        """Note work of the other search."""
        self.earned -= work
