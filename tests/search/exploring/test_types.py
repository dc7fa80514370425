"""Nodes by type: every type has the same chance, the newest of a type comes first."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.search.exploring.kernels import draw_type, drop_node, file_node
from planner.search.exploring.tables import new_types
from planner.search.exploring.waiting import StepsByType

# Nodes in order of entry: the estimate and the cost of the way, and how many steps lead on.
NODES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4)), max_size=30)


def filed(nodes, period):
    """Nodes with their steps, each a number of its own."""
    types, steps = StepsByType(period), itertools.count()
    for number, (value, cost, count) in enumerate(nodes):
        types.file(number, list(itertools.islice(steps, count)), float(value), cost)
    return types


def drawn(types, turns):
    """What each turn gives."""
    return [types.draw() for _ in range(turns)]


@given(NODES, st.integers(1, 5))
def test_every_step_is_drawn_once_and_only_when_it_is_the_turn_of_exploration(nodes, period):
    # Given nodes of all types
    total = sum(count for _, _, count in nodes)
    types = filed(nodes, period)

    # When there are turns enough for all their steps
    found = drawn(types, period * total + period)

    # Then each step is drawn once, in every so many turns, and then nothing is left
    steps = [each[1] for each in found if each is not None]
    assert sorted(steps) == list(range(total))
    assert all(each is not None for each in found[period - 1 : period * total : period])
    assert sum(each is None for each in found) == len(found) - total


@given(NODES, st.integers(1, 3))
def test_the_same_nodes_are_drawn_in_the_same_order(nodes, period):
    assert drawn(filed(nodes, period), 100) == drawn(filed(nodes, period), 100)


def test_a_type_of_one_node_is_drawn_as_often_as_one_of_a_hundred():
    # Given a hundred nodes alike, and three that are each of their own type
    alike = [(7, 0, 100)] * 100
    types = filed([*alike, (0, 0, 100), (0, 1, 100), (7, 1, 100)], 1)

    # When 200 are drawn
    nodes = Counter(min(node, 99) if node < 100 else node for node, _ in drawn(types, 200))

    # Then every type is drawn, about as often as the others
    assert set(nodes) == {99, 100, 101, 102}
    assert min(nodes.values()) > 30


def test_of_a_type_the_newest_node_comes_first():
    types = filed([(2, 5, 2), (2, 5, 2)], 1)

    assert [node for node, _ in drawn(types, 4)] == [1, 1, 0, 0]


def test_without_a_period_nothing_is_drawn():
    assert drawn(filed([(0, 0, 3)], 0), 10) == [None] * 10


@given(NODES, st.integers(1, 3))
@settings(deadline=None)
def test_kernels_draw_the_same(nodes, period):
    # Given nodes with one step each, filed in the tables of the kernels, too
    nodes = [(value, cost, 1) for value, cost, _ in nodes]
    types, tables = filed(nodes, period), new_types(period)
    following = np.full((len(nodes), 3), -1, dtype=np.int32)
    for number, (value, cost, _) in enumerate(nodes):
        file_node(number, np.int64(value), np.int64(cost), tables, following)

    def draw():
        slot = draw_type(tables)
        if slot < 0:
            return None
        node = int(tables.head[slot])
        drop_node(slot, tables, following)
        return node

    # When both draw, then they draw the same nodes
    turns = period * len(nodes) + 3
    expected = [None if each is None else each[0] for each in drawn(types, turns)]
    assert [draw() for _ in range(turns)] == expected
