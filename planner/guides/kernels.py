"""Kernels of the relaxation heuristics: h_add, h_max, h_FF and goal count of one state.

One exploration serves the three relaxations: a generalised Dijkstra search (Keyder & Geffner 2008)
over relaxed operators that fires an operator when its last precondition is closed and stops when
the goal is. Atoms of the state are handled first and apart from the queue, which yields the
applicable operators on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.relaxed_task import (
    APPLICABLE,
    DEAD_END,
    FACTS,
    GOAL_COUNT,
    H_ADD,
    H_FF,
    H_MAX,
    PLAN,
    PREFERRED,
    STAMP,
    WORK,
)
from planner.spaces.kernels import list_atoms

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace

    Words = npt.NDArray[np.int64]
    Heads = npt.NDArray[np.int32]

__all__ = ["estimate", "estimate_row", "heap_pop", "heap_push"]

UNREACHED = 1 << 30
DEAREST = np.int64((1 << 30) - 1)
ONE = np.int64(1)
LOW = np.int64(0xFFFFFFFF)
U0, U1 = np.uint64(0), np.uint64(1)


@bare_kernel
def estimate_row(kind: int, row: Words, relaxation: Relaxation, work: Workspace) -> int:
    """Estimate the cost from a state, given as a row of bits, to the goal."""
    work.counts[FACTS] = list_atoms(row, work.facts)
    work.counts[PREFERRED] = 0
    return estimate(kind, relaxation, work)


@bare_kernel
def estimate(kind: int, relaxation: Relaxation, work: Workspace) -> int:
    """Estimate the cost from the state whose atoms stand in ``work.facts`` to the goal.

    The relaxations leave the applicable operators in ``work.applicable``, h_FF the preferred ones
    in ``work.preferred``, neither in order.
    """
    if kind <= GOAL_COUNT:
        return _count_open_goals(relaxation, work) if kind == GOAL_COUNT else 0
    if _explore(kind != H_MAX, relaxation, work) > 0:
        return DEAD_END
    if kind == H_FF:
        return _extract_relaxed_plan(relaxation, work)
    total = np.int64(0)
    for i in range(len(relaxation.goal)):
        cost = np.int64(work.cost[relaxation.goal[i]])
        total = total + cost if kind == H_ADD else max(total, cost)
    return int(min(total, DEAREST))


@inlined_kernel
def _count_open_goals(relaxation: Relaxation, work: Workspace) -> int:
    held = np.int64(0)
    for i in range(work.counts[FACTS]):
        held += relaxation.is_goal[work.facts[i]]
    return int(len(relaxation.goal) - held)


@bare_kernel
def _explore(additive: bool, relaxation: Relaxation, work: Workspace) -> int:
    """Close atoms, cheapest first, until no goal is open or nothing is left; return the open.

    The innermost loops run some ten thousand times a state, so each array is named once, and what
    indexes them is unsigned: signed indices are checked for wrapping around, at half the speed.
    """
    value, costs, supporter = work.value, work.cost, work.supporter
    first, waiting, is_goal = relaxation.first, relaxation.waiting, relaxation.is_goal
    add_first, added, plain = relaxation.add_first, relaxation.added, relaxation.plain
    bucket, entry_atom, entry_next = work.bucket, work.entry_atom, work.entry_next
    facts, applicable, heap = work.facts, work.applicable, work.heap
    bucket_count = len(bucket)
    start = relaxation.start
    for i in range(len(value)):
        value[i] = start[i]
    costs[:] = UNREACHED
    fact_count = work.counts[FACTS]
    facts[fact_count] = len(costs) - 1
    fact_count += 1
    open_goals = np.int64(len(relaxation.goal))
    for i in range(fact_count):
        atom = np.uint32(facts[i])
        costs[atom] = 0
        supporter[atom] = -1
        open_goals -= is_goal[atom]
    queued, popped, heaped, found = U0, U0, np.int64(0), U0
    touched, cost, turn = np.int64(0), np.int64(0), np.int64(0)
    while turn < fact_count or open_goals > 0:
        initial = turn < fact_count
        if initial:
            atom = np.uint32(facts[turn])
            turn += 1
        elif popped < queued:
            entry = bucket[np.uint64(cost)]
            while entry < 0:
                cost += 1
                entry = bucket[np.uint64(cost)]
            bucket[np.uint64(cost)] = entry_next[np.uint64(entry)]
            popped += U1
            atom = entry_atom[np.uint64(entry)]
        elif heaped > 0:
            key = heap_pop(heap, int(heaped))
            heaped -= 1
            cost = key >> 32
            atom = np.uint32(key & LOW)
        else:
            break
        if costs[atom] < cost:
            continue
        if not initial:
            open_goals -= is_goal[atom]
        begin, end = np.uint64(first[atom]), np.uint64(first[atom + U1])
        touched += np.int64(end - begin)
        reached = (cost << 32) - ONE if additive else -ONE
        extra = np.int64(0) if additive else cost
        for k in range(begin, end):
            operator = waiting[k]
            left = value[operator] + reached
            value[operator] = left
            if left & LOW != 0:
                continue
            if initial and plain[operator] >= 0:
                applicable[found] = plain[operator]
                found += U1
            total = min((left >> 32) + extra, DEAREST)
            for j in range(np.uint64(add_first[operator]), np.uint64(add_first[operator + U1])):
                atom = added[j]
                if costs[atom] <= total:
                    continue
                costs[atom] = total
                supporter[atom] = operator
                if total < bucket_count:
                    entry_atom[queued] = atom
                    entry_next[queued] = bucket[np.uint64(total)]
                    bucket[np.uint64(total)] = queued
                    queued += U1
                else:
                    heap_push(heap, int(heaped), (total << 32) | np.int64(atom))
                    heaped += 1
    work.counts[APPLICABLE] = found
    work.counts[WORK] += touched + fact_count + np.int64(popped) + (len(value) >> 3)
    _clear_buckets(cost, np.int64(queued - popped), bucket, entry_next)
    return int(open_goals)


@inlined_kernel
def _clear_buckets(cost: np.int64, left: np.int64, bucket: Heads, entry_next: Heads) -> None:
    """Empty the buckets from ``cost`` on that still hold ``left`` entries."""
    while left > 0:
        entry = bucket[cost]
        bucket[cost] = -1
        while entry >= 0:
            left -= 1
            entry = entry_next[entry]
        cost += 1


@bare_kernel
def _extract_relaxed_plan(relaxation: Relaxation, work: Workspace) -> int:
    """Trace supporters back from the goal; the cost of the distinct operators met is h_FF."""
    start, origin, goal = relaxation.start, relaxation.origin, relaxation.goal
    needs_first, needs = relaxation.needs_first, relaxation.needs
    stack, supporter, preferred = work.stack, work.supporter, work.preferred
    relaxed_mark, operator_mark = work.relaxed_mark, work.operator_mark
    preferred_mark = work.preferred_mark
    work.counts[STAMP] += 1
    stamp = np.int32(work.counts[STAMP])
    depth, found, size = U0, U0, U0
    for i in range(len(goal)):
        stack[depth] = goal[i]
        depth += U1
    total = np.int64(0)
    while depth > U0:
        depth -= U1
        operator = np.uint64(supporter[stack[depth]])
        if supporter[stack[depth]] < 0 or relaxed_mark[operator] == stamp:
            continue
        relaxed_mark[operator] = stamp
        applicable = True
        for k in range(np.uint64(needs_first[operator]), np.uint64(needs_first[operator + U1])):
            need = needs[k]
            if supporter[need] >= 0:
                applicable = False
                stack[depth] = need
                depth += U1
        if origin[operator] < 0:
            continue
        # Several conditional effects of an operator are paid for once.
        paid = np.uint64(origin[operator])
        if operator_mark[paid] != stamp:
            operator_mark[paid] = stamp
            total += start[operator] >> 32
            work.plan[size] = (work.value[operator] >> 32 << 32) | np.int64(paid)
            size += U1
        if applicable and preferred_mark[paid] != stamp:
            preferred_mark[paid] = stamp
            preferred[found] = paid
            found += U1
    work.counts[PREFERRED], work.counts[PLAN] = found, size
    return int(min(total, DEAREST))


@inlined_kernel
def heap_push(heap: Words, size: int, key: np.int64) -> None:
    """Add a key to a binary min-heap of ``size`` keys."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key


@inlined_kernel
def heap_pop(heap: Words, size: int) -> np.int64:
    """Take the least key out of a binary min-heap of ``size`` keys."""
    least: np.int64 = heap[0]
    last = heap[size - 1]
    end = size - 1
    place = 0
    while True:
        child = 2 * place + 1
        if child >= end:
            break
        if child + 1 < end and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[place] = heap[child]
        place = child
    heap[place] = last
    return least
