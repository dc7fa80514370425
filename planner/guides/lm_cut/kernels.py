"""The kernel of LM-cut (Helmert & Domshlak 2009).

Each round prices the atoms by h_max, keeping for each relaxed operator its dearest precondition.
In the graph from these to what is added, the operators that enter the zone from where the goal
follows at no cost form a cut: a plan uses one of them. The cheapest is added to the estimate and
taken off the costs of all. The parts of an operator with conditional effects share one cost, so
there h_max may be more than the cuts give; the estimate is the larger of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel
from planner.guides.kernels import heap_pop, heap_push
from planner.guides.relaxed_task import DEAD_END, FACTS, WORK

if TYPE_CHECKING:
    from planner.guides.lm_cut.tables import Cuts
    from planner.guides.relaxed_task import Relaxation, Workspace

__all__ = ["estimate_by_cuts"]

UNREACHED = 1 << 30
LOW = np.int64(0xFFFFFFFF)
ONE = np.int64(1)


@bare_kernel
def estimate_by_cuts(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """The estimate of the state whose atoms stand in ``work.facts``."""
    for i in range(len(cuts.left)):
        cuts.left[i] = cuts.base[i]
    total, h_max = np.int64(0), np.int64(0)
    while True:
        dearest = _price(relaxation, work, cuts)
        if dearest < 0:
            return DEAD_END
        if total == 0:
            h_max = np.int64(work.cost[dearest])
        if work.cost[dearest] == 0:
            return int(max(total, h_max))
        _spread_zone(dearest, relaxation, work, cuts)
        total += _cut(relaxation, work, cuts)


@bare_kernel
def _price(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """Price all atoms by h_max; the dearest atom of the goal, or -1 when one is unreachable."""
    cost, heap, size = work.cost, cuts.heap, 0
    cost[:] = UNREACHED
    for i in range(len(cuts.lacking)):
        cuts.lacking[i] = relaxation.start[i] & LOW
    always = len(cost) - 1
    for i in range(work.counts[FACTS] + 1):
        atom = work.facts[i] if i < work.counts[FACTS] else np.int32(always)
        cost[atom] = 0
        heap_push(heap, size, np.int64(atom))
        size += 1
    while size > 0:
        key = heap_pop(heap, size)
        size -= 1
        atom = np.int32(key & LOW)
        price = np.int32(key >> 32)
        if cost[atom] < price:
            continue
        begin, end = np.int64(relaxation.first[atom]), np.int64(relaxation.first[atom + 1])
        work.counts[WORK] += 1 + end - begin
        for k in range(begin, end):
            operator = np.int64(relaxation.waiting[k])
            cuts.lacking[operator] -= 1
            if cuts.lacking[operator] != 0:
                continue
            cuts.dearest[operator] = atom
            origin = relaxation.origin[operator]
            reached = np.int64(price) + (cuts.left[origin] if origin >= 0 else np.int64(0))
            first, last = relaxation.add_first[operator], relaxation.add_first[operator + 1]
            for j in range(np.int64(first), np.int64(last)):
                other = relaxation.added[j]
                if reached < cost[other]:
                    cost[other] = reached
                    heap_push(heap, size, (reached << 32) | np.int64(other))
                    size += 1
    dearest = np.int64(relaxation.goal[0]) if len(relaxation.goal) > 0 else np.int64(always)
    for i in range(len(relaxation.goal)):
        if cost[relaxation.goal[i]] > cost[dearest]:
            dearest = np.int64(relaxation.goal[i])
    return -1 if cost[dearest] >= UNREACHED else int(dearest)


@bare_kernel
def _spread_zone(dearest: int, relaxation: Relaxation, work: Workspace, cuts: Cuts) -> None:
    """Mark the atoms from which the goal follows at no cost."""
    zone, stack = cuts.zone, work.supporter
    zone[:] = 0
    zone[dearest] = 1
    stack[0] = dearest
    depth = 1
    while depth > 0:
        depth -= 1
        atom = stack[depth]
        work.counts[WORK] += cuts.achievers_first[atom + 1] - cuts.achievers_first[atom]
        for k in range(cuts.achievers_first[atom], cuts.achievers_first[atom + 1]):
            operator = cuts.achievers[k]
            origin = relaxation.origin[operator]
            if cuts.lacking[operator] != 0 or (origin >= 0 and cuts.left[origin] != 0):
                continue
            before = cuts.dearest[operator]
            if zone[before] == 0:
                zone[before] = 1
                stack[depth] = before
                depth += 1


@bare_kernel
def _cut(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> np.int64:
    """Find the operators that enter the zone from the state, and take the cheapest's cost off."""
    zone, stack = cuts.zone, work.supporter
    size, depth = 0, 0
    always = len(zone) - 1
    for i in range(work.counts[FACTS] + 1):
        atom = work.facts[i] if i < work.counts[FACTS] else np.int32(always)
        if zone[atom] == 0:
            zone[atom] = 2
            stack[depth] = atom
            depth += 1
    while depth > 0:
        depth -= 1
        atom = stack[depth]
        begin, end = np.int64(relaxation.first[atom]), np.int64(relaxation.first[atom + 1])
        work.counts[WORK] += end - begin
        for k in range(begin, end):
            operator = np.int64(relaxation.waiting[k])
            if cuts.lacking[operator] != 0 or cuts.dearest[operator] != atom:
                continue
            first = np.int64(relaxation.add_first[operator])
            last = np.int64(relaxation.add_first[operator + 1])
            enters = False
            for j in range(first, last):
                enters = enters or zone[relaxation.added[j]] == 1
            if enters:
                origin = relaxation.origin[operator]
                if cuts.in_cut[origin] == 0:
                    cuts.in_cut[origin] = 1
                    cuts.cut[size] = origin
                    size += 1
                continue
            for j in range(first, last):
                other = relaxation.added[j]
                if zone[other] == 0:
                    zone[other] = 2
                    stack[depth] = np.int32(other)
                    depth += 1
    least: np.int64 = cuts.left[cuts.cut[0]]
    for i in range(size):
        least = min(least, cuts.left[cuts.cut[i]])
    for i in range(size):
        cuts.left[cuts.cut[i]] -= least
        cuts.in_cut[cuts.cut[i]] = 0
    return least
