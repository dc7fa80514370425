"""Proofs, failing instances, and the checker that must reject what is no proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.diagnostics import Span
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.model import Model
from planner.engine.proof_check import check_proof
from planner.engine.proofs import Absent, ByRule, Computed, Given, Proof
from planner.engine.render import proof_dot, proof_text, why_not_text
from planner.kr.formulas import Aggregate, And, Atom, Closure, Comparison, Forall, Not
from planner.kr.rules import Rule
from planner.kr.terms import TypedVariable, Variable

X, Y, Z, N = (Variable(name) for name in "xyzn")


@pytest.fixture(params=["tiny", "runs"])
def tier(request):
    return request.param


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


PATH = [
    Rule(a("path", X, Y), a("edge", X, Y), name="step", span=Span("r.yaml", 3, 1)),
    Rule(
        a("path", X, Z),
        And((a("path", X, Y), a("path", Y, Z))),
        name="join",
        span=Span("r.yaml", 5, 1),
    ),
]


def chain(length: int) -> Facts:
    return Facts.of(
        Atom("edge", (f"n{i}", f"n{i + 1}"), Span("t.yaml", i + 1, 3)) for i in range(length)
    )


def height(proof: Proof) -> int:
    heights: dict[int, int] = {}
    for part in proof.steps():
        below = part.justification.premises if isinstance(part.justification, ByRule) else ()
        heights[id(part)] = 1 + max((heights[id(p)] for p in below), default=-1)
    return heights[id(proof)]


def problems(proof: Proof, model: Model, rules) -> list[str]:
    facts = [x for name in model.facts.predicates() for x in _facts(model, name)]
    everything = [x for name in model.predicates() for x in model.atoms(name)]
    return check_proof(proof, rules, facts, everything, model.symbols)


def _facts(model: Model, name: str):
    constant = model.symbols.constant
    return [Atom(name, tuple(map(constant, row))) for row in model.facts.tuples(name)]


def test_proofs_have_the_least_height(tier) -> None:
    model = evaluate(PATH, chain(16), tier=tier)

    proof = model.prove(a("path", "n0", "n16"))

    assert proof is not None
    assert height(proof) == 5
    assert problems(proof, model, PATH) == []


def test_the_least_height_counts_through_strata(tier) -> None:
    rules = [
        *PATH,
        Rule(a("far", X), And((a("path", X, Y), Not(a("edge", X, Y)))), name="far"),
        Rule(a("good", X), a("far", X), name="long way"),
        Rule(a("good", X), a("edge", X, Y), name="short way"),
    ]
    model = evaluate(rules, chain(4), tier=tier)

    proof = model.prove(a("good", "n0"))

    assert proof is not None
    assert isinstance(proof.justification, ByRule)
    assert proof.justification.rule.name == "short way"


def test_long_proofs_do_not_exhaust_the_stack(tier) -> None:
    rules = [Rule(a("seen", Y), And((a("seen", X), a("edge", X, Y))), name="on")]
    facts = chain(1_500)
    facts.add(a("seen", "n0"))
    model = evaluate(rules, facts, tier=tier)

    proof = model.prove(a("seen", "n1500"))

    assert proof is not None
    assert height(proof) == 1_500
    assert proof_text(proof).count("\n") == 3_000


def test_every_kind_of_justification_appears(tier) -> None:
    rules = [
        Rule(a("busy", X, N), And((a("node", X), Aggregate(N, "count", (Y,), a("edge", X, Y))))),
        Rule(a("top", X), And((a("busy", X, N), Comparison(">", N, 1), Not(a("edge", Y, X))))),
    ]
    facts = [a("edge", "a", "b"), a("edge", "a", "c"), a("node", "a")]
    model = evaluate(rules, Facts.of(facts), tier=tier)

    proof = model.prove(a("top", "a"))

    assert proof is not None
    kinds = {type(part.justification) for part in proof.steps()}
    assert kinds == {Given, ByRule, Absent, Computed}
    assert problems(proof, model, rules) == []


def test_closures_and_recursive_forall_show_what_they_rest_on(tier) -> None:
    every = Forall((TypedVariable("y"),), a("edge", X, Y), a("safe", Y))
    rules = [
        Rule(a("safe", X), And((a("node", X), every)), name="safe"),
        Rule(a("reach", Y), And((Closure("edge", ("n0", Y)),)), name="reach"),
    ]
    facts = chain(3)
    for i in range(4):
        facts.add(a("node", f"n{i}"))
    model = evaluate(rules, facts, tier=tier)

    safe, reach = model.prove(a("safe", "n1")), model.prove(a("reach", "n3"))

    assert safe is not None
    assert reach is not None
    assert [str(p.atom) for p in safe.justification.premises] == [
        "node(n1)",
        "edge(n1, n2)",
        "safe(n2)",
    ]
    assert [str(p.atom) for p in reach.justification.premises] == [
        "edge(n0, n1)",
        "edge(n1, n2)",
        "edge(n2, n3)",
    ]
    assert problems(safe, model, rules) == []
    assert problems(reach, model, rules) == []


def test_proofs_are_shown_with_their_places(tier) -> None:
    model = evaluate(PATH, chain(2), tier=tier)

    proof = model.prove(a("path", "n0", "n2"))

    assert proof is not None
    assert proof_text(proof).splitlines() == [
        "path(n0, n2)  [by join at r.yaml:5]",
        "  path(n0, n1)  [by step at r.yaml:3]",
        "    edge(n0, n1)  [given at t.yaml:1]",
        "  path(n1, n2)  [by step at r.yaml:3]",
        "    edge(n1, n2)  [given at t.yaml:2]",
    ]
    assert proof_dot(proof).count("->") == 4


def test_what_does_not_hold_has_no_proof(tier) -> None:
    model = evaluate(PATH, chain(3), tier=tier)

    assert model.prove(a("path", "n2", "n0")) is None
    assert model.prove(a("path", "n2", "elsewhere")) is None


def test_the_checker_rejects_tampered_proofs(tier) -> None:
    model = evaluate(PATH, chain(3), tier=tier)
    proof = model.prove(a("path", "n0", "n3"))
    assert proof is not None
    assert isinstance(proof.justification, ByRule)
    by_rule = proof.justification

    fewer = replace(proof, justification=replace(by_rule, premises=by_rule.premises[1:]))
    other_head = replace(proof, atom=a("path", "n0", "n2"))
    other_rule = replace(proof, justification=replace(by_rule, rule=PATH[0]))
    invented = Proof(a("edge", "n0", "n3"), Given(a("edge", "n0", "n3")))
    false_absence = Proof(Not(a("edge", "n0", "n1")), Absent(Not(a("edge", "n0", "n1"))))

    for tampered in (fewer, other_head, other_rule, invented, false_absence):
        assert problems(tampered, model, PATH)


def test_the_nearest_failing_instance_comes_first(tier) -> None:
    rules = [
        Rule(a("uncle", X, Z), And((a("brother", X, Y), a("parent", Y, Z))), name="uncle"),
        Rule(
            a("uncle", X, Z),
            And((a("husband", X, Y), a("sister", Y, N), a("parent", N, Z))),
            name="by marriage",
        ),
    ]
    facts = [a("husband", "al", "bo"), a("sister", "bo", "cy"), a("parent", "di", "ed")]
    model = evaluate(rules, Facts.of(facts), tier=tier)

    result = model.why_not(a("uncle", "al", "ed"))

    assert not result.holds
    nearest = result.attempts[0]
    assert nearest.rule.name == "uncle"
    assert [str(f) for f in nearest.missing] == ["brother(al, di)"]
    assert [str(f) for f in result.attempts[1].missing] == ["parent(cy, ed)"]
    assert "missing: brother(al, di)" in why_not_text(result)


def test_why_not_of_what_holds_and_of_what_no_rule_derives(tier) -> None:
    model = evaluate(PATH, chain(2), tier=tier)

    assert model.why_not(a("path", "n0", "n1")).holds
    assert model.why_not(a("edge", "n1", "n0")).attempts == ()
    assert "no rule derives it" in why_not_text(model.why_not(a("edge", "n1", "n0")))
    assert len(model.why_not(a("path", "n1", "unknown")).attempts) == 2
