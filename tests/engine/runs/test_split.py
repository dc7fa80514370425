"""Relations split by a column's values: the same model as whole ones."""

from __future__ import annotations

import numpy as np
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.runs import split
from planner.engine.tables import add_columns
from planner.kr.formulas import And, Atom, Comparison, Formula
from planner.kr.rules import Rule
from planner.kr.terms import Variable

X, Y, Z, P, Q, C, D = (Variable(name) for name in "xyzpqcd")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def rule(head: Atom, *body: Formula) -> Rule:
    return Rule(head, And(body))


STATED = rule(a("t", X, P, Y), a("triple", X, P, Y))
CLASSES = rule(a("t", X, "type", D), a("t", X, "type", C), a("sub_class", C, D))
RDFS = [
    STATED,
    CLASSES,
    rule(a("t", X, Q, Y), a("t", X, P, Y), a("sub_prop", P, Q)),
    rule(a("t", X, "type", C), a("t", X, P, Y), a("domain", P, C)),
    rule(a("t", Y, Q, X), a("t", X, P, Y), a("inverse", P, Q)),
    rule(a("t", X, P, Z), a("transitive", P), a("t", X, P, Y), a("t", Y, P, Z)),
]
ANY_VALUE = [STATED, CLASSES, rule(a("t", X, P, Y), a("t", X, P, Z), a("near", Z, Y))]
FREE_VALUE = [STATED, CLASSES, rule(a("t", X, "known", X), a("t", X, P, Y), a("near", Y, X))]
LARGE_TWICE = [
    STATED,
    CLASSES,
    rule(a("t", Y, "type", X), a("t", X, "p1", Y), a("triple", Y, Q, X)),
    rule(a("t", X, "p0", Y), a("t", Y, "p0", X), a("triple", X, "p1", Y)),
]
OTHER_READERS = [*RDFS, rule(a("typed", X), a("t", X, "type", C)), rule(a("u", P), a("t", X, P, X))]


def random_facts(seed: int) -> Facts:
    rng = np.random.default_rng(seed)
    facts = Facts()
    count, properties = 2_500, ["type", *(f"p{i}" for i in range(6))]

    def some(names: list[str], size: int) -> list[str]:
        return [names[i] for i in rng.integers(0, len(names), size=size)]

    things = [f"n{i}" for i in range(60)]
    add_columns(
        facts, "triple", [some(things, count), some(properties, count), some(things, count)]
    )
    for name in ("sub_prop", "inverse"):
        add_columns(facts, name, [some(properties, 3), some(properties, 3)])
    add_columns(facts, "domain", [some(properties, 2), some(things, 2)])
    add_columns(facts, "transitive", [some(properties, 1)])
    for name in ("sub_class", "near"):
        add_columns(facts, name, [some(things, 20), some(things, 20)])
    return facts


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", [RDFS, ANY_VALUE, FREE_VALUE, LARGE_TWICE, OTHER_READERS])
def test_split_and_whole_relations_agree(
    rules: list[Rule], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split, "_ROWS", 0)
    whole = evaluate(rules, random_facts(seed), tier="runs")

    found = evaluate(rules, random_facts(seed))

    assert "split" in found.extension("t").representation
    for name in dict.fromkeys(r.head.predicate for r in rules):
        assert found.rows(name).tolist() == whole.rows(name).tolist()
    row = tuple(whole.rows("t")[7].tolist())
    assert found.extension("t").contains(row)
    assert found.extension("t").matching((0,), row[:1]) != []


def test_a_proof_of_a_fact_of_a_split_relation_is_of_least_height(monkeypatch) -> None:
    facts = random_facts(0)
    whole = evaluate(RDFS, facts, tier="runs")
    *_, atom = whole.atoms("t")
    expected = whole.prove(atom)
    monkeypatch.setattr(split, "_ROWS", 0)

    proof = evaluate(RDFS, facts).prove(atom)

    assert proof is not None
    assert expected is not None
    assert len(list(proof.steps())) == len(list(expected.steps()))


@pytest.mark.parametrize(
    "more",
    [
        [rule(a("t", X, "type", Y), a("t", X, P, Y), Comparison("!=", P, "type"))],
        [rule(a("t", X, Y, Z), a("triple", X, P, Y), a("t", Y, P, Z))],
    ],
    ids=["a comparison", "too many values"],
)
def test_what_cannot_be_split_stays_whole(more: list[Rule], monkeypatch) -> None:
    monkeypatch.setattr(split, "_ROWS", 0)
    monkeypatch.setattr(split, "_VALUES", 20)

    found = evaluate([STATED, CLASSES, *more], random_facts(1))

    assert found.extension("t").representation.startswith("columns")
    assert found.count("t") == evaluate(
        [STATED, CLASSES, *more], random_facts(1), tier="runs"
    ).count("t")
