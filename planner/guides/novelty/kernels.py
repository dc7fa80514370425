"""The kernel of the novelty estimate of best-first width search.

BFWS(f5) of Lipovetzky & Geffner (2017): a state is compared with the states that have as many open
goals and have made as many atoms true of the relaxed plan that was drawn up when a goal was last
reached on the way. States with an atom new to their class go first, then those with fewer open
goals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.kernels import estimate
from planner.guides.novelty.tables import MOST_COUNTED
from planner.guides.relaxed_task import DEAD_END, GOAL_COUNT, H_FF, PREFERRED, STAMP

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.novelty.tables import Novelty
    from planner.guides.relaxed_task import Relaxation, Workspace

    Words = npt.NDArray[np.int64]

__all__ = ["estimate_novelty"]

ONE = np.int64(1)


@bare_kernel
def estimate_novelty(
    row: Words,
    before: Words,
    marks: Words,
    relaxation: Relaxation,
    work: Workspace,
    novelty: Novelty,
) -> int:
    """The place of a state in the order of novelty; its atoms stand in ``work.facts``.

    ``before`` and ``marks`` are what is remembered of the parent (all zeros at the root) and of
    this state: the atoms of the relaxed plan still to be made true, the length of that list, and
    the number of open goals plus one.
    """
    width = len(row)
    goals = np.int64(estimate(GOAL_COUNT, relaxation, work))
    # At the root the two are the same memory.
    goals_before = before[width + 1] - 1
    marks[width + 1] = goals + 1
    if goals_before < 0 or goals < goals_before:
        if _draw_up_plan(row, marks, relaxation, work) >= DEAD_END:
            return DEAD_END
    else:
        for word in range(width):
            marks[word] = before[word] & ~row[word]
        marks[width] = before[width]
    reached = min(marks[width] - _count_bits(marks, width), np.int64(MOST_COUNTED))
    place = novelty.class_of[goals, reached]
    if place < 0:
        place = np.int32(novelty.used[0])
        novelty.class_of[goals, reached] = place
        novelty.used[0] += 1
    new = False
    for word in range(width):
        if row[word] & ~novelty.seen[place, word] != 0:
            new = True
            novelty.seen[place, word] |= row[word]
    return int(goals if new else goals + len(relaxation.goal) + 1)


@bare_kernel
def _draw_up_plan(row: Words, marks: Words, relaxation: Relaxation, work: Workspace) -> int:
    """Mark the atoms that a relaxed plan from this state adds; the answer is its cost."""
    preferred = work.counts[PREFERRED]
    cost = estimate(H_FF, relaxation, work)
    work.counts[PREFERRED] = preferred
    if cost >= DEAD_END:
        return cost
    width = len(row)
    for word in range(width):
        marks[word] = 0
    stamp = work.counts[STAMP]
    for operator in range(len(work.relaxed_mark)):
        if work.relaxed_mark[operator] != stamp:
            continue
        begin, end = relaxation.add_first[operator], relaxation.add_first[operator + 1]
        for k in range(np.int64(begin), np.int64(end)):
            atom = np.int64(relaxation.added[k])
            if atom >> 6 < width:
                marks[atom >> 6] |= ONE << (atom & 63)
    for word in range(width):
        marks[word] &= ~row[word]
    marks[width] = _count_bits(marks, width)
    return cost


@inlined_kernel
def _count_bits(words: Words, width: int) -> np.int64:
    """Bits set in the first words."""
    total = np.int64(0)
    for word in range(width):
        bits = words[word]
        while bits != 0:
            bits &= bits - ONE
            total += ONE
    return total
