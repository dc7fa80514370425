"""Best-first search over a ground task, compiled: one entry point for every variant.

`run` works until it finds a plan, runs out of nodes, has done its share of work, or needs a table
to grow; it then returns to Python, which looks after limits, signals and memory, and calls it
again with the same tables. Everything it must remember stands in ``registers``.

Eager search follows the textbook. Lazy search (Richter & Helmert 2009) estimates a node when it is
taken from an open list and files its successors under the parent's estimate. Open lists alternate,
and those of preferred operators are boosted on progress (Richter & Westphal 2010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.kernels import estimate
from planner.guides.relaxed_task import (
    APPLICABLE,
    DEAD_END,
    FACTS,
    GOAL_COUNT,
    LANDMARKS,
    PREFERRED,
    WORK,
)
from planner.search.commuting.kernels import IS_OFF, WORK_BEFORE, prune_operators
from planner.search.estimating.kernels import estimate_with_tables
from planner.search.exploring.kernels import PERIOD, draw_type, drop_node, file_node
from planner.search.lookahead.kernels import WAITING, is_goal, look_ahead
from planner.search.queues.kernels import boost_on_progress, choose, drop_first, first, push_node
from planner.search.reduced_costs.kernels import EXPAND, REFILE, bound_child, revise
from planner.search.tables import MOST_BUCKETS
from planner.spaces.kernels import apply, insert, legal_operators, list_atoms

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.interfaces import IntArray
    from planner.search.tables import Nodes, OpenLists, Options, Scratch
    from planner.spaces.arrays import GroundArrays

    Registers = npt.NDArray[np.int64]
    Words = npt.NDArray[np.int64]

__all__ = ["WORK_BEFORE", "run"]

# What `run` returns.
PAUSED, FOUND, EMPTY = 0, 1, 2
GROW_NODES, GROW_POOL, GROW_HEAPS, GROW_BUCKETS, GROW_NOVELTY = 3, 4, 5, 6, 7

# Places in the registers. ENTERING is a new node still to be estimated (BY_PREFERRED: reached by a
# preferred operator), or -1. Between two successors of one eager expansion, CURRENT is the node,
# else -1; NEXT and LAST delimit its operators still to apply, NEXT_PREFERRED its preferred ones.
ENTERING, COUNT, EXPANDED, EVALUATED, GENERATED, REOPENED, POOL_USED = 0, 1, 2, 3, 4, 5, 6
CURRENT, NEXT, LAST, NEXT_PREFERRED, GOAL_NODE, LOWER_BOUND = 7, 8, 9, 10, 11, 12
MAY_EXPAND, MAY_WORK, BY_PREFERRED = 13, 14, 15
# By f, paths that cost as much as BOUND lead to no plan that is wanted; DEARER counts them.
BOUND, DEARER = 16, 17
REGISTERS = 18

# Places in `Options.switches`.
LAZY, PREFER, BY_F, REOPEN, EARLY_GOAL, LOOKAHEAD, LATE, STUBBORN = 0, 1, 2, 3, 4, 5, 6, 7

OPEN, CLOSED, DEAD = 0, 1, 2

ONE = np.int64(1)


@bare_kernel
def run(
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> int:
    """Search on, as the module says; the answer is one of the constants above."""
    while True:
        if work.counts[WORK] > registers[MAY_WORK]:
            return PAUSED
        short = _lacking(nodes, lists, options, len(scratch.operators), registers)
        if short != PAUSED:
            return short
        if registers[ENTERING] >= 0 and (options.switches[LAZY] == 0 or registers[MAY_EXPAND] > 0):
            answer = _enter(options, arrays, relaxation, work, nodes, lists, scratch, registers)
        elif registers[CURRENT] >= 0:
            answer = _generate(options, arrays, relaxation, work, nodes, lists, scratch, registers)
        elif registers[MAY_EXPAND] <= 0:
            return PAUSED
        elif options.switches[LAZY] != 0:
            answer = _advance(options, arrays, relaxation, work, nodes, lists, scratch, registers)
        else:
            answer = _select(options, arrays, relaxation, work, nodes, lists, scratch, registers)
        if answer != PAUSED:
            return answer


@inlined_kernel
def _lacking(
    nodes: Nodes, lists: OpenLists, options: Options, operators: int, registers: Registers
) -> int:
    """Which table has no room for one more node, or `PAUSED`."""
    if registers[COUNT] + 2 > len(nodes.rows):
        return GROW_NODES
    if registers[POOL_USED] + operators > len(nodes.pool):
        return GROW_POOL
    for k in range(len(lists.heap_size)):
        if lists.heap_size[k] + 1 >= len(lists.heap_key):
            return GROW_HEAPS
    if lists.missed[0] >= len(lists.head) and len(lists.head) < MOST_BUCKETS:
        return GROW_BUCKETS
    if options.novelty.used[0] == len(options.novelty.seen):
        return GROW_NOVELTY
    return PAUSED


@bare_kernel
def _enter(
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> int:
    """Test and estimate the new node, then file it: itself, or in lazy search its operators."""
    node = registers[ENTERING]
    registers[ENTERING] = -1
    row = nodes.rows[node]
    if options.switches[EARLY_GOAL] != 0 and is_goal(row, relaxation):
        registers[GOAL_NODE] = node
        return FOUND
    registers[EVALUATED] += 1
    work.counts[FACTS] = list_atoms(row, work.facts)
    work.counts[PREFERRED] = 0
    explored = False
    for k in range(len(options.kinds)):
        kind = options.kinds[k]
        if kind >= LANDMARKS:
            value = estimate_with_tables(kind, node, options, relaxation, work, nodes)
        else:
            value = estimate(kind, relaxation, work)
            explored = explored or kind > GOAL_COUNT
        scratch.values[k] = value
        if value >= DEAD_END:
            nodes.closed[node] = DEAD
            return PAUSED
    nodes.estimate[node] = scratch.values[0]
    prefer = options.switches[PREFER] != 0
    if prefer:
        boost_on_progress(lists, scratch.values, options.boost[0])
    if options.switches[LAZY] == 0:
        nodes.pool_first[node] = registers[POOL_USED]
        if prefer:
            _store(work.preferred, work.counts[PREFERRED], scratch.mask, nodes, registers)
        nodes.pool_end[node] = registers[POOL_USED]
        push_node(node, registers[BY_PREFERRED] != 0, options, nodes, lists, scratch.values)
        return PAUSED
    if not explored:
        work.counts[APPLICABLE] = legal_operators(row, arrays, work.applicable)
    _expand_lazily(node, options, work, nodes, lists, scratch, registers)
    if options.switches[LOOKAHEAD] != 0:
        last, registers[COUNT] = look_ahead(
            node, registers[COUNT], options, arrays, relaxation, work, nodes, scratch
        )
        if last != node:
            nodes.closed[last] = OPEN
            registers[ENTERING] = last
    return PAUSED


@inlined_kernel
def _store(
    operators: IntArray, count: int, mask: Words, nodes: Nodes, registers: Registers
) -> None:
    """Append operators to the pool, ascending."""
    for i in range(count):
        operator = operators[i]
        mask[operator >> 6] |= ONE << np.int64(operator & 63)
    used = registers[POOL_USED]
    registers[POOL_USED] = used + list_atoms(mask, nodes.pool[used:])
    for i in range(count):
        mask[operators[i] >> 6] = 0


@inlined_kernel
def _expand_lazily(
    node: int,
    options: Options,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> None:
    """File the operators of a node under its own estimates, preferred ones first."""
    nodes.closed[node] = CLOSED
    registers[EXPANDED] += 1
    registers[MAY_EXPAND] -= 1
    nodes.pool_first[node] = registers[POOL_USED]
    applicable, count = work.applicable, work.counts[APPLICABLE]
    if options.switches[PREFER] != 0:
        preferred = work.counts[PREFERRED]
        _store(work.preferred, preferred, scratch.mask, nodes, registers)
        for i in range(preferred):
            scratch.is_preferred[work.preferred[i]] = 1
        kept = 0
        for i in range(count):
            if scratch.is_preferred[applicable[i]] == 0:
                applicable[kept] = applicable[i]
                kept += 1
        count = kept
        for i in range(preferred):
            scratch.is_preferred[work.preferred[i]] = 0
    nodes.pool_preferred[node] = registers[POOL_USED]
    _store(applicable, count, scratch.mask, nodes, registers)
    nodes.pool_end[node] = registers[POOL_USED]
    registers[GENERATED] += nodes.pool_end[node] - nodes.pool_first[node]
    for k in range(lists.cursor.shape[1]):
        lists.cursor[node, k] = 0
    if nodes.pool_end[node] > nodes.pool_first[node]:
        if options.types.numbers[PERIOD] > 0:
            file_node(node, scratch.values[0], nodes.cost[node], options.types, lists.following)
        some_preferred = nodes.pool_preferred[node] > nodes.pool_first[node]
        push_node(node, some_preferred, options, nodes, lists, scratch.values)


@inlined_kernel
def _select(
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> int:
    """Take the next node from the open lists and list its operators."""
    chosen = choose(lists)
    if chosen < 0:
        return EMPTY
    node = first(lists, chosen)
    key = lists.heap_key[0, chosen]
    if options.switches[BY_F] != 0 and nodes.closed[node] == OPEN:
        registers[LOWER_BOUND] = max(registers[LOWER_BOUND], key)
    drop_first(lists, chosen)
    work.counts[WORK] += 1
    if nodes.closed[node] != OPEN:
        return PAUSED
    row = nodes.rows[node]
    if options.switches[EARLY_GOAL] == 0 and is_goal(row, relaxation):
        registers[GOAL_NODE] = node
        return FOUND
    if options.switches[LATE] != 0:
        verdict = revise(node, key, options, relaxation, work, nodes)
        registers[EVALUATED] += 1
        if verdict == REFILE:
            scratch.values[0] = nodes.estimate[node]
            push_node(node, False, options, nodes, lists, scratch.values)
        elif verdict != EXPAND and nodes.estimate[node] >= DEAD_END:
            nodes.closed[node] = DEAD
        if verdict != EXPAND:
            return PAUSED
    nodes.closed[node] = CLOSED
    registers[EXPANDED] += 1
    registers[MAY_EXPAND] -= 1
    count = legal_operators(row, arrays, work.applicable)
    for i in range(count):
        operator = work.applicable[i]
        scratch.mask[operator >> 6] |= ONE << np.int64(operator & 63)
    registers[CURRENT], registers[NEXT] = node, 0
    last = list_atoms(scratch.mask, scratch.operators)
    for i in range(count):
        scratch.mask[work.applicable[i] >> 6] = 0
    if options.switches[STUBBORN] != 0 and options.commuting.numbers[IS_OFF] == 0:
        last = prune_operators(row, scratch.operators, last, options.commuting, work)
    registers[LAST] = last
    registers[NEXT_PREFERRED] = nodes.pool_first[node]
    work.counts[WORK] += 4 * count + (len(scratch.mask) >> 2)
    return PAUSED


@inlined_kernel
def _generate(
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> int:
    """Apply the next operator of the node being expanded."""
    parent = registers[CURRENT]
    if registers[NEXT] == registers[LAST]:
        registers[CURRENT] = -1
        return PAUSED
    step = scratch.operators[registers[NEXT]]
    registers[NEXT] += 1
    registers[GENERATED] += 1
    preferred = False
    if options.switches[PREFER] != 0 and registers[NEXT_PREFERRED] < nodes.pool_end[parent]:
        # Both lists ascend.
        preferred = nodes.pool[registers[NEXT_PREFERRED]] == step
        registers[NEXT_PREFERRED] += preferred
    cost = nodes.cost[parent] + options.costs[step]
    if cost >= registers[BOUND]:
        registers[DEARER] += 1
        work.counts[WORK] += 1
        return PAUSED
    count = registers[COUNT]
    apply(nodes.rows[parent], step, arrays, nodes.rows[count], scratch.counters, scratch.queue)
    work.counts[WORK] += 8 + (nodes.rows.shape[1] >> 1) + 2 * len(scratch.counters)
    node = insert(nodes.rows, count, nodes.slots)
    if node == count:
        registers[COUNT] = count + 1
        nodes.parent[node], nodes.step[node], nodes.cost[node] = parent, step, cost
        if options.switches[LATE] == 0:
            registers[ENTERING], registers[BY_PREFERRED] = node, preferred
            return PAUSED
        scratch.values[0] = bound_child(parent, step, options, nodes)
        nodes.estimate[node] = scratch.values[0]
        if cost + scratch.values[0] >= registers[BOUND]:
            registers[DEARER] += 1
            return PAUSED
        push_node(node, False, options, nodes, lists, scratch.values)
        return PAUSED
    if cost < nodes.cost[node] and nodes.closed[node] != DEAD:
        nodes.parent[node], nodes.step[node], nodes.cost[node] = parent, step, cost
        if options.switches[REOPEN] != 0:
            registers[REOPENED] += nodes.closed[node] == CLOSED
            nodes.closed[node] = OPEN
            scratch.values[0] = nodes.estimate[node]
            push_node(node, False, options, nodes, lists, scratch.values)
    return PAUSED


@inlined_kernel
def _advance(
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    lists: OpenLists,
    scratch: Scratch,
    registers: Registers,
) -> int:
    """Lazily: take the next operator from the open lists, apply it and enter what is new."""
    drawn = draw_type(options.types)
    if drawn >= 0:
        chosen, parent = 2 * len(options.kinds), int(options.types.head[drawn])
    else:
        chosen = choose(lists)
        if chosen < 0:
            return EMPTY
        parent = first(lists, chosen)
    place = nodes.pool_first[parent] + lists.cursor[parent, chosen]
    lists.cursor[parent, chosen] += 1
    end = nodes.pool_end[parent] if chosen & 1 == 0 else nodes.pool_preferred[parent]
    if place + 1 == end and drawn >= 0:
        drop_node(drawn, options.types, lists.following)
    elif place + 1 == end:
        drop_first(lists, chosen)
    step = nodes.pool[place]
    count = registers[COUNT]
    apply(nodes.rows[parent], step, arrays, nodes.rows[count], scratch.counters, scratch.queue)
    work.counts[WORK] += 8 + (nodes.rows.shape[1] >> 1) + 2 * len(scratch.counters)
    node = insert(nodes.rows, count, nodes.slots)
    if node != count:
        if nodes.closed[node] == WAITING:
            nodes.closed[node] = OPEN
            registers[ENTERING] = node
        return PAUSED
    registers[COUNT] = count + 1
    nodes.parent[node], nodes.step[node] = parent, step
    nodes.cost[node] = nodes.cost[parent] + options.costs[step]
    registers[ENTERING] = node
    return PAUSED
