"""Comparisons and look-ups of long columns, whatever order constants were interned in."""

from __future__ import annotations

import numpy as np
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.runs.relation import Relation
from planner.engine.symbols import SymbolTable
from planner.kr.formulas import And, Atom, Comparison
from planner.kr.rules import Rule
from planner.kr.terms import Variable

X, Y = Variable("x"), Variable("y")
UP = [Rule(Atom("up", (X, Y)), And((Atom("edge", (X, Y)), Comparison("<", X, Y))))]


@pytest.mark.parametrize("order", [range(40), [*range(20, 40), *range(20)]])
def test_numbers_compare_by_value_and_not_by_code(order) -> None:
    facts = Facts(SymbolTable(order))
    for first in range(40):
        for second in range(0, 40, 3):
            facts.add(Atom("edge", (first, second)))

    model = evaluate(UP, facts, tier="runs")

    expected = {(a, b) for a in range(40) for b in range(0, 40, 3) if a < b}
    assert {atom.arguments for atom in model.atoms("up")} == expected


def test_rows_are_looked_up_in_a_relation_that_has_grown() -> None:
    rng = np.random.default_rng(5)
    rows = np.unique(rng.integers(0, 6_000, (20_000, 2), dtype=np.int32), axis=0)
    relation = Relation.of("edge", rows[:15_000], 13)
    probes = rng.integers(0, 6_000, (150_000, 2), dtype=np.int32)
    probes[:1_000] = rows[-1_000:]
    columns = [np.ascontiguousarray(probes[:, c]) for c in range(2)]

    before = relation.contains(columns, relation.visible)
    relation.insert([rows[15_000:, 0], rows[15_000:, 1]], len(rows) - 15_000)
    relation.settle()
    after = relation.contains(columns, relation.visible)

    asked = list(map(tuple, probes.tolist()))
    for found, known in ((before, rows[:15_000]), (after, rows)):
        there = set(map(tuple, known.tolist()))
        assert found.tolist() == [row in there for row in asked]
