"""Probabilities: values worked out by hand, evidence, and what happens at the limits."""

from __future__ import annotations

from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.probability.infer import infer
from planner.engine.probability.sampling import interval
from planner.errors import InputError, UnsupportedError
from planner.kr.formulas import And, Atom, Exists, Forall, Not, Or
from planner.kr.rules import ProbabilisticFact, Rule
from planner.kr.terms import TypedVariable, Variable

pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

X, Y, Z = (Variable(name) for name in "xyz")
HALF = Fraction(1, 2)
PATH = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
]


def uncertain(text: str, probability: Fraction = HALF) -> list[ProbabilisticFact]:
    return [ProbabilisticFact(probability, Atom("edge", tuple(pair))) for pair in text.split()]


def only(answers) -> float:
    (answer,) = answers
    assert answer.lower <= answer.probability <= answer.upper
    return answer.probability


def test_two_ways_are_not_added() -> None:
    found = infer(PATH, Facts(), uncertain("ab bd ac cd"), Atom("path", ("a", "d")))

    assert only(found) == pytest.approx(7 / 16, abs=1e-12)


def test_cycles_do_not_hold_themselves_up() -> None:
    found = infer(PATH, Facts(), uncertain("ab bc cb"), Atom("path", ("a", "c")))

    assert only(found) == pytest.approx(1 / 4, abs=1e-12)


def test_each_instance_of_a_rule_is_a_choice_of_its_own() -> None:
    rules = [Rule(Atom("ill"), Atom("meets", (X,)), probability=Fraction(1, 10))]
    facts = Facts.of([Atom("meets", ("a",)), Atom("meets", ("b",))])

    assert only(infer(rules, facts, [], Atom("ill"))) == pytest.approx(0.19, abs=1e-12)


def test_equal_facts_are_several_causes() -> None:
    assert only(infer([], Facts(), uncertain("ab ab"), Atom("edge", ("a", "b")))) == 0.75


def test_evidence_is_bayes_rule() -> None:
    rules = [
        Rule(Atom("alarm"), Atom("burglary"), probability=Fraction(9, 10)),
        Rule(Atom("alarm"), Not(Atom("burglary")), probability=Fraction(1, 100)),
    ]
    burglary = ProbabilisticFact(Fraction(1, 1000), Atom("burglary"))

    found = infer(rules, Facts(), [burglary], Atom("burglary"), [Atom("alarm")])

    assert only(found) == pytest.approx(0.0009 / (0.0009 + 0.00999), abs=1e-12)


def test_quantified_negation_is_one_event() -> None:
    none = Not(Exists((TypedVariable("y"),), And((Atom("edge", (X, Y)), Atom("edge", (Y, X))))))
    rules = [Rule(Atom("lone", (X,)), And((Atom("node", (X,)), none)))]
    facts = Facts.of([Atom("node", ("a",)), Atom("object", ("a",)), Atom("object", ("b",))])

    found = infer(rules, facts, uncertain("ab ba aa"), Atom("lone", ("a",)))

    assert only(found) == pytest.approx(0.75 * 0.5, abs=1e-12)


def test_queries_are_formulas() -> None:
    either = Or((Atom("edge", ("a", "b")), Not(Atom("edge", ("b", "a")))))

    assert only(infer([], Facts(), uncertain("ab ba"), either)) == pytest.approx(0.75, abs=1e-12)


def test_impossible_evidence_is_refused() -> None:
    with pytest.raises(InputError, match="impossible"):
        infer(PATH, Facts(), uncertain("ab"), Atom("path", ("a", "b")), [Atom("edge", ("b", "a"))])


def test_a_recursive_forall_over_what_is_uncertain_is_refused() -> None:
    every = Forall((TypedVariable("y"),), Atom("edge", (X, Y)), Atom("safe", (Y,)))
    rules = [Rule(Atom("safe", (X,)), And((Atom("node", (X,)), every)))]
    with pytest.raises(UnsupportedError, match="recurses"):
        infer(rules, Facts.of([Atom("node", ("a",))]), uncertain("ab"), Atom("safe", (X,)))


def test_without_room_for_diagrams_the_answer_says_how_it_was_found() -> None:
    ring = " ".join(f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh" if a != b)
    edges = uncertain(ring, Fraction(1, 5))

    (found,) = infer(PATH, Facts(), edges, Atom("path", ("a", "h")), node_budget=300)

    assert found.method == "sampling"
    assert found.lower < found.probability < found.upper
    with pytest.raises(InputError, match="nodes"):
        infer(PATH, Facts(), edges, Atom("path", ("a", "h")), node_budget=300, method="exact")


def test_the_interval_is_wilsons() -> None:
    # Brown, Cai and DasGupta (2001): 95 % of 10 in 20.
    assert interval(10, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)
