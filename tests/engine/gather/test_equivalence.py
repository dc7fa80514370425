"""Equivalences: classes by union-find, pairs only when somebody lists them."""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.gather.classes import Classes
from planner.engine.modal import property_rules
from planner.kr.formulas import Aggregate, Atom, Comparison, Not, conjoin
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.engine.forward import Tier

X, Y, Z, N = (Variable(name) for name in "xyzn")
TIERS: tuple[Tier, ...] = ("tiny", "runs", "sorted", "hash", "bits")
SAME = Predicate("same", (("object",), ("object",)), properties=frozenset({"equivalence"}))


def random_pairs(rng: random.Random, count: int) -> list[tuple[str, str]]:
    names = [f"n{i}" for i in range(count)]
    return [(rng.choice(names), rng.choice(names)) for _ in range(rng.randint(1, count))]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("seed", range(15))
def test_classes_are_connected_components(seed: int, tier: Tier) -> None:
    pairs = random_pairs(random.Random(seed), 3 + 2 * seed)

    model = evaluate([], Facts.of(Atom("same", p) for p in pairs), declared=[SAME], tier=tier)

    components = list(nx.connected_components(nx.Graph(pairs)))
    expected = {pair for one in components for pair in product(one, repeat=2)}
    found = [tuple(map(str, atom.arguments)) for atom in model.atoms("same")]
    assert len(found) == len(expected) == model.count("same")
    assert set(found) == expected


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("seed", range(15))
def test_congruence_agrees_with_plain_rules(seed: int, tier: Tier) -> None:
    # What two equal things point to is equal, too: the equivalence is read while it grows.
    rng = random.Random(seed)
    pairs = random_pairs(rng, 12)[:4]
    points = random_pairs(rng, 12)
    count = Aggregate(N, "count", (Y,), Atom("same", (X, Y)))
    apart = conjoin(Atom("to", (X, Y)), Not(Atom("same", (X, Y))), Comparison("!=", X, Y))
    rules = [
        Rule(
            Atom("same", (Variable("a"), Variable("b"))),
            conjoin(
                Atom("same", (X, Y)), Atom("to", (X, Variable("a"))), Atom("to", (Y, Variable("b")))
            ),
        ),
        Rule(Atom("size", (X, N)), conjoin(Atom("to", (X, Y)), count)),
        Rule(Atom("apart", (X, Y)), apart),
    ]
    facts = [*(Atom("same", p) for p in pairs), *(Atom("to", p) for p in points)]

    built_in = evaluate(rules, Facts.of(facts), declared=[SAME], tier=tier)
    as_rules = evaluate([*rules, *property_rules([SAME])], Facts.of(facts))

    for name in ("same", "size", "apart"):
        assert set(map(str, built_in.atoms(name))) == set(map(str, as_rules.atoms(name)))
    assert built_in.query(Atom("same", ("n1", X))) == as_rules.query(Atom("same", ("n1", X)))


def test_everything_of_the_type_equals_itself() -> None:
    same = Predicate("same", (("item",), ("item",)), properties=frozenset({"equivalence"}))

    model = evaluate([], Facts.of([Atom("item", ("a",)), Atom("thing", ("b",))]), declared=[same])

    assert [str(atom) for atom in model.atoms("same")] == ["same(a, a)"]


@pytest.mark.parametrize("tier", ["tiny", "runs"])
def test_rows_are_as_many_as_constants_and_not_as_pairs(tier: Tier) -> None:
    pairs = [(f"n{i}", f"n{i + 1}") for i in range(3000)]

    model = evaluate([], Facts.of(Atom("same", p) for p in pairs), declared=[SAME], tier=tier)

    assert model.count("same") == 3001**2
    assert model.holds(Atom("same", ("n2999", "n7")))
    assert model.count("same#gathered") < 3001 * 13


def test_the_smaller_class_moves() -> None:
    classes = Classes()
    moved = [classes.unite([(0, i)]) for i in range(1, 50)]

    assert all(len(rows) <= 3 for rows in moved)
    assert len(moved[-1]) == 2


def test_a_pair_is_proved_by_the_shortest_chain() -> None:
    pairs = [("a", "b"), ("c", "b"), ("c", "d"), ("a", "e"), ("e", "f"), ("f", "g"), ("g", "d")]
    linked = Rule(Atom("linked", (X, Y)), Atom("same", (X, Y)))
    facts = Facts.of(Atom("same", p) for p in pairs)

    model = evaluate([linked], facts, declared=[SAME])
    proof = model.prove(Atom("linked", ("a", "d")))

    assert proof is not None
    shown = [str(step.atom) for step in proof.steps()]
    assert set(shown) == {
        "linked(a, d)", "same(a, d)", "same(a, b)", "same(c, b)", "same(c, d)",
    }  # fmt: skip
