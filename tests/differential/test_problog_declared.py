"""Kept numbers and functions among probabilities: what ProbLog says of the rules they stand for."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.gather.foreign import Foreign
from planner.engine.probability.declared import Declarations
from planner.engine.probability.infer import infer
from planner.kr.formulas import And, Atom, Comparison, Not
from planner.kr.rules import Predicate, ProbabilisticFact, Rule
from planner.kr.terms import Variable
from tests.differential.problog_text import ProbLog, to_problog
from tests.differential.test_problog import text_of

pytestmark = pytest.mark.differential
pytest.importorskip("problog", reason="ProbLog is not installed (extra `peers`)")
pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

S, T, N, M, K = (Variable(name) for name in "stnmk")
SHOPS, THINGS, NUMBERS = ("s", "t", "u"), ("nail", "pin"), range(1, 7)


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


OFFERED = And((a("offer", S, T, N), a("open", S)))
BEYOND = [
    Rule(a("fare", T, M), And((a("price", T, N), a("double", N, M)))),
    Rule(
        a("cheap", T),
        And((a("fare", T, M), Comparison("<", M, 8))),
        probability=Fraction(7, 10),
    ),
    Rule(a("dear", T), And((a("price", T, N), Not(a("cheap", T))))),
]
OURS = [Rule(a("price", T, N), OFFERED), *BEYOND]
THEIRS = [
    Rule(a("offered", T, N), OFFERED),
    Rule(a("better", T, N), And((a("offered", T, N), a("offered", T, K), Comparison("<", K, N)))),
    Rule(a("price", T, N), And((a("offered", T, N), Not(a("better", T, N))))),
    *BEYOND,
]
ASKED = {"price": 2, "fare": 2, "cheap": 1, "dear": 1}
KEPT = Predicate("price", (("object",), ("number",)), keep="min")
DOUBLE = Predicate("double", (("number",), ("number",)), foreign=1)
DECLARED = Declarations((KEPT, DOUBLE), {"double": Foreign(DOUBLE, lambda values: 2 * values)})


def test_kept_numbers_and_functions_have_problogs_probabilities() -> None:
    with ProbLog() as problog:
        for seed in range(6):
            rng = random.Random(seed)
            offers = {
                (rng.choice(SHOPS), rng.choice(THINGS), rng.choice(NUMBERS)) for _ in "123456"
            }
            uncertain = [
                ProbabilisticFact(Fraction(rng.randint(1, 9), 10), a("open", s)) for s in SHOPS
            ]
            uncertain += [
                ProbabilisticFact(Fraction(rng.randint(1, 9), 10), a("offer", *offer))
                for offer in sorted(offers)
            ]
            table = [a("double", n, 2 * n) for n in NUMBERS]
            expected = problog.solve(to_problog(THEIRS, table, uncertain, ASKED))

            found = {}
            for name, arity in ASKED.items():
                query = Atom(name, tuple(Variable(f"v{i}") for i in range(arity)))
                for answer in infer(OURS, Facts(), uncertain, query, declarations=DECLARED):
                    row = tuple(answer.binding[f"v{i}"] for i in range(arity))
                    found[text_of(Atom(name, row))] = answer.probability

            assert expected is not None
            assert len(found) > 3
            possible = {name: value for name, value in expected.items() if value > 1e-12}
            assert found == pytest.approx(possible, abs=1e-9, rel=0)
