"""The kernel of LM-cut (Helmert & Domshlak 2009).

Each round prices the atoms by h_max, keeping for each relaxed operator its dearest precondition.
In the graph from these to what is added, the operators that enter the zone from where the goal
follows at no cost form a cut: a plan uses one of them. The cheapest is added to the estimate and
taken off the costs of all. Prices are worked out once and then renewed where a cut lowered them.
The parts of an operator with conditional effects share one cost, so there h_max may be more than
the cuts give; the estimate is the larger of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.kernels import heap_pop, heap_push
from planner.guides.relaxed_task import DEAD_END, FACTS, WORK

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.lm_cut.tables import Cuts
    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.interfaces import IntArray

    Unsigned = npt.NDArray[np.uint32]

__all__ = ["estimate_by_cuts"]

UNREACHED = 1 << 30
LOW = np.int64(0xFFFFFFFF)
U0, U1 = np.uint64(0), np.uint64(1)

# Places in `Cuts.numbers`: operators in the present cut, what all cuts of the last estimate sum up
# to; entries made in the queue, those that wait in its buckets and in its heap, the price it has
# come to, and whether it had no room; whether atoms of the goal take turns.
CUT_SIZE, TOTAL, ENTRIES, WAITING, HEAPED, PRICE, OVERFLOW, IN_TURN = 0, 1, 2, 3, 4, 5, 6, 7


@bare_kernel
def estimate_by_cuts(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """The estimate of the state whose atoms stand in ``work.facts``.

    ``cuts.left`` is then what the cuts have left of the costs.
    """
    left, base = cuts.left, cuts.base
    for i in range(len(left)):
        left[i] = base[i]
    cuts.turns[:] = 0
    dearest = _price(relaxation, work, cuts)
    if dearest < 0:
        return DEAD_END
    total, h_max = np.int64(0), np.int64(work.cost[dearest])
    while work.cost[dearest] > 0:
        _spread_zone(dearest, relaxation, work, cuts)
        total += _cut(relaxation, work, cuts)
        dearest = _reprice(dearest, relaxation, work, cuts)
    cuts.numbers[TOTAL] = total
    return int(max(total, h_max))


@bare_kernel
def _price(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """Price all atoms by h_max; the dearest atom of the goal, or -1 when one is unreachable."""
    cost, lacking, start, facts = work.cost, cuts.lacking, relaxation.start, work.facts
    first, waiting, is_goal = relaxation.first, relaxation.waiting, relaxation.is_goal
    cost[:] = UNREACHED
    for i in range(len(lacking)):
        lacking[i] = start[i] & LOW
    _clear(cuts)
    fact_count = work.counts[FACTS]
    facts[fact_count] = len(cost) - 1
    for i in range(fact_count + 1):
        cost[np.uint32(facts[i])] = 0
        _push(np.uint32(facts[i]), np.int64(0), work.bucket, cuts)
    open_goals, dearest, touched = len(relaxation.goal), len(cost) - 1, np.int64(0)
    while True:
        key = _pop(work.bucket, cuts)
        if key < 0:
            break
        price, atom = key >> 32, np.uint32(key & LOW)
        if cost[atom] < price:
            continue
        if is_goal[atom] != 0:
            open_goals -= 1
            dearest = int(atom)
        begin, end = np.uint64(first[atom]), np.uint64(first[atom + U1])
        touched += np.int64(end - begin)
        for k in range(begin, end):
            operator = waiting[k]
            lacking[operator] -= 1
            if lacking[operator] == 0:
                cuts.reached[operator] = price
                cuts.dearest[operator] = _dearest_need(operator, atom, cost, relaxation, cuts)
                _lower(operator, relaxation, work, cuts)
    work.counts[WORK] += touched + cuts.numbers[ENTRIES] + (len(lacking) >> 3)
    return -1 if open_goals > 0 else dearest


@bare_kernel
def _reprice(goal: int, relaxation: Relaxation, work: Workspace, cuts: Cuts) -> int:
    """Renew the prices after the operators of the cut became cheaper; the dearest goal atom.

    An operator rests on another atom only after the one that it rested on became cheaper.
    """
    cost, lacking, rests, reached = work.cost, cuts.lacking, cuts.dearest, cuts.reached
    first, waiting = relaxation.first, relaxation.waiting
    before, touched = cost[goal], np.int64(0)
    _clear(cuts)
    cuts.numbers[PRICE] = UNREACHED
    for i in range(cuts.numbers[CUT_SIZE]):
        whole = np.uint64(cuts.cut[i])
        for k in range(np.uint64(cuts.parts_first[whole]), np.uint64(cuts.parts_first[whole + U1])):
            if lacking[np.uint32(cuts.parts[k])] == 0:
                _lower(np.uint32(cuts.parts[k]), relaxation, work, cuts)
    while True:
        key = _pop(work.bucket, cuts)
        if key < 0:
            break
        price, atom = key >> 32, np.uint32(key & LOW)
        if cost[atom] < price:
            continue
        begin, end = np.uint64(first[atom]), np.uint64(first[atom + U1])
        touched += np.int64(end - begin)
        for k in range(begin, end):
            operator = waiting[k]
            if rests[operator] != atom or reached[operator] <= price or lacking[operator] != 0:
                continue
            need = _dearest_need(operator, atom, cost, relaxation, cuts)
            rests[operator] = need
            if cost[need] < reached[operator]:
                reached[operator] = cost[need]
                _lower(operator, relaxation, work, cuts)
    work.counts[WORK] += touched + cuts.numbers[ENTRIES]
    if cuts.numbers[OVERFLOW] != 0:
        return _price(relaxation, work, cuts)
    if cost[goal] < before:
        cuts.turns[goal] += cuts.numbers[IN_TURN]
        return _next_goal(goal, relaxation.goal, cost, cuts.turns)
    return goal


@inlined_kernel
def _next_goal(goal: int, goals: Unsigned, cost: IntArray, turns: IntArray) -> int:
    """The dearest goal atom; of equally dear ones that with the fewest turns, or the one given."""
    for i in range(len(goals)):
        other = int(goals[i])
        if cost[other] > cost[goal] or (cost[other] == cost[goal] and turns[other] < turns[goal]):
            goal = other
    return goal


@inlined_kernel
def _dearest_need(
    operator: np.uint32, atom: np.uint32, cost: IntArray, relaxation: Relaxation, cuts: Cuts
) -> np.uint32:
    """The dearest precondition; of equally dear ones that of the highest rank, or the one given."""
    needs_first, needs, rank = relaxation.needs_first, relaxation.needs, cuts.rank
    best = atom
    for j in range(np.uint64(needs_first[operator]), np.uint64(needs_first[operator + U1])):
        need = needs[j]
        if cost[need] > cost[best] or (cost[need] == cost[best] and rank[need] > rank[best]):
            best = need
    return best


@inlined_kernel
def _lower(operator: np.uint32, relaxation: Relaxation, work: Workspace, cuts: Cuts) -> None:
    """Price what an operator adds, and queue what became cheaper."""
    add_first, added, cost = relaxation.add_first, relaxation.added, work.cost
    own = relaxation.origin[operator]
    total = cuts.reached[operator] + (cuts.left[np.uint64(own)] if own >= 0 else np.int64(0))
    for j in range(np.uint64(add_first[operator]), np.uint64(add_first[operator + U1])):
        if total < cost[added[j]]:
            cost[added[j]] = total
            _push(added[j], total, work.bucket, cuts)


@inlined_kernel
def _clear(cuts: Cuts) -> None:
    """Begin with an empty queue."""
    cuts.numbers[ENTRIES], cuts.numbers[WAITING], cuts.numbers[HEAPED] = 0, 0, 0
    cuts.numbers[PRICE], cuts.numbers[OVERFLOW] = 0, 0


@inlined_kernel
def _push(atom: np.uint32, price: np.int64, bucket: IntArray, cuts: Cuts) -> None:
    """Queue an atom. Of equal prices the newest goes first.

    So what is left of a chain whose operators have been paid for is followed to its end.
    """
    numbers = cuts.numbers
    entry = np.uint64(numbers[ENTRIES])
    if entry == len(cuts.entry_atom):
        numbers[OVERFLOW] = 1
        return
    numbers[ENTRIES] += 1
    cuts.entry_atom[entry] = atom
    if price < len(bucket):
        cuts.entry_next[entry] = bucket[np.uint64(price)]
        bucket[np.uint64(price)] = entry
        numbers[WAITING] += 1
        numbers[PRICE] = min(numbers[PRICE], price)
    else:
        heap_push(cuts.heap, int(numbers[HEAPED]), (price << 32) | (LOW - np.int64(entry)))
        numbers[HEAPED] += 1


@inlined_kernel
def _pop(bucket: IntArray, cuts: Cuts) -> np.int64:
    """Take out the cheapest atom: its price and itself packed, -1 when nothing is queued."""
    numbers = cuts.numbers
    if numbers[WAITING] > 0:
        price = numbers[PRICE]
        while bucket[np.uint64(price)] < 0:
            price += 1
        numbers[PRICE] = price
        numbers[WAITING] -= 1
        entry = np.uint64(bucket[np.uint64(price)])
        bucket[np.uint64(price)] = cuts.entry_next[entry]
    elif numbers[HEAPED] > 0:
        key = heap_pop(cuts.heap, int(numbers[HEAPED]))
        numbers[HEAPED] -= 1
        price, entry = key >> 32, np.uint64(LOW - (key & LOW))
    else:
        return np.int64(-1)
    packed: np.int64 = (price << 32) | np.int64(cuts.entry_atom[entry])
    return packed


@bare_kernel
def _spread_zone(dearest: int, relaxation: Relaxation, work: Workspace, cuts: Cuts) -> None:
    """Mark the atoms from which the goal follows at no cost."""
    zone, stack, left, origin = cuts.zone, cuts.entry_atom, cuts.left, relaxation.origin
    achievers_first, achievers = cuts.achievers_first, cuts.achievers
    lacking, rests = cuts.lacking, cuts.dearest
    zone[:] = 0
    zone[dearest] = 1
    stack[0] = dearest
    depth, touched = U1, np.int64(0)
    while depth > U0:
        depth -= U1
        atom = stack[depth]
        begin, end = np.uint64(achievers_first[atom]), np.uint64(achievers_first[atom + U1])
        touched += np.int64(end - begin)
        for k in range(begin, end):
            operator = np.uint32(achievers[k])
            own = origin[operator]
            if own >= 0 and left[np.uint64(own)] != 0:
                continue
            before = np.uint32(rests[operator])
            if zone[before] == 0 and lacking[operator] == 0:
                zone[before] = 1
                stack[depth] = before
                depth += U1
    work.counts[WORK] += touched


@bare_kernel
def _cut(relaxation: Relaxation, work: Workspace, cuts: Cuts) -> np.int64:
    """Find the operators that enter the zone from the state, and take the cheapest's cost off."""
    zone, stack, left, origin = cuts.zone, cuts.entry_atom, cuts.left, relaxation.origin
    first, waiting = relaxation.first, relaxation.waiting
    add_first, added = relaxation.add_first, relaxation.added
    lacking, rests, cut, in_cut = cuts.lacking, cuts.dearest, cuts.cut, cuts.in_cut
    facts = work.facts
    size, depth, touched = U0, U0, np.int64(0)
    for i in range(work.counts[FACTS] + 1):
        atom = np.uint32(facts[i])
        if zone[atom] == 0:
            zone[atom] = 2
            stack[depth] = atom
            depth += U1
    while depth > U0:
        depth -= U1
        atom = stack[depth]
        begin, end = np.uint64(first[atom]), np.uint64(first[atom + U1])
        touched += np.int64(end - begin)
        for k in range(begin, end):
            operator = waiting[k]
            if np.uint32(rests[operator]) != atom or lacking[operator] != 0:
                continue
            entered = depth
            enters = False
            for j in range(np.uint64(add_first[operator]), np.uint64(add_first[operator + U1])):
                other = added[j]
                if zone[other] == 1:
                    enters = True
                    break
                if zone[other] == 0:
                    stack[depth] = other
                    depth += U1
            if enters:
                # What it adds besides is reached only by going through the cut.
                depth = entered
                own = np.uint64(origin[operator])
                if in_cut[own] == 0:
                    in_cut[own] = 1
                    cut[size] = own
                    size += U1
                continue
            for j in range(entered, depth):
                zone[stack[j]] = 2
    work.counts[WORK] += touched
    least: np.int64 = left[np.uint64(cut[U0])]
    for i in range(size):
        least = min(least, left[np.uint64(cut[i])])
    for i in range(size):
        left[np.uint64(cut[i])] -= least
        in_cut[np.uint64(cut[i])] = 0
    cuts.numbers[CUT_SIZE] = np.int64(size)
    return least
