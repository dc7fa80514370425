"""Meet the goals one after the other, each by a greedy search of its own.

A stage asks for one goal more than those met, the cheapest by h_add of those whose turn it may be,
and follows relaxed plans as far as they lead: where goals hardly disturb each other that takes one
or two estimates a goal, however many there are. A goal that fails, or is found out of reach later,
goes first in the next attempt from the start (squeaky wheel optimization, Joslin & Clements 1999).
Stages are bounded, so the search is incomplete.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxed_task import DEAD_END, H_ADD, H_FF, WORK
from planner.search.best_first import Variant
from planner.search.compiled import CompiledSearch
from planner.search.goal_sequence import goal_sequence
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation
    from planner.interfaces import BoolArray, IntArray
    from planner.search.limits import Meter
    from planner.search.prepared import Prepared

__all__ = ["SerialSearch"]

_STAGE = 30_000_000
"""Steps of work that a stage has in the first attempt, a twentieth of a second."""

_TRIES = 4
"""Goals tried from one state before the attempt is given up."""


@dataclass(slots=True)
class _Attempt:
    """How far an attempt has come.

    Attributes:
        row: the state reached.
        costs: shape (G,), h_add of each goal from it.
        steps: the way there.
        untried: goals still to be tried from there, the next one last; ``None`` before they are
            chosen.
        culprits: goals that failed from there.
    """

    row: npt.NDArray[np.int64]
    costs: IntArray
    steps: list[int]
    untried: list[int] | None = None
    culprits: list[int] | None = None


class SerialSearch:
    """A search goal by goal that can pause, over the rows of a ground space."""

    def __init__(self, prepared: Prepared, meter: Meter) -> None:
        self._prepared, self._meter = prepared, meter
        self._relaxation = prepared.relaxed.arrays
        self._goals = self._relaxation.goal.astype(np.int64)
        self._before = goal_sequence(prepared.task)
        variant = Variant(lazy=True, prefer=True, lookahead=True)
        self._stage = CompiledSearch(prepared, variant, [H_FF], meter)
        self._stage_work = _STAGE
        self._priority: npt.NDArray[np.int64] = np.zeros(len(self._goals), dtype=np.int64)
        self._spent = Outcome(Status.LIMIT)
        self._attempt: _Attempt | None = None
        self._given_up = len(self._goals) < 2

    def advance(self, work: int) -> Outcome | None:
        """Search on for about so many steps of work, or until a plan or a limit; ``None`` for a
        pause, and when there is nothing to try."""
        left = work
        while left > 0 and not self._given_up:
            reason = self._meter.exceeded()
            if reason:
                return replace(self._spent, reason=reason)
            if self._attempt is None:
                left -= self._begin()
            elif (self._attempt.costs == 0).all():
                return self._found(self._attempt.steps)
            else:
                left -= self._advance(self._attempt)
        return None

    def outcome_so_far(self) -> Outcome:
        """What a pausing search has spent."""
        return self._spent

    def _begin(self) -> int:
        """A new attempt from the initial state; the answer is the work."""
        costs, work = self._estimate(self._prepared.row)
        self._given_up = bool((costs >= DEAD_END).any())
        self._attempt = _Attempt(self._prepared.row, costs, [])
        return work

    def _estimate(self, row: npt.NDArray[np.int64]) -> tuple[IntArray, int]:
        """h_add of each goal from a state, and the work."""
        from planner.guides.kernels import estimate_row

        scratch = self._stage.workspace
        scratch.counts[WORK] = 0
        estimate_row(H_ADD, row, self._relaxation, scratch)
        self._spent = replace(self._spent, evaluated=self._spent.evaluated + 1)
        return scratch.cost[self._goals], int(scratch.counts[WORK])

    def _advance(self, attempt: _Attempt) -> int:
        """Try for one goal more; the answer is the work."""
        settled, waiting = self._standing(attempt.costs == 0)
        if attempt.untried is None:
            order = np.lexsort((attempt.costs[waiting], -self._priority[waiting]))
            attempt.untried = waiting[order[:_TRIES]][::-1].tolist()
            attempt.culprits = []
        assert attempt.culprits is not None
        if not attempt.untried:
            self._priority[attempt.culprits] = self._priority.max() + 1
            self._stage_work += self._stage_work // 2
            self._attempt = None
            return 1
        goal = attempt.untried.pop()
        self._stage.restart(attempt.row, self._aiming_at(settled, goal))
        outcome = self._stage.advance(self._stage_work)
        work = self._stage.work_done
        self._book(self._stage.outcome_so_far())
        if outcome is None or outcome.steps is None:
            attempt.culprits.append(goal)
            return work
        row = self._stage.final_row()
        costs, more = self._estimate(row)
        lost = np.flatnonzero(costs >= DEAD_END)
        if len(lost):
            attempt.culprits += lost.tolist()
        else:
            self._attempt = _Attempt(row, costs, attempt.steps + list(outcome.steps))
        return work + more

    def _standing(self, met: BoolArray) -> tuple[BoolArray, IntArray]:
        """Which goals are met for good, and the numbers of those to try for."""
        waits = self._before[~met].any(axis=0)
        ready = ~met & ~waits
        chosen: IntArray = np.flatnonzero(ready if ready.any() else ~met).astype(np.int32)
        return met & ~waits, chosen

    def _aiming_at(self, settled: BoolArray, goal: int) -> Relaxation:
        """The relaxation with the goals of a stage."""
        goals = np.append(self._goals[settled], self._goals[goal])
        is_goal = np.zeros_like(self._relaxation.is_goal)
        is_goal[goals] = 1
        return self._relaxation._replace(goal=goals.astype(np.uint32), is_goal=is_goal)

    def _book(self, stage: Outcome) -> None:
        self._spent = replace(
            self._spent,
            expanded=self._spent.expanded + stage.expanded,
            generated=self._spent.generated + stage.generated,
            evaluated=self._spent.evaluated + stage.evaluated,
        )

    def _found(self, steps: list[int]) -> Outcome:
        cost = int(self._prepared.space.costs[steps].sum())
        return replace(self._spent, status=Status.SOLVED, steps=tuple(steps), cost=cost, reason="")
