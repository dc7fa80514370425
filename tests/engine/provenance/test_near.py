"""Proofs found in the model that is there are as low as those from the heights of everything."""

from __future__ import annotations

import random

import pytest

from planner.engine.bits import levels
from planner.engine.facts import Facts
from planner.engine.forward import Tier, evaluate, run_as_planned
from planner.engine.heights import with_known_negation
from planner.engine.model import Model
from planner.engine.proof_check import check_proof
from planner.engine.proofs import Proof
from planner.engine.provenance.near import Backwards, near_support
from planner.engine.provenance.on_bits import shortest_way
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable
from tests.engine.programs import random_program
from tests.engine.proof_heights import height

X, Y, Z, W = (Variable(name) for name in "xyzw")


def test_looking_back_finds_the_heights_of_the_whole_model() -> None:
    compared = 0
    for seed in range(60):
        program = random_program(random.Random(seed))
        model = evaluate(program.rules, Facts.of(program.facts), tier="tiny")
        if any(layer.tallies for layer in model.plan.layers):
            continue
        whole = run_as_planned(*with_known_negation(model))
        backwards = Backwards(model)
        for predicate in program.arities:
            for row in map(tuple, model.rows(predicate)[:3].tolist()):
                support = near_support(backwards, (predicate, row))
                if support is None:
                    continue

                heights: dict[object, int] = {}
                for fact, way in support:
                    below = [heights[premise] for premise in way.premises]
                    heights[fact] = 0 if way.is_given else 1 + max(below, default=0)

                assert heights[predicate, row] == whole.extension(predicate).round_of(row)
                compared += 1
    assert compared > 100


def test_what_takes_too_long_is_left_to_others() -> None:
    facts = Facts.of(Atom("edge", (f"n{i}", f"n{i + 1}")) for i in range(30))
    model = evaluate(PATHS, facts, tier="runs")
    row = model.row(Atom("path", ("n0", "n30")))
    assert row is not None

    assert near_support(Backwards(model), ("path", row), 10) is None


PATHS = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
]
HOPS = [
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(
        Atom("path", (X, W)),
        And((Atom("path", (X, Y)), Atom("edge", (Y, Z)), Atom("path", (Z, W)))),
    ),
]
POINTS_TO = [
    Rule(Atom("vpt", (X, Y)), Atom("new", (X, Y))),
    Rule(Atom("vpt", (X, Y)), And((Atom("edge", (X, Z)), Atom("vpt", (Z, Y))))),
    Rule(
        Atom("vpt", (X, Y)),
        And((Atom("load", (X, Z, W)), Atom("vpt", (Z, "o1")), Atom("hpt", ("o1", W, Y)))),
    ),
    Rule(
        Atom("vpt", (X, Y)),
        And((Atom("load", (X, Z, W)), Atom("vpt", (Z, "h")), Atom("hpt", ("h", W, Y)))),
    ),
    Rule(
        Atom("hpt", (X, W, Y)),
        And((Atom("store", (Z, W, "v")), Atom("vpt", (Z, X)), Atom("vpt", ("v", Y)))),
    ),
]


def random_facts(rng: random.Random) -> list[Atom]:
    nodes = ["v", "h", "o1", *(f"n{i}" for i in range(9))]
    arities = {"edge": 2, "new": 2, "load": 3, "store": 3}
    facts = [
        Atom(name, tuple(rng.choice(nodes) for _ in range(arity)))
        for name, arity in arities.items()
        for _ in range(14)
    ]
    # What the rules derive may be stated as well.
    return [*facts, Atom("path", ("n0", "n1")), Atom("vpt", ("n2", "o1"))]


def problems(proof: Proof, model: Model, rules: list[Rule], facts: list[Atom]) -> list[str]:
    everything = [atom for name in model.predicates() for atom in model.atoms(name)]
    return check_proof(proof, rules, facts, everything, model.symbols)


@pytest.mark.parametrize("tier", ["bits", "lists"])
@pytest.mark.parametrize("rules", [PATHS, HOPS, POINTS_TO], ids=["paths", "hops", "points-to"])
def test_proofs_on_bit_rows_are_as_low_as_on_columns(
    rules: list[Rule], tier: Tier, compiled_levels: None
) -> None:
    for seed in range(4):
        facts = random_facts(random.Random(seed))
        on_bits = evaluate(rules, Facts.of(facts), tier=tier)
        on_columns = evaluate(rules, Facts.of(facts), tier="runs")
        name = rules[0].head.predicate
        atoms = random.Random(seed).sample(list(on_columns.atoms(name)), 12)

        for atom in atoms:
            proof, other = on_bits.prove(atom), on_columns.prove(atom)
            assert proof is not None
            assert other is not None
            assert height(proof) == height(other), atom
            assert problems(proof, on_bits, rules, facts) == []


@pytest.fixture
def compiled_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels as if kernels were compiled: interpreted, which is the same for so few rows."""
    from planner.engine import explain
    from planner.engine.provenance import on_bits

    monkeypatch.setattr(on_bits, "levels_can_be_found", lambda _record: True)
    monkeypatch.setattr(explain, "_BEFORE_LEVELS", 0)


def test_a_shortest_way_begins_with_what_is_stated() -> None:
    # 0 -> 1 -> 2 -> 3, and 4 -> 3 from a row that comes a step later.
    ends, targets = [0, 1, 2, 3, 3, 4], [1, 2, 3, 3]

    assert shortest_way([0], [], ends, targets, 2) == [(0, -1), (1, 0), (2, 1)]
    assert shortest_way([0], [4], ends, targets, 3) == [(4, -1), (3, 3)]
    assert shortest_way([], [0, 4], ends, targets, 4) == [(4, -1)]


@pytest.mark.parametrize("rules", [HOPS, POINTS_TO], ids=["hops", "points-to"])
def test_proofs_found_in_small_portions_are_the_same(
    rules: list[Rule], compiled_levels: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = random_facts(random.Random(5))
    name = rules[0].head.predicate
    model = evaluate(rules, Facts.of(facts), tier="bits")
    atoms = list(model.atoms(name))
    at_once = [model.prove(atom) for atom in atoms]

    for portion in ("_WORDS", "_LOOKS"):
        monkeypatch.setattr(levels, portion, 1)
    monkeypatch.setattr(levels, "_TUPLES", 4)
    monkeypatch.setattr(levels, "_ENTRIES", 1)
    fresh = evaluate(rules, Facts.of(facts), tier="bits")

    assert [fresh.prove(atom) for atom in atoms] == at_once
    assert max(height(proof) for proof in at_once if proof is not None) >= 3
