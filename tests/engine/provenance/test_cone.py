"""Heights by demand equal those of a whole evaluation, of whatever a fact can rest on."""

from __future__ import annotations

import random

from planner.engine.facts import Facts
from planner.engine.forward import evaluate, run_as_planned
from planner.engine.heights import with_known_negation
from planner.engine.model import Model
from planner.engine.provenance import cone
from planner.engine.provenance.cone import ConeHeights, WholeHeights, heights_of
from planner.engine.provenance.derivations import Derivations, Fact
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable
from tests.engine.programs import random_program

X, Y, Z = (Variable(name) for name in "xyz")
PATH = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
]


def chain(length: int) -> Facts:
    return Facts.of(Atom("edge", (f"n{i}", f"n{i + 1}")) for i in range(length))


def row_of(model: Model, *nodes: str) -> tuple[int, ...]:
    row = model.row(Atom("path", nodes))
    assert row is not None
    return row


def test_heights_by_demand_are_those_of_the_whole_model() -> None:
    compared = 0
    for seed in range(60):
        program = random_program(random.Random(seed))
        model = evaluate(program.rules, Facts.of(program.facts), tier="tiny")
        if any(layer.tallies for layer in model.plan.layers):
            continue
        whole = run_as_planned(*with_known_negation(model))
        heights = ConeHeights(model, run_as_planned)
        derivations = Derivations(heights, model.facts)
        for predicate in program.arities:
            for row in map(tuple, model.rows(predicate)[:2].tolist()):
                derivations.include((predicate, row))

                for name, below in _rests_on(derivations, (predicate, row)):
                    expected = whole.extension(name).round_of(below)
                    assert derivations.height((name, below)) == expected, f"seed {seed}"
                    compared += 1
    assert compared > 500


def _rests_on(derivations: Derivations, goal: Fact) -> list[Fact]:
    """The facts of one proof."""
    found = [goal]
    for fact in found:
        found += [p for p in derivations.first(fact).premises if p not in found]
    return found


def test_only_what_the_fact_can_rest_on_is_derived_again() -> None:
    model = evaluate(PATH, chain(200), tier="bits")
    heights = heights_of(model, run_as_planned)

    row = row_of(model, "n190", "n200")
    heights.include("path", row)

    assert heights.extension("path").round_of(row) == 10
    assert len(heights.extension("path")) == 10
    assert len(heights.complete("path")) == 200 * 201 // 2


def test_heights_come_from_the_whole_model_where_demand_asks_for_too_much(monkeypatch) -> None:
    monkeypatch.setattr(cone, "_ROWS", 5)
    model = evaluate(PATH, chain(40), tier="bits")
    heights = heights_of(model, run_as_planned)

    row = row_of(model, "n0", "n40")
    monkeypatch.setattr(cone, "_SHARE", 100)
    heights.include("path", row)

    assert heights.extension("path").round_of(row) == 40
    assert len(heights.extension("path")) == 40 * 41 // 2


def test_small_models_are_evaluated_again_at_once() -> None:
    model = evaluate(PATH, chain(10), tier="tiny")

    heights = heights_of(model, run_as_planned)

    assert isinstance(heights, WholeHeights)
    assert heights.extension("path").round_of(row_of(model, "n0", "n10")) == 10


def test_rounds_on_columns_are_heights_where_one_layer_derives_everything() -> None:
    model = evaluate(PATH, chain(30), tier="runs")

    heights = heights_of(model, run_as_planned)

    assert isinstance(heights, WholeHeights)
    row = row_of(model, "n0", "n30")
    assert heights.extension("path").round_of(row) == 30
