"""Which of several equally dear atoms an operator, or the goal, rests on, chosen for each task.

LM-cut is admissible whatever it chooses, but how good it is depends on it: on the initial state
of one elevators task the orders below give 46 to 70. So each is tried on a few states, and the one
with the largest estimates is kept (Bonet & Helmert 2010 discuss such choices).

The goal rests on the same atom until another is dearer, or on each in turn. A second cut for the
same atom goes through what leads to it, and there may meet the cuts of other atoms of the goal: on
a grid of 144 places that must all be visited the estimate is 143 in turn, which is right, and at
most 76 otherwise; in driverlog, depot and barman it is up to 6 % smaller in turn.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxed_task import DEAD_END, FACTS, WORK
from planner.spaces.kernels import legal_operators, list_atoms, successors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from planner.guides.lm_cut.tables import Cuts
    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.interfaces import IntArray
    from planner.spaces.arrays import GroundArrays

    Row = npt.NDArray[np.int64]

__all__ = ["choose_ties"]

_WORTH_IT = 100
"""Relaxed operators from which on estimates cost more than trying the orders."""

_WALKS, _STEPS, _EVERY = 3, 9, 3

_MOST_WORK = 1_000_000_000
"""Steps of work spent on estimates before no further order is tried: a second or two."""


def choose_ties(
    relaxation: Relaxation,
    work: Workspace,
    cuts: Cuts,
    arrays: GroundArrays,
    row: Row,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Set the rank of atoms, and whether the goal's take turns, as suits the states around one.

    ``is_over`` is asked before each estimate; once it is, the best order so far is kept.
    """
    from planner.guides.lm_cut.kernels import IN_TURN

    if len(relaxation.start) < _WORTH_IT:
        return
    states, began = [row, *_walks(arrays, row)], int(work.counts[WORK])

    def total() -> int:
        """The sum of the estimates; none where there is no time for all of them."""
        found = 0
        for state in states:
            if is_over() or work.counts[WORK] - began > _MOST_WORK:
                return -1
            found += _estimate(state, relaxation, work, cuts)
        return found

    most = total()
    cuts.numbers[IN_TURN] = 1
    in_turn = total()
    cuts.numbers[IN_TURN] = in_turn > most
    best, most = cuts.rank.copy(), max(most, in_turn)
    for rank in _orders(relaxation, cuts):
        cuts.rank[:] = rank
        found = total()
        if found > most:
            best, most = rank, found
    cuts.rank[:] = best


def _orders(relaxation: Relaxation, cuts: Cuts) -> Iterator[IntArray]:
    """Orders of the atoms; on equal ranks, as at first, what was reached last counts."""
    count = len(cuts.rank)
    place = np.arange(count, dtype=np.int32)
    achievers = np.diff(cuts.achievers_first, append=cuts.achievers_first[-1:])[:count]
    users = np.diff(relaxation.first.astype(np.int32))[:count]
    for order in (place, achievers, users):
        yield order.astype(np.int32)
        yield -order.astype(np.int32)


def _estimate(row: Row, relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """The estimate of a state, 0 of a dead end."""
    from planner.guides.lm_cut.kernels import estimate_by_cuts

    work.counts[FACTS] = list_atoms(row, work.facts)
    value = int(estimate_by_cuts(relaxation, work, cuts))
    return value if value < DEAD_END else 0


def _walks(arrays: GroundArrays, row: Row) -> Iterator[Row]:
    """States on short random walks, the same ones in each run."""
    draws = random.Random(0)
    operators = len(arrays.precondition_offsets) - 1
    legal: IntArray = np.empty(operators, dtype=np.int32)
    counters: IntArray = np.zeros(len(arrays.axiom_head), dtype=np.int32)
    queue: IntArray = np.zeros(len(arrays.complement), dtype=np.int32)
    out: IntArray = np.empty(1, dtype=np.int32)
    for _ in range(_WALKS):
        here = row
        for step in range(_STEPS):
            found = int(legal_operators(here, arrays, legal))
            if found == 0:
                break
            chosen = np.sort(legal[:found])[draws.randrange(found)]
            rows = np.stack([here, here])
            slots: IntArray = np.full(4, -1, dtype=np.int32)
            steps = np.array([chosen], dtype=np.int32)
            successors(0, steps, arrays, rows, 1, slots, counters, queue, out)
            here = rows[1]
            if step % _EVERY == _EVERY - 1:
                yield here
