"""Kernels of the relaxation heuristics: h_add, h_max, h_FF and goal count of one state.

One exploration serves the three relaxations: a generalised Dijkstra search (Keyder & Geffner 2008)
over relaxed operators that fires an operator when its last precondition is closed and stops when
the goal is. Atoms of the state are handled first and apart from the queue, which yields the
applicable operators on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace

__all__ = [
    "DEAD_END",
    "GOAL_COUNT",
    "H_ADD",
    "H_FF",
    "H_MAX",
    "UNIFORM",
    "estimate",
    "heap_pop",
    "heap_push",
]

UNIFORM, GOAL_COUNT, H_MAX, H_ADD, H_FF = 0, 1, 2, 3, 4
"""Kinds of estimates."""

DEAD_END = 1 << 30
"""The estimate of a state from which not even the relaxed task can be solved."""

UNREACHED = 1 << 30
DEAREST = (1 << 30) - 1
ONE = np.int64(1)
LOW = np.int64(0xFFFFFFFF)

# Places in `Workspace.counts`.
APPLICABLE, PREFERRED, FACTS, WORK, STAMP, QUEUED, HEAPED = 0, 1, 2, 3, 4, 5, 6


@kernel
def estimate(kind: int, relaxation: Relaxation, work: Workspace) -> int:
    """Estimate the cost from the state whose atoms stand in ``work.facts`` to the goal.

    Applicable operators (ascending) are left in ``work.applicable`` by the relaxations, preferred
    ones (ascending) in ``work.preferred`` by h_FF.
    """
    counts = work.counts
    if kind <= GOAL_COUNT:
        return _count_open_goals(relaxation, work) if kind == GOAL_COUNT else 0
    open_goals = _explore(kind != H_MAX, _start(relaxation, work), relaxation, work)
    if open_goals > 0:
        return DEAD_END
    counts[STAMP] += 1
    if kind == H_FF:
        return _extract_relaxed_plan(relaxation, work)
    total = np.int64(0)
    for i in range(len(relaxation.goal)):
        cost = np.int64(work.cost[relaxation.goal[i]])
        total = total + cost if kind == H_ADD else max(total, cost)
    return min(total, np.int64(DEAREST))


@kernel
def _count_open_goals(relaxation: Relaxation, work: Workspace) -> int:
    held = 0
    for i in range(work.counts[FACTS]):
        held += relaxation.is_goal[work.facts[i]]
    return len(relaxation.goal) - held


@kernel
def _start(relaxation: Relaxation, work: Workspace) -> int:
    """Close the atoms of the state, fire what they allow, and return how many goals are open."""
    value, cost, supporter, facts = work.value, work.cost, work.supporter, work.facts
    start, first, waiting = relaxation.start, relaxation.first, relaxation.waiting
    value[:] = start
    cost[:] = UNREACHED
    fact_count = work.counts[FACTS]
    open_goals = len(relaxation.goal)
    for i in range(fact_count):
        atom = facts[i]
        cost[atom] = 0
        supporter[atom] = -1
        open_goals -= relaxation.is_goal[atom]
    fired = 0
    touched = np.int64(0)
    applicable = work.applicable
    for i in range(len(relaxation.free)):
        applicable[fired] = relaxation.free[i]
        fired += 1
    for i in range(fact_count):
        atom = facts[i]
        begin, end = first[atom], first[atom + 1]
        touched += end - begin
        for k in range(begin, end):
            operator = waiting[k]
            left = value[operator] - ONE
            value[operator] = left
            if left & LOW == 0:
                applicable[fired] = operator
                fired += 1
    queued = 0
    for i in range(fired):
        operator = applicable[i]
        queued = _fire(operator, start[operator] >> 32, queued, relaxation, work)
    work.counts[QUEUED] = queued
    # Real operators come first in number; conditional effects and axioms are not applied alone.
    kept = 0
    operator_count = relaxation.operator_count[0]
    for i in range(fired):
        if applicable[i] < operator_count:
            applicable[kept] = applicable[i]
            kept += 1
    work.counts[APPLICABLE] = kept
    work.counts[WORK] += touched + fact_count + (len(value) >> 3)
    return open_goals


@kernel
def _fire(
    operator: int, cost: np.int64, queued: int, relaxation: Relaxation, work: Workspace
) -> int:
    """Offer what a relaxed operator adds at the given cost; return how many entries are queued."""
    if cost > DEAREST:
        cost = np.int64(DEAREST)
    costs = work.cost
    for k in range(relaxation.add_first[operator], relaxation.add_first[operator + 1]):
        atom = relaxation.added[k]
        if costs[atom] > cost:
            costs[atom] = cost
            work.supporter[atom] = operator
            if cost < len(work.bucket):
                work.entry_atom[queued] = atom
                work.entry_next[queued] = work.bucket[cost]
                work.bucket[cost] = queued
                queued += 1
            else:
                heap_push(work.heap, work.counts[HEAPED], (cost << 32) | np.int64(atom))
                work.counts[HEAPED] += 1
    return queued


@kernel
def _explore(additive: bool, open_goals: int, relaxation: Relaxation, work: Workspace) -> int:
    """Close atoms, cheapest first, until no goal is open or nothing is left; return the open."""
    value, costs, counts = work.value, work.cost, work.counts
    bucket, entry_atom, entry_next = work.bucket, work.entry_atom, work.entry_next
    first, waiting = relaxation.first, relaxation.waiting
    popped, queued = 0, counts[QUEUED]
    touched = np.int64(0)
    cost = np.int64(0)
    while open_goals > 0:
        if popped < queued:
            while bucket[cost] < 0:
                cost += 1
            entry = bucket[cost]
            bucket[cost] = entry_next[entry]
            popped += 1
            atom = np.int64(entry_atom[entry])
        elif counts[HEAPED] > 0:
            key = heap_pop(work.heap, counts[HEAPED])
            counts[HEAPED] -= 1
            cost = key >> 32
            atom = key & LOW
        else:
            break
        if costs[atom] < cost:
            continue
        if relaxation.is_goal[atom]:
            open_goals -= 1
        begin, end = first[atom], first[atom + 1]
        touched += end - begin
        step = (cost << 32) - ONE if additive else -ONE
        for k in range(begin, end):
            operator = waiting[k]
            left = value[operator] + step
            value[operator] = left
            if left & LOW == 0:
                total = left >> 32
                price = total if additive else total + cost
                queued = _fire(operator, price, queued, relaxation, work)
    counts[WORK] += touched + popped
    counts[HEAPED] = 0
    _clear_buckets(cost, queued - popped, work)
    return open_goals


@kernel
def _clear_buckets(cost: np.int64, left: int, work: Workspace) -> None:
    """Empty the buckets from ``cost`` on that still hold ``left`` entries."""
    while left > 0:
        entry = work.bucket[cost]
        work.bucket[cost] = -1
        while entry >= 0:
            left -= 1
            entry = work.entry_next[entry]
        cost += 1


@kernel
def _extract_relaxed_plan(relaxation: Relaxation, work: Workspace) -> int:
    """Trace supporters back from the goal; the cost of the distinct operators met is h_FF."""
    counts = work.counts
    stamp = np.int32(counts[STAMP])
    stack, supporter, atom_mark = work.stack, work.supporter, work.atom_mark
    depth = 0
    for i in range(len(relaxation.goal)):
        stack[depth] = relaxation.goal[i]
        depth += 1
    total = np.int64(0)
    preferred = 0
    while depth > 0:
        depth -= 1
        atom = stack[depth]
        operator = supporter[atom]
        if operator < 0 or atom_mark[atom] == stamp:
            continue
        atom_mark[atom] = stamp
        if work.relaxed_mark[operator] == stamp:
            continue
        work.relaxed_mark[operator] = stamp
        applicable = True
        for k in range(relaxation.needs_first[operator], relaxation.needs_first[operator + 1]):
            need = relaxation.needs[k]
            if supporter[need] >= 0:
                applicable = False
                stack[depth] = need
                depth += 1
        origin = relaxation.origin[operator]
        if origin >= 0:
            # Several conditional effects of an operator are paid for once.
            if work.operator_mark[origin] != stamp:
                work.operator_mark[origin] = stamp
                total += relaxation.start[operator] >> 32
            if applicable and work.preferred_mark[origin] != stamp:
                work.preferred_mark[origin] = stamp
                work.preferred[preferred] = origin
                preferred += 1
    counts[PREFERRED] = preferred
    return min(total, np.int64(DEAREST))


@kernel
def heap_push(heap: npt.NDArray[np.int64], size: int, key: np.int64) -> None:
    """Add a key to a binary min-heap of ``size`` keys."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if heap[parent] <= key:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = key


@kernel
def heap_pop(heap: npt.NDArray[np.int64], size: int) -> np.int64:
    """Take the least key out of a binary min-heap of ``size`` keys."""
    least = heap[0]
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
