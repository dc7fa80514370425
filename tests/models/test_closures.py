"""Closures are recognised where they are nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase
from planner.kr.terms import Variable
from planner.models.closures import closure_predicates, redundant_pairs

X, Y, Z = Variable("x"), Variable("y"), Variable("z")


def base(*rules):
    names = ("on", "above", "red")
    return RuleBase(predicates={n: Predicate.of_arity(n, 2) for n in names}, rules=rules)


def above(a, b):
    return Atom("above", (a, b))


def on(a, b):
    return Atom("on", (a, b))


SEED = Rule(above(X, Y), on(X, Y))


@pytest.mark.parametrize(
    "chain",
    [
        And((on(X, Y), above(Y, Z))),
        And((above(Y, Z), on(X, Y))),
        And((above(X, Y), on(Y, Z))),
        And((above(X, Y), above(Y, Z))),
    ],
)
def test_the_textbook_forms_are_closures(chain):
    assert closure_predicates(base(SEED, Rule(above(X, Z), chain))) == ("above",)


@pytest.mark.parametrize(
    "rules",
    [
        (SEED,),
        (SEED, Rule(above(Z, X), And((on(X, Y), above(Y, Z))))),
        (SEED, Rule(above(X, Z), And((on(X, Y), on(Y, Z))))),
        (SEED, Rule(above(X, Z), And((on(X, Y), above(Y, Z), on(Z, Z))))),
        (SEED, Rule(above(X, Z), And((on(X, Y), Not(above(Y, Z)))))),
        (SEED, Rule(above(X, Z), And((Atom("red", (X, Y)), above(Y, Z))))),
        (Rule(above(X, Y), on(Y, X)), Rule(above(X, Z), And((on(X, Y), above(Y, Z))))),
    ],
)
def test_anything_more_is_not(rules):
    assert closure_predicates(base(*rules)) == ()


def test_pairs_that_follow_are_redundant():
    pairs = np.array([[a, b] for a in range(4) for b in range(a + 1, 4)], dtype=np.int32)
    kept = pairs[~redundant_pairs(pairs, 4)]
    assert kept.tolist() == [[0, 1], [1, 2], [2, 3]]


@pytest.mark.parametrize("pairs", [[[0, 1], [1, 2]], [[0, 1], [1, 0], [0, 0], [1, 1]]])
def test_nothing_is_redundant_without_a_strict_order(pairs):
    assert not redundant_pairs(np.array(pairs, dtype=np.int32), 3).any()
