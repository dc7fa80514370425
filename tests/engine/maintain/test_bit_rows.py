"""Layers on bit rows follow their facts exactly."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.maintain.live import LiveModel
from planner.engine.maintain.thresholds import Thresholds
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable
from tests.engine.maintain.programs import everything, fresh, linear_rules, random_fact

X, Y, Z = (Variable(name) for name in "xyz")
CLOSURE = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
]


def edge(first: object, second: object) -> Atom:
    return Atom("edge", (first, second))


def is_on_bits(live: LiveModel, name: str) -> bool:
    return "bit rows" in live.model().extension(name).representation


def test_large_closures_are_kept_on_bit_rows_and_cycles_do_not_hold_themselves_up() -> None:
    ring = [edge(i, (i + 1) % 40) for i in range(40)]
    live = LiveModel(CLOSURE, Facts.of(ring))
    assert is_on_bits(live, "path")
    assert live.count("path") == 1600

    opened = live.retract(edge(39, 0))
    joined = live.add(edge("new", 0))

    assert live.count("path") == 40 * 39 // 2 + 40
    assert len(opened.removed["path"]) == 1600 - 40 * 39 // 2
    assert [str(atom) for atom in joined.became_true("path")][:2] == [
        "path(new, 0)",
        "path(new, 1)",
    ]
    assert live.holds(Atom("path", ("new", 39)))
    assert not live.holds(Atom("path", (39, 0)))


def test_a_layer_that_grows_moves_to_bit_rows_and_back_when_undone() -> None:
    live = LiveModel(CLOSURE, thresholds=Thresholds(bit_rows=100))
    live.add(*(edge(i, i + 1) for i in range(10)))
    before = everything(live, ["edge", "path"])
    assert not is_on_bits(live, "path")

    with live.transaction() as undo:
        live.add(*(edge(i, i + 1) for i in range(10, 20)))
        moved = is_on_bits(live, "path")
        live.retract(edge(5, 6))
        undo()

    assert moved
    assert not is_on_bits(live, "path")
    assert everything(live, ["edge", "path"]) == before


@pytest.mark.parametrize("bit_rows", [0, 20, 2**60])
@pytest.mark.parametrize("seed", range(12))
def test_random_changes_equal_a_fresh_evaluation(seed: int, bit_rows: int) -> None:
    rng = random.Random(seed)
    rules = linear_rules(rng)
    stated = ("edge", "cut", "mark", "left")
    facts = {random_fact(rng, stated, 9) for _ in range(12)}
    thresholds = Thresholds(bit_rows=bit_rows, few=rng.choice((0, 500)))
    live = LiveModel(rules, Facts.of(sorted(facts, key=str)), thresholds=thresholds)
    before = everything(live)
    for _ in range(30):
        there = sorted(facts, key=str)
        removed = rng.sample(there, min(len(there), rng.randint(0, 2)))
        added = [random_fact(rng, stated, 9) for _ in range(rng.randint(0, 2))]

        change = live.update(added, removed)

        facts = (facts - set(removed)) | set(added)
        after = everything(live)
        assert after == fresh(rules, facts), f"seed {seed}"
        assert set(change.became_true()) == after - before
        assert set(change.became_false()) == before - after
        before = after
