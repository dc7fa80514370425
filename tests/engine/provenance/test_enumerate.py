"""All proofs: in order, without repetition, each accepted by the independent checker."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.proof_check import check_proof
from planner.engine.proofs import ByRule
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable
from tests.engine.programs import random_program

X, Y, Z = (Variable(name) for name in "xyz")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


PATH = [
    Rule(a("path", X, Y), a("edge", X, Y)),
    Rule(a("path", X, Z), And((a("edge", X, Y), a("path", Y, Z)))),
]


def model(edges: str, rules=PATH):
    return evaluate(rules, Facts.of(a("edge", *pair) for pair in edges.split()))


def shape(proof) -> tuple[int, int]:
    """Height and number of derived facts."""
    heights, derived = {}, set()
    for part in proof.steps():
        below = part.justification.premises if isinstance(part.justification, ByRule) else ()
        heights[id(part)] = 1 + max((heights[id(p)] for p in below), default=-1)
        if isinstance(part.justification, ByRule):
            derived.add(part.atom)
    return heights[id(proof)], len(derived)


def problems(found, proof, rules):
    everything = [x for name in found.predicates() for x in found.atoms(name)]
    constant = found.symbols.constant
    facts = [
        Atom(name, tuple(map(constant, row)))
        for name in found.facts.predicates()
        for row in found.facts.tuples(name)
    ]
    return check_proof(proof, rules, facts, everything, found.symbols)


def test_each_simple_path_is_a_proof() -> None:
    found = model("ab bd ac cd ad bc cb da")

    proofs = found.proofs(a("path", "a", "d"), 100)

    # a-d, a-b-d, a-c-d, a-b-c-d, a-c-b-d
    assert [shape(p)[0] for p in proofs] == [1, 2, 2, 3, 3]
    assert all(problems(found, p, PATH) == [] for p in proofs)


def test_no_more_than_asked_for_and_none_of_what_is_false() -> None:
    found = model("ab bd ac cd ad")

    assert len(found.proofs(a("path", "a", "d"), 2)) == 2
    assert found.proofs(a("path", "d", "a"), 5) == ()
    assert found.proofs(a("edge", "a", "b"), 5)[0] == found.prove(a("edge", "a", "b"))


def test_negation_and_several_rules() -> None:
    rules = [
        *PATH,
        Rule(a("far", X, Y), And((a("path", X, Y), Not(a("edge", X, Y)))), name="far"),
        Rule(a("far", X, Y), And((a("path", X, Y), a("path", Y, X))), name="around"),
    ]
    found = model("ab bd db ba", rules)

    proofs = found.proofs(a("far", "a", "d"), 10)

    assert {p.justification.rule.name for p in proofs} == {"far", "around"}
    assert all(problems(found, p, rules) == [] for p in proofs)


@pytest.mark.parametrize("seed", range(30))
def test_random_programs(seed: int) -> None:
    program = random_program(random.Random(seed), rich=False)
    found = evaluate(program.rules, Facts.of(program.facts))
    derived = sorted({rule.head.predicate for rule in program.rules})
    atoms = [atom for name in derived for atom in found.atoms(name)][:6]

    for atom in atoms:
        first, proofs = found.prove(atom), found.proofs(atom, 5)

        assert len(set(proofs)) == len(proofs) > 0
        shapes = [shape(proof) for proof in proofs]
        assert shapes == sorted(shapes)
        assert shapes[0][0] == shape(first)[0]
        for proof in proofs:
            assert problems(found, proof, program.rules) == []
