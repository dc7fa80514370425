"""Kernels of the lifted relaxation: derive facts in order of cost until the goals are reached.

Costs are those of h_add (Bonet & Geffner 2001): the cost of a derived row is the sum of those of
the rows it was joined from, plus one where the rule is an action's effect. Rows are closed from
the cheapest on (Knuth 1977), joins are indexed from both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import kernel
from planner.guides.lifted.tables import (
    BUCKETS,
    COST,
    DONE,
    ENTRIES,
    FACTS,
    FAR,
    FULL,
    JOINED,
    LISTS,
    MORE,
    OPEN_GOALS,
    TOP,
    TRAIL,
    WAITING,
)

if TYPE_CHECKING:
    from planner.guides.lifted.tables import Rules, Store
    from planner.interfaces import IntArray

__all__ = ["add_given", "advance", "fire_again", "rewind"]

ONE = np.int64(1)


@kernel
def mixed(hashed: np.int64, value: int) -> np.int64:
    """Mix a value into a hash."""
    hashed = (hashed ^ np.int64(value)) * np.int64(1099511628211)
    return hashed ^ (hashed >> 29)


@kernel
def find_fact(rules: Rules, store: Store, relation: int) -> int:
    """The slot of the fact whose row is in `Store.row`: its number is there, or -1."""
    arity = rules.arity[relation]
    hashed = mixed(np.int64(1469598103934665603), relation)
    for i in range(arity):
        hashed = mixed(hashed, store.row[i])
    mask = len(store.slots) - 1
    slot = hashed & mask
    while True:
        fact = store.slots[slot]
        if fact < 0:
            return int(slot)
        if store.relation[fact] == relation:
            same = True
            for i in range(arity):
                if store.values[fact, i] != store.row[i]:
                    same = False
                    break
            if same:
                return int(slot)
        slot = (slot + 1) & mask


@kernel
def reach(
    rules: Rules, store: Store, relation: int, cost: int, rule: int, first: int, second: int
) -> bool:
    """Note that the fact in `Store.row` costs no more than ``cost``; False when out of room."""
    slot = find_fact(rules, store, relation)
    fact = store.slots[slot]
    counters = store.counters
    if fact < 0:
        fact = counters[FACTS]
        if fact + 1 >= len(store.cost) or counters[TRAIL] + 4 >= len(store.trail):
            return False
        counters[FACTS] += 1
        store.slots[slot] = fact
        store.trail[counters[TRAIL]] = np.int64(slot) << 2
        counters[TRAIL] += 1
        for i in range(rules.arity[relation]):
            store.values[fact, i] = store.row[i]
        store.relation[fact] = relation
        store.closed[fact] = False
        store.is_goal[fact] = False
        store.cost[fact] = FAR
    if cost >= store.cost[fact]:
        return True
    waiting = counters[WAITING]
    if waiting + 1 >= len(store.waiting_fact):
        return False
    store.cost[fact] = cost
    store.rule[fact] = rule
    store.first[fact] = first
    store.second[fact] = second
    place = min(cost, BUCKETS - 1)
    store.waiting_fact[waiting] = fact
    store.waiting_cost[waiting] = cost
    store.waiting_next[waiting] = store.bucket[place]
    store.bucket[place] = waiting
    counters[WAITING] += 1
    if place > counters[TOP]:
        counters[TOP] = place
    if place < counters[COST]:
        counters[COST] = place
    return True


@kernel
def value_of(store: Store, source: int, first: int, second: int) -> int:
    """The value that a `planner.guides.lifted.rules.Source` names."""
    if source < 64:
        return int(store.values[first, source])
    if source < 128:
        return int(store.values[second, source - 64])
    return source - 128


@kernel
def emit(rules: Rules, store: Store, rule: int, first: int, second: int) -> bool:
    """Derive what a rule gives for two facts; False when out of room."""
    store.counters[JOINED] += 1
    for i in range(rules.test_offsets[rule], rules.test_offsets[rule + 1]):
        one = value_of(store, rules.test_first[i], first, second)
        two = value_of(store, rules.test_second[i], first, second)
        if (one == two) != rules.test_equal[i]:
            return True
    start = rules.column_offsets[rule]
    for i in range(start, rules.column_offsets[rule + 1]):
        store.row[i - start] = value_of(store, rules.column[i], first, second)
    cost = store.cost[first] + rules.cost[rule]
    if second >= 0:
        cost += store.cost[second]
    return bool(reach(rules, store, rules.out[rule], cost, rule, first, second))


@kernel
def find_list(rules: Rules, store: Store, rule: int, side: int, fact: int, make: bool) -> int:
    """The list of a rule for the key of a fact on one side, -1: there is none.

    It is made where ``make`` says so, and then -1 means that there is no room.
    """
    start, end = rules.key_offsets[rule], rules.key_offsets[rule + 1]
    hashed = mixed(np.int64(1099511628211), rule)
    for i in range(start, end):
        column = rules.key_right[i] if side else rules.key_left[i]
        hashed = mixed(hashed, store.values[fact, column])
    mask = len(store.list_slots) - 1
    slot = hashed & mask
    while True:
        number = store.list_slots[slot]
        if number < 0:
            break
        if store.list_rule[number] == rule:
            same = True
            other, other_side = store.list_fact[number], store.list_side[number]
            for i in range(start, end):
                column = rules.key_right[i] if side else rules.key_left[i]
                theirs = rules.key_right[i] if other_side else rules.key_left[i]
                if store.values[fact, column] != store.values[other, theirs]:
                    same = False
                    break
            if same:
                return int(number)
        slot = (slot + 1) & mask
    if not make:
        return -1
    counters = store.counters
    number = counters[LISTS]
    if number + 1 >= len(store.list_rule) or counters[TRAIL] + 4 >= len(store.trail):
        return -1
    counters[LISTS] += 1
    store.list_slots[slot] = number
    store.trail[counters[TRAIL]] = (np.int64(slot) << 2) | 1
    counters[TRAIL] += 1
    store.list_rule[number] = rule
    store.list_fact[number] = fact
    store.list_side[number] = side
    store.head[number, 0] = -1
    store.head[number, 1] = -1
    return int(number)


@kernel
def keep_entry(store: Store, number: int, side: int, fact: int) -> bool:
    """Add a fact to one side of a list; False when out of room."""
    counters = store.counters
    entry = counters[ENTRIES]
    if entry + 1 >= len(store.entry_fact) or counters[TRAIL] + 4 >= len(store.trail):
        return False
    before = store.head[number, side]
    noted = np.int64(2 * number + side) << 2
    store.trail[counters[TRAIL]] = (np.int64(before + 1) << 34) | noted | 2
    counters[TRAIL] += 1
    store.entry_fact[entry] = fact
    store.entry_next[entry] = before
    store.head[number, side] = entry
    counters[ENTRIES] += 1
    return True


@kernel
def fire(rules: Rules, store: Store, fact: int, with_costs: bool) -> bool:
    """Apply every rule that reads a fact to it and the facts closed before."""
    relation = store.relation[fact]
    for u in range(rules.use_offsets[relation], rules.use_offsets[relation + 1]):
        rule, side = rules.use[u] >> 1, rules.use[u] & 1
        if rules.right[rule] < 0:
            if (with_costs or rules.cost[rule] == 0) and not emit(rules, store, rule, fact, -1):
                return False
            continue
        # What is joined with rows that never change need not be kept for rows to come.
        final = with_costs and rules.settled[rules.left[rule] if side else rules.right[rule]]
        number = find_list(rules, store, rule, side, fact, not final)
        if number < 0:
            if final:
                continue
            return False
        if not final and not keep_entry(store, number, side, fact):
            return False
        entry = store.head[number, 1 - side]
        while entry >= 0:
            other = store.entry_fact[entry]
            first = other if side else fact
            second = fact if side else other
            if not emit(rules, store, rule, first, second):
                return False
            entry = store.entry_next[entry]
    return True


@kernel
def advance(rules: Rules, store: Store, work: int, with_costs: bool) -> int:
    """Close facts, cheapest first, until no goal is open, nothing waits, or ``work`` is done.

    ``with_costs`` is off while what never changes is derived: effects of actions wait.
    """
    counters = store.counters
    counters[JOINED] = 0
    while counters[COST] <= counters[TOP]:
        if counters[OPEN_GOALS] == 0:
            return DONE
        place = counters[COST]
        waiting = store.bucket[place]
        if waiting < 0:
            counters[COST] += 1
            continue
        store.bucket[place] = store.waiting_next[waiting]
        fact = store.waiting_fact[waiting]
        if store.closed[fact] or store.waiting_cost[waiting] != store.cost[fact]:
            continue
        store.closed[fact] = True
        if store.is_goal[fact]:
            counters[OPEN_GOALS] -= 1
        if not fire(rules, store, fact, with_costs):
            return FULL
        counters[JOINED] += 1
        if counters[JOINED] >= work:
            return MORE
    return DONE


@kernel
def add_given(rules: Rules, store: Store, relations: IntArray, rows: IntArray) -> bool:
    """Facts that are given: cost 0. Shape of ``rows``: (n, width)."""
    for n in range(len(relations)):
        for i in range(rules.arity[relations[n]]):
            store.row[i] = rows[n, i]
        if not reach(rules, store, relations[n], 0, -1, -1, -1):
            return False
    return True


@kernel
def fire_again(rules: Rules, store: Store, facts: IntArray) -> bool:
    """The effects of actions that depend on nothing but what never changes."""
    for fact in facts:
        relation = store.relation[fact]
        for u in range(rules.use_offsets[relation], rules.use_offsets[relation + 1]):
            rule = rules.use[u] >> 1
            if rules.cost[rule] > 0 and not emit(rules, store, rule, fact, -1):
                return False
    return True


@kernel
def rewind(store: Store, facts: int, lists: int, entries: int, trail: int, goals: int) -> None:
    """Forget everything after a mark; the first ``goals`` facts are unreached again."""
    counters = store.counters
    for position in range(counters[TRAIL] - 1, trail - 1, -1):
        noted = store.trail[position]
        kind, place = noted & 3, noted >> 2
        if kind == 0:
            store.slots[place] = -1
        elif kind == 1:
            store.list_slots[place] = -1
        else:
            changed = place & ((ONE << 32) - 1)
            store.head[changed >> 1, changed & 1] = np.int32((noted >> 34) - 1)
    for place in range(counters[TOP] + 1):
        store.bucket[place] = -1
    for fact in range(goals):
        store.closed[fact] = False
        store.cost[fact] = FAR
    counters[FACTS], counters[LISTS], counters[ENTRIES] = facts, lists, entries
    counters[TRAIL], counters[WAITING], counters[COST], counters[TOP] = trail, 0, 0, 0
    counters[OPEN_GOALS] = goals
