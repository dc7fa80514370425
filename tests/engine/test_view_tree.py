"""Views that follow changing facts hold what matching anew would find."""

from __future__ import annotations

import random

import pytest

from planner.engine import matching
from planner.engine.matching import Pattern, matches
from planner.engine.view_tree import ViewTree
from tests.engine.conjunctions import EDGE, FAR, RED, random_index, random_patterns

ARITIES = {EDGE: 2, FAR: 3, RED: 1}


def told(index, patterns, wanted):
    return sorted({tuple(m[s] for s in wanted) for m in matches(index, patterns, 5)})


def change(index, draws, times):
    for _ in range(times):
        kind = draws.choice([EDGE, FAR, RED])
        row = tuple(draws.randrange(7) for _ in range(ARITIES[kind]))
        # As many go as come.
        known = list(index.rows(kind))
        if known and draws.random() < 0.5:
            index.discard(kind, draws.choice(known))
        index.add(kind, row)


@pytest.mark.parametrize("seed", range(60))
def test_rows_are_those_of_all_matches_after_every_change(seed):
    index, patterns = random_index(seed), random_patterns(seed)
    used = sorted({~a for p in patterns for a in p.arguments if a < 0})
    draws = random.Random(seed)
    questions = [(wanted, ViewTree(index, patterns, wanted, 10**6))
                 for wanted in ((), used[:1], used[:2], used[1:], used)]  # fmt: skip
    for _ in range(12):
        for wanted, tree in questions:
            assert tree.update()
            assert tree.rows == told(index, patterns, wanted)
        change(index, draws, draws.randrange(6))


def test_what_changes_little_is_joined_little():
    # Given many balls in a room, and a robot elsewhere.
    at, robot, goal = range(3)
    index = matching.FactIndex()
    for ball in range(500):
        index.add(at, (ball, 1000))
        index.add(goal, (ball, 1001))
    index.add(robot, (1001,))
    patterns = [Pattern(goal, (~0, ~1)), Pattern(at, (~0, ~2)), Pattern(robot, (~2,))]
    tree = ViewTree(index, patterns, (1, 2), 10**6)
    assert tree.rows == []
    before = tree.work
    # When it goes to and fro.
    for _ in range(50):
        index.discard(robot, (1001,))
        index.add(robot, (1000,))
        assert tree.update()
        assert tree.rows == [(1001, 1000)]
        index.discard(robot, (1000,))
        index.add(robot, (1001,))
        assert tree.update()
        assert tree.rows == []
    # Then balls are not looked at one by one.
    assert tree.work - before < 500


def test_a_wide_join_is_not_kept():
    index = matching.FactIndex((EDGE, (a, b)) for a in range(20) for b in range(20))
    patterns = [Pattern(EDGE, (~0, ~1)), Pattern(EDGE, (~1, ~2))]

    assert not ViewTree(index, patterns, (0, 1, 2), 1000).is_complete
    assert ViewTree(index, patterns, (0, 1, 2), 10_000).is_complete


def test_changes_beyond_memory_are_noticed(monkeypatch):
    monkeypatch.setattr(matching, "_REMEMBERED", 3)
    index = random_index(0)
    tree = ViewTree(index, [Pattern(EDGE, (~0, ~1)), Pattern(RED, (~1,))], (0,), 1000)
    for value in range(20):
        index.add(RED, (100 + value,))

    assert not tree.update()
