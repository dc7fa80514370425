"""The rules as arrays, and the tables in which the facts of one state are derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from planner.guides.lifted.rules import RuleTable
    from planner.interfaces import BoolArray, IntArray

__all__ = ["COUNTERS", "FAR", "Rules", "Store", "new_store", "pack_rules"]

FAR = 2**30
"""Cost of a fact that has not been reached."""

DONE, MORE, FULL = 0, 1, 2
"""What a kernel returns: finished, to be called again, or out of room."""

FACTS, LISTS, ENTRIES, WAITING, COST, TOP, OPEN_GOALS, TRAIL, JOINED, COUNTERS = range(10)
"""Places in `Store.counters`; the last is how many there are.

``COST`` is the bucket being emptied, ``TOP`` the highest bucket in use, ``OPEN_GOALS`` the goals
not yet reached, ``JOINED`` the facts and pairs of facts that rules were applied to in this call.
"""

BUCKETS = 1 << 14
"""Costs beyond are taken together, so that order among them is lost but nothing else."""


class Rules(NamedTuple):
    """A `planner.guides.lifted.rules.RuleTable` as arrays; R rules, P relations.

    Attributes:
        left, right, out, cost: per rule.
        key_offsets, key_left, key_right: the columns that must agree.
        test_offsets, test_equal, test_first, test_second: `Test` per entry.
        column_offsets, column: `Source` of each derived value.
        use_offsets, use: for each relation the rules that read it, twice their number plus the
            side it stands on.
        arity: per relation.
        settled: relations whose rows are the same in every state.
    """

    left: IntArray
    right: IntArray
    out: IntArray
    cost: IntArray
    key_offsets: IntArray
    key_left: IntArray
    key_right: IntArray
    test_offsets: IntArray
    test_equal: BoolArray
    test_first: IntArray
    test_second: IntArray
    column_offsets: IntArray
    column: IntArray
    use_offsets: IntArray
    use: IntArray
    arity: IntArray
    settled: BoolArray


class Store(NamedTuple):
    """Derived facts with their costs, and the indexes for joins. Facts are numbered from 0.

    Attributes:
        values: shape (capacity, width), the rows.
        relation, cost, rule, first, second: per fact; the rule with the facts it joined that
            gave the cost (-1 for given facts).
        closed: whether its cost is final.
        is_goal: whether it is waited for.
        slots: hash table of facts, -1 where free.
        list_slots: hash table of the lists below.
        list_rule, list_fact, list_side: a rule, and a fact on one side of it whose key the facts
            of the list share.
        head: shape (lists, 2), the first entry of each side, -1 for none.
        entry_fact, entry_next: linked entries.
        waiting_fact, waiting_cost, waiting_next, bucket: facts to be closed, by cost.
        trail: slots taken, to be freed for the next state; facts as they are, lists as ``-2 - n``.
        changed: shape (entries, 2), heads of old lists before they changed: list and side, entry.
        row: scratch for one row.
        counters: see `COUNTERS`.
    """

    values: IntArray
    relation: IntArray
    cost: IntArray
    rule: IntArray
    first: IntArray
    second: IntArray
    closed: BoolArray
    is_goal: BoolArray
    slots: IntArray
    list_slots: IntArray
    list_rule: IntArray
    list_fact: IntArray
    list_side: IntArray
    head: IntArray
    entry_fact: IntArray
    entry_next: IntArray
    waiting_fact: IntArray
    waiting_cost: IntArray
    waiting_next: IntArray
    bucket: IntArray
    trail: npt.NDArray[np.int64]
    row: IntArray
    counters: npt.NDArray[np.int64]


def pack_rules(table: RuleTable, fluents: Iterable[int]) -> Rules:
    """Lay rules out as arrays.

    Args:
        table: the rules.
        fluents: relations that actions change.
    """
    rules = table.rules
    reads = [[r.left] if r.right < 0 else [r.left, r.right] for r in rules]
    uses: list[list[int]] = [[] for _ in table.arities]
    for number, sides in enumerate(reads):
        for side, relation in enumerate(sides):
            uses[relation].append(2 * number + side)
    tests = [r.tests for r in rules]
    return Rules(
        _column(r.left for r in rules),
        _column(r.right for r in rules),
        _column(r.out for r in rules),
        _column(r.cost for r in rules),
        _offsets([r.keys for r in rules]),
        _column(left for r in rules for left, _ in r.keys),
        _column(right for r in rules for _, right in r.keys),
        _offsets(tests),
        np.array([t.equal for some in tests for t in some], dtype=np.bool_),
        _column(t.first for some in tests for t in some),
        _column(t.second for some in tests for t in some),
        _offsets([r.columns for r in rules]),
        _column(c for r in rules for c in r.columns),
        _offsets(uses),
        _column(u for used in uses for u in used),
        _column(table.arities),
        _settled(table, fluents),
    )


def _settled(table: RuleTable, fluents: Iterable[int]) -> BoolArray:
    changes = set(fluents)
    # Rules stand after those that derive what they read; effects derive fluents only.
    for rule in table.rules:
        if rule.left in changes or rule.right in changes:
            changes.add(rule.out)
    settled = np.ones(len(table.arities), dtype=np.bool_)
    settled[sorted(changes)] = False
    return settled


def new_store(width: int, capacity: int) -> Store:
    """Empty tables with room for ``capacity`` facts; other tables have room in proportion."""
    entries, lists = 3 * capacity, capacity

    def column(size: int, value: int = -1) -> IntArray:
        return np.full(size, value, dtype=np.int32)

    return Store(
        values=np.zeros((capacity, max(1, width)), dtype=np.int32),
        relation=column(capacity),
        cost=column(capacity, FAR),
        rule=column(capacity),
        first=column(capacity),
        second=column(capacity),
        closed=np.zeros(capacity, dtype=np.bool_),
        is_goal=np.zeros(capacity, dtype=np.bool_),
        slots=column(2 * capacity),
        list_slots=column(2 * lists),
        list_rule=column(lists),
        list_fact=column(lists),
        list_side=column(lists),
        head=np.full((lists, 2), -1, dtype=np.int32),
        entry_fact=column(entries),
        entry_next=column(entries),
        waiting_fact=column(2 * capacity),
        waiting_cost=column(2 * capacity),
        waiting_next=column(2 * capacity),
        bucket=column(BUCKETS),
        trail=np.zeros(2 * capacity + lists + entries, dtype=np.int64),
        row=column(max(1, width)),
        counters=np.zeros(COUNTERS, dtype=np.int64),
    )


def _column(values: Iterable[int]) -> IntArray:
    return np.fromiter(values, dtype=np.int32)


def _offsets(lists: Sequence[Sequence[object]]) -> IntArray:
    return np.cumsum([0, *(len(one) for one in lists)]).astype(np.int32)
