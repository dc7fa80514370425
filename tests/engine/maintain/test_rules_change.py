"""Rules come and go, and the model follows."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.maintain.live import LiveModel
from planner.engine.maintain.thresholds import Thresholds
from planner.errors import InputError
from planner.kr.formulas import And, Atom, Forall, Not
from planner.kr.rules import Rule
from planner.kr.terms import TypedVariable, Variable
from tests.engine.maintain.programs import NAMES, everything, fresh, linear_rules, random_fact
from tests.engine.programs import random_program

X, Y, Z = (Variable(name) for name in "xyz")
STEP = Rule(Atom("path", (X, Y)), Atom("edge", (X, Y)))
LONGER = Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z)))))
BACK = Rule(Atom("edge", (X, Y)), Atom("path", (X, Y)))
STATED = ("edge", "cut", "mark", "left")


def edge(first: object, second: object) -> Atom:
    return Atom("edge", (first, second))


def test_rules_are_added_and_removed_and_the_change_says_what_they_did() -> None:
    live = LiveModel([STEP], Facts.of([edge("a", "b"), edge("b", "c")]))

    longer = live.add_rules(LONGER)
    shorter = live.remove_rules(LONGER)

    assert [str(atom) for atom in longer.became_true()] == ["path(a, c)"]
    assert [str(atom) for atom in shorter.became_false()] == ["path(a, c)"]
    assert live.rules == (STEP,)
    assert live.count("path") == 2


def test_a_predicate_without_rules_keeps_its_facts() -> None:
    live = LiveModel([STEP, LONGER], Facts.of([edge("a", "b"), Atom("path", ("q", "r"))]))

    live.remove_rules(STEP, LONGER)
    live.add(Atom("path", ("r", "s")))

    assert live.count("path") == 2
    live.add_rules(STEP)
    assert live.count("path") == 3


def test_rules_that_do_not_go_together_change_nothing() -> None:
    live = LiveModel([STEP, LONGER], Facts.of([edge("a", "b")]))
    odd = Rule(
        Atom("edge", (X, Y)),
        And((Atom("node", (X,)), Atom("node", (Y,)), Not(Atom("path", (X, Y))))),
    )

    with pytest.raises(InputError, match="recursion through negation"):
        live.add_rules(odd)
    with pytest.raises(InputError, match="with 1 arguments and with 2"):
        live.add_rules(Rule(Atom("edge", (X,)), Atom("node", (X,))))
    with pytest.raises(InputError, match="no such rule"):
        live.remove_rules(BACK)

    assert live.rules == (STEP, LONGER)
    assert live.count("path") == 1


def test_layers_that_fall_together_and_apart_are_evaluated_again() -> None:
    facts = [edge("a", "b"), edge("b", "c"), Atom("path", ("c", "a"))]
    live = LiveModel([STEP, LONGER], Facts.of(facts), thresholds=Thresholds(bit_rows=0))

    live.add_rules(BACK)
    together = live.count("edge")
    live.retract(Atom("path", ("c", "a")))
    live.remove_rules(BACK)

    assert together == 9
    assert everything(live, ["edge", "path"]) == fresh([STEP, LONGER], facts[:2], ["edge", "path"])


def test_the_engines_own_predicates_may_change_their_shape() -> None:
    every = Forall((TypedVariable("y"),), Atom("needs", (X, Y)), Atom("up", (Y,)))
    pair = Forall((TypedVariable("z"),), Atom("link", (X, Y, Z)), Atom("joined", (Y, Z)))
    first = Rule(Atom("up", (X,)), And((Atom("on", (X,)), every)))
    second = Rule(Atom("joined", (X, Y)), And((Atom("pair", (X, Y)), pair)))
    facts = [Atom("on", (c,)) for c in "ab"] + [Atom("needs", ("a", "b")), Atom("pair", ("a", "b"))]
    facts += [Atom("object", (c,)) for c in "ab"]
    live = LiveModel([first, second], Facts.of(facts))

    live.remove_rules(first)
    live.add_rules(first)
    live.retract(Atom("on", ("b",)))

    left = [fact for fact in facts if str(fact) != "on(b)"]
    names = ["up", "joined"]
    assert everything(live, names) == fresh([second, first], left, names)


@pytest.mark.parametrize("bit_rows", [0, 30])
@pytest.mark.parametrize("seed", range(10))
def test_random_changes_of_rules_and_facts_equal_a_fresh_evaluation(
    seed: int, bit_rows: int
) -> None:
    rng = random.Random(seed)
    pool = [*linear_rules(rng), *linear_rules(rng)]
    rules = rng.sample(pool, 6)
    facts = {random_fact(rng, STATED, 7) for _ in range(10)}
    live = LiveModel(rules, Facts.of(sorted(facts, key=str)), thresholds=Thresholds(bit_rows))
    for number in range(20):
        if number % 2:
            there = sorted(facts, key=str)
            removed = rng.sample(there, min(len(there), 2))
            added = [random_fact(rng, STATED, 7)]
            live.update(added, removed)
            facts = (facts - set(removed)) | set(added)
        else:
            rules = rng.sample(pool, rng.randint(2, 9))
            live.set_rules(rules)
        assert everything(live) == fresh(rules, facts), f"seed {seed}"


@pytest.mark.parametrize("seed", range(30))
def test_rich_programs_exchange_their_rules(seed: int) -> None:
    rng = random.Random(1000 + seed)
    program = random_program(rng, rich=True)
    live = LiveModel(program.rules, Facts.of(program.facts))
    for _ in range(6):
        rules = [rule for rule in program.rules if rng.random() < 0.7]
        live.set_rules(rules)
        found = everything(live, program.arities)
        assert found == fresh(rules, program.facts, program.arities), f"seed {seed}"


@pytest.mark.parametrize("bit_rows", [0, 30, 2**60])
@pytest.mark.parametrize("seed", range(10))
def test_a_transaction_takes_back_rules_and_facts_alike(seed: int, bit_rows: int) -> None:
    rng = random.Random(seed)
    pool = linear_rules(rng)
    rules = rng.sample(pool, 6)
    facts = sorted({random_fact(rng, STATED, 7) for _ in range(14)}, key=str)
    live = LiveModel(rules, Facts.of(facts), thresholds=Thresholds(bit_rows))
    before = everything(live)
    for _ in range(5):
        with live.transaction() as undo:
            live.update([random_fact(rng, STATED, 9)], rng.sample(facts, 3))
            live.set_rules(rng.sample(pool, 5))
            live.update([random_fact(rng, STATED, 9) for _ in range(9)], rng.sample(facts, 3))
            undo()
        assert everything(live) == before
        assert live.rules == tuple(rules)
        extra = random_fact(rng, STATED, 7)
        live.add(extra)
        assert everything(live) == fresh(rules, [*facts, extra], NAMES)
        if extra not in facts:
            live.retract(extra)
        assert everything(live) == before
