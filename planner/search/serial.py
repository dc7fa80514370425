"""Meet the goals one after the other, each by a greedy search of its own.

A stage asks for one goal more than those met, the cheapest by h_add of those whose turn it may be,
and follows relaxed plans as far as they lead: where goals hardly disturb each other that takes one
or two estimates a goal, however many there are. A goal that fails, or is found out of reach later,
goes first in the next attempt from the start (squeaky wheel optimization, Joslin & Clements 1999).
Stages are bounded, so the search is incomplete.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxed_task import DEAD_END, H_ADD, H_FF, WORK
from planner.search.best_first import Variant
from planner.search.compiled import CompiledSearch
from planner.search.goal_sequence import goal_sequence
from planner.search.prepared import check_limits
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

_PATIENCE = 32
"""Stages at most between two looks at whether all goals are within reach, while they always are."""


@dataclass(slots=True)
class _Attempt:
    """How far an attempt has come.

    Attributes:
        row: the state reached.
        costs: shape (G,), h_add of each goal from it; of the cheapest alone where ``unseen``.
        steps: the way there.
        unseen: stages since all goals were seen to be within reach.
        untried: goals still to be tried from there, the next one last; ``None`` before they are
            chosen.
        failed: goals that were tried from there, or lost.
    """

    row: npt.NDArray[np.int64]
    costs: IntArray
    steps: list[int]
    unseen: int = 0
    untried: list[int] | None = None
    failed: list[int] = field(default_factory=list)


class SerialSearch:
    """A search goal by goal that can pause, over the rows of a ground space."""

    def __init__(self, prepared: Prepared, meter: Meter) -> None:
        self._prepared, self._meter = prepared, meter
        self._relaxation = prepared.relaxed.arrays
        self._goals = self._relaxation.goal.astype(np.int64)
        self._before = goal_sequence(prepared.task, partial(check_limits, meter))
        variant = Variant(lazy=True, prefer=True, lookahead=True)
        self._stage = CompiledSearch(prepared, variant, [H_FF], meter)
        self._stage_work = _STAGE
        self._priority: npt.NDArray[np.int64] = np.zeros(len(self._goals), dtype=np.int64)
        self._spent = Outcome(Status.LIMIT)
        self._attempt: _Attempt | None = None
        self._sure: _Attempt | None = None
        self._patience, self._most_patient = 1, _PATIENCE
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
                continue
            met = self._met(self._attempt.row)
            if met.all():
                return self._found(self._attempt.steps)
            left -= self._advance(self._attempt, met)
        return None

    def outcome_so_far(self) -> Outcome:
        """What a pausing search has spent."""
        return self._spent

    def _met(self, row: npt.NDArray[np.int64]) -> BoolArray:
        """Shape (G,): which goals are true in a state."""
        met: BoolArray = (row[self._goals >> 6] >> (self._goals & 63)) & 1 != 0
        return met

    def _begin(self) -> int:
        """A new attempt from the initial state; the answer is the work."""
        costs, work = self._estimate(self._prepared.row)
        self._given_up = bool((costs >= DEAD_END).any())
        self._attempt = self._sure = _Attempt(self._prepared.row, costs, [])
        return work

    def _estimate(
        self, row: npt.NDArray[np.int64], wanted: IntArray | None = None
    ) -> tuple[IntArray, int]:
        """h_add of each goal from a state, of those wanted only the cheapest; and the work."""
        from planner.guides.kernels import estimate_row

        scratch, relaxation = self._stage.workspace, self._relaxation
        if wanted is not None:
            # The relaxation ends when as many goals are reached as the list says: one.
            relaxation = self._aiming_at(self._goals[wanted], count=1)
        scratch.counts[WORK] = 0
        estimate_row(H_ADD, row, relaxation, scratch)
        self._spent = replace(self._spent, evaluated=self._spent.evaluated + 1)
        return scratch.cost[self._goals], int(scratch.counts[WORK])

    def _advance(self, attempt: _Attempt, met: BoolArray) -> int:
        """Try for one goal more; the answer is the work."""
        settled, waiting = self._standing(met)
        if attempt.untried is None:
            order = np.lexsort((attempt.costs[waiting], -self._priority[waiting]))
            chosen = waiting[order].tolist()
            tries = _TRIES - len(attempt.failed)
            attempt.untried = [g for g in chosen if g not in attempt.failed][:tries][::-1]
        if not attempt.untried:
            return self._give_up(attempt)
        goal = attempt.untried.pop()
        aims = np.append(self._goals[settled], self._goals[goal])
        self._stage.restart(attempt.row, self._aiming_at(aims, len(aims)))
        outcome = self._stage.advance(self._stage_work)
        work = self._stage.work_done
        self._book(self._stage.outcome_so_far())
        if outcome is not None and outcome.steps is not None:
            return work + self._go_on(attempt, self._stage.final_row(), outcome.steps)
        attempt.failed.append(goal)
        if attempt.unseen:
            # Only the cheapest goal was known.
            return work + self._look(attempt)
        return work

    def _go_on(self, attempt: _Attempt, row: npt.NDArray[np.int64], steps: tuple[int, ...]) -> int:
        """Leave a stage behind, unless goals are lost by it; the answer is the work."""
        following = _Attempt(row, attempt.costs, attempt.steps + list(steps), attempt.unseen + 1)
        if following.unseen < self._patience:
            _, waiting = self._standing(self._met(row))
            priority = self._priority[waiting]
            following.costs, work = self._estimate(
                row, waiting[priority == priority.max(initial=0)]
            )
            self._attempt = following
            return work
        if attempt.unseen:
            return self._look(following)
        following.costs, work = self._estimate(row)
        lost = np.flatnonzero(following.costs >= DEAD_END).tolist()
        if lost:
            attempt.failed += lost
        else:
            self._accept(following)
        return work

    def _look(self, attempt: _Attempt) -> int:
        """See whether all goals are within reach, after some stages; else go back to where they
        were, and from now on look after each stage. The answer is the work."""
        attempt.costs, work = self._estimate(attempt.row)
        if (attempt.costs >= DEAD_END).any():
            assert self._sure is not None
            self._sure.untried, self._sure.failed = None, []
            self._attempt, self._patience, self._most_patient = self._sure, 1, 1
        else:
            self._accept(attempt)
        return work

    def _accept(self, attempt: _Attempt) -> None:
        """Go on from a state in which all goals are within reach."""
        attempt.unseen, attempt.untried = 0, None
        self._attempt = self._sure = attempt
        self._patience = min(2 * self._patience, self._most_patient)

    def _give_up(self, attempt: _Attempt) -> int:
        """Prefer what failed, with more work for each stage, in the next attempt."""
        self._priority[attempt.failed] = self._priority.max() + 1
        self._stage_work += self._stage_work // 2
        self._attempt = None
        return 1

    def _standing(self, met: BoolArray) -> tuple[BoolArray, IntArray]:
        """Which goals are met for good, and the numbers of those to try for."""
        waits = self._before[~met].any(axis=0)
        ready = ~met & ~waits
        chosen: IntArray = np.flatnonzero(ready if ready.any() else ~met).astype(np.int32)
        return met & ~waits, chosen

    def _aiming_at(self, goals: npt.NDArray[np.int64], count: int) -> Relaxation:
        """The relaxation that ends when so many of these goals are reached."""
        is_goal = np.zeros_like(self._relaxation.is_goal)
        is_goal[goals] = 1
        return self._relaxation._replace(goal=goals[:count].astype(np.uint32), is_goal=is_goal)

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
