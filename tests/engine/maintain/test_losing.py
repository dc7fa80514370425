"""Losses are followed by ranks: what stays has a derivation from older rows."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.maintain.live import LiveModel
from planner.engine.maintain.rounds import rounds_of
from planner.engine.maintain.thresholds import Thresholds
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable
from tests.engine.maintain.programs import everything

X, Y, Z = (Variable(name) for name in "xyz")
NAMES = ("edge", "off", "path", "even", "odd", "apart")


def rule(head: Atom, *body: Atom | Not) -> Rule:
    return Rule(head, And(body))


# Closures that join themselves, predicates through one another, and negation below and above.
RULES = [
    rule(Atom("path", (X, Y)), Atom("edge", (X, Y)), Not(Atom("off", (X,)))),
    rule(Atom("path", (X, Z)), Atom("path", (X, Y)), Atom("path", (Y, Z)), Not(Atom("off", (Y,)))),
    rule(Atom("odd", (X, Y)), Atom("edge", (X, Y))),
    rule(Atom("even", (X, Z)), Atom("odd", (X, Y)), Atom("odd", (Y, Z))),
    rule(Atom("odd", (X, Z)), Atom("even", (X, Y)), Atom("odd", (Y, Z))),
    rule(Atom("apart", (X, Y)), Atom("odd", (X, Y)), Not(Atom("path", (Y, X)))),
]
NEVER = Thresholds(bit_rows=2**60, effort=2.0**60)


def draw(rng: random.Random) -> Atom:
    name = rng.choice(("edge", "edge", "edge", "off", "path"))
    return Atom(name, tuple(rng.randrange(9) for _ in range(1 if name == "off" else 2)))


def fresh(facts: set[Atom]) -> set[Atom]:
    model = evaluate(RULES, Facts.of(sorted(facts, key=str)))
    return {atom for name in NAMES for atom in model.atoms(name)}


@pytest.mark.parametrize("seed", range(6))
def test_updates_and_their_undoing_equal_a_fresh_evaluation(seed: int) -> None:
    rng = random.Random(seed)
    facts = {draw(rng) for _ in range(14)}
    live = LiveModel(RULES, Facts.of(sorted(facts, key=str)), thresholds=NEVER)
    for _ in range(150):
        removed = {fact for fact in sorted(facts, key=str) if rng.random() < 0.1}
        added = {draw(rng) for _ in range(rng.randrange(3))}
        before = everything(live, NAMES)

        if rng.random() < 0.3:
            with live.transaction() as undo:
                live.update(sorted(added, key=str), sorted(removed, key=str))
                live.retract(*sorted(facts, key=str)[:3])
                undo()
            assert everything(live, NAMES) == before
        else:
            change = live.update(sorted(added, key=str), sorted(removed, key=str))
            facts = (facts - removed) | added
            after = everything(live, NAMES)
            assert after == fresh(facts)
            assert {*change.became_true()} == after - before
            assert {*change.became_false()} == before - after


def test_rounds_of_columns_are_ranks() -> None:
    edges = [Atom("edge", (i, (i + 1) % 12)) for i in range(12)]
    model = evaluate(RULES, Facts.of(edges), tier="runs")

    ranks = rounds_of(model.extension("path"))

    assert ranks is not None
    assert ranks.keys() == {tuple(row) for row in model.rows("path").tolist()}
    known = {*model.extension("edge").matching((), ())}
    for first, last in ranks:
        older = {row for row, rank in ranks.items() if rank < ranks[first, last]}
        between = [y for x, y in older if x == first and (y, last) in older]
        assert between or (first, last) in known
