"""Evaluations that would not fit end with an error that names the predicate."""

from __future__ import annotations

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.runs import room
from planner.errors import LimitError
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable

X, Y = Variable("x"), Variable("y")
PAIRS = [Rule(Atom("pair", (X, Y)), And((Atom("item", (X,)), Atom("item", (Y,)))))]


def items(count: int) -> Facts:
    return Facts.of([Atom("item", (number,)) for number in range(count)])


def test_a_relation_that_would_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LARGE", 1 << 10)
    monkeypatch.setattr(room, "available_bytes", lambda: 2 << 20)

    with pytest.raises(
        LimitError, match=r"`pair` has [0-9,]+ rows so far and would take about \d MB"
    ):
        evaluate(PAIRS, items(1_000), tier="runs")


def test_bit_rows_are_not_listed_where_the_list_would_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = [
        Rule(Atom("tc", (X, Y)), Atom("edge", (X, Y))),
        Rule(Atom("tc", (X, Y)), And((Atom("edge", (X, Variable("z"))), Atom("tc", ("z", Y))))),
        Rule(Atom("tc", (X, Y)), And((Atom("edge", (X, "m")), Atom("tc", ("m", Y))))),
    ]
    facts = Facts.of([Atom("edge", (i, j)) for i in range(60) for j in range(60)])
    model = evaluate(rules, facts, tier="bits")
    assert model.count("tc") == 3_600
    monkeypatch.setattr(room, "_LARGE", 1 << 10)
    monkeypatch.setattr(room, "available_bytes", lambda: 1 << 10)

    with pytest.raises(LimitError, match="`tc` has 3,600 rows"):
        model.rows("tc")


def test_a_limit_met_while_deriving_names_the_largest_predicate() -> None:
    class Full:
        asked = 0

        def exceeded(self) -> str:
            self.asked += 1
            return "memory" if self.asked > 3 else ""

    with pytest.raises(LimitError, match=r"memory \(`pair`, [\d,]+ rows, takes \d+ MB\)"):
        evaluate(PAIRS, items(3_000), tier="runs", meter=Full())


def test_what_is_left_is_known_here() -> None:
    assert 0 < room.available_bytes() <= 1 << 62
