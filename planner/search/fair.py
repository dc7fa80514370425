"""A share of the work that leaves a search as good as alone beside a step model.

An expansion that asks a model takes as long as thousands of compiled ones, so turns counted in
expansions would starve the cheaper search. Work is estimated in billionths of a CPU second from
what was done, not from a clock, so that runs repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.guides.model_guide import CALL_WORK

if TYPE_CHECKING:
    from planner.interfaces import BoundGuide
    from planner.search.limits import Limits

__all__ = ["Share"]

_EXPANSION_WORK = 500_000
"""An expansion in plain Python, without the model."""

_BESIDE = 20.0
"""Work of the other search for each of the guided ones, once these have had their start."""

_START = 0.06
"""Part of a limit in seconds that the start may take. With the twentieth later on, and reading the
model, a run of 11 s leaves the other search 9.6."""


class Share:
    """How much work a search has earned beside searches that follow a guide.

    The guided searches begin alone: a good model needs no help. Later they get a twenty-first part.

    Args:
        guide: asked by the guided searches.
        limits: of the run; without a limit in seconds the caller alone says when the start is over.
    """

    def __init__(self, guide: BoundGuide, limits: Limits) -> None:
        seconds = [s for s in (limits.cpu_s, limits.time_s) if s is not None]
        self.earned = 0.0
        self._guide = guide
        self._call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._start = 1e9 * _START * min(seconds) if seconds else float("inf")
        self._calls = 0
        self._worked = 0.0

    def book(self, expansions: int, *, alone: bool) -> None:
        """Note expansions of the guided searches; ``alone`` while they still have a start."""
        calls = int(getattr(self._guide, "model_calls", 0))
        work = _EXPANSION_WORK * expansions + self._call_work * (calls - self._calls)
        self._calls = calls
        self._worked += work
        if not alone or self._worked > self._start:
            self.earned += _BESIDE * work

    def spend(self, work: float) -> None:
        """Note work of the other search."""
        self.earned -= work
