"""Proofs through declarations stand when they are replayed without the engine."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import planner
from planner.engine.forward import saturate, task_rules
from planner.engine.proof_check import check_proof
from planner.engine.proofs import ByRule, Given, Proof
from planner.kr.formulas import Atom
from planner.kr.task import Task

TASK = """
task: places
rules:
  types: {{place: object}}
  predicates:
    road(place, place, int): "from {{0}} to {{1}} it is {{2}} km"
    way(place, place, int): {{meaning: "{{1}} is {{2}} km from {{0}}", keep: min}}
    far(place, place): "{{0}} and {{1}} are far apart"
    joined(place, place): "{{0}} and {{1}} were joined"
    same(place, place): {{meaning: "{{0}} and {{1}} are one", equivalence: true}}
    twin(place, place): "{{0}} has a twin like {{1}}"
    alone(place): "{{0}} is like no other"
  rules:
    - {{if: "road(?x, ?y, ?d)", then: "way(?x, ?y, ?d)"}}
    - {{if: "way(?x, ?y, ?d) and road(?y, ?z, ?e)", then: "way(?x, ?z, ?d + ?e)"}}
    - {{if: "way(?x, ?y, ?d) and ?d > 4", then: "far(?x, ?y)"}}
    - {{if: "joined(?x, ?y)", then: "same(?x, ?y)"}}
    - {{if: "way(?x, ?y, 1)", then: "same(?x, ?y)"}}
    - {{if: "same(?x, ?y) and far(?y, ?z)", then: "twin(?x, ?z)"}}
    - {{if: "place(?x) and not exists(?y - place, same(?x, ?y) and ?x != ?y)", then: "alone(?x)"}}
objects: {{place: [a, b, c, d, e]}}
init:
{facts}
goal: far(a, b)
"""
NAMES = ("way", "far", "same", "twin", "alone")


def random_task(seed: int) -> Task:
    rng = random.Random(seed)
    facts = []
    for _ in range(9):
        x, y = rng.choice("abcde"), rng.choice("abcde")
        facts.append(f"  - road({x}, {y}, {rng.randint(1, 4)})")
    facts.append(f"  - joined({rng.choice('abcde')}, {rng.choice('abcde')})")
    facts.append(f"  - same({rng.choice('abcde')}, {rng.choice('abcde')})")
    return planner.load_task_text(TASK.format(facts="\n".join(facts)))


def problems(task: Task, proof: Proof) -> list[str]:
    model = saturate(task)
    everything = [atom for name in model.predicates() for atom in model.atoms(name)]
    declared = tuple(task.rules.predicates.values())
    facts = [atom for name in model.facts.predicates() for atom in _stated(model, name)]
    symbols = model.symbols
    return check_proof(proof, task_rules(task), facts, everything, symbols, declared)


def _stated(model, name: str) -> list[Atom]:
    constant = model.symbols.constant
    return [Atom(name, tuple(map(constant, row))) for row in model.facts.tuples(name)]


@pytest.mark.parametrize("seed", range(5))
def test_every_fact_has_a_proof_that_stands(seed: int) -> None:
    task = random_task(seed)
    model = saturate(task)

    for name in NAMES:
        for atom in model.atoms(name):
            proof = model.prove(atom)
            assert proof is not None
            assert problems(task, proof) == [], f"seed {seed}: {atom}"


def test_a_broken_chain_and_a_worse_number_do_not_stand() -> None:
    facts = "  - joined(a, b)\n  - joined(b, c)\n  - road(a, b, 2)\n  - road(a, b, 3)"
    task = planner.load_task_text(TASK.format(facts=facts))
    model = saturate(task)
    chain = model.prove(Atom("same", ("a", "c")))
    best = model.prove(Atom("way", ("a", "b", 2)))
    assert chain is not None
    assert best is not None
    assert isinstance(chain.justification, ByRule)
    assert isinstance(best.justification, ByRule)
    cut = replace(chain.justification, premises=chain.justification.premises[:1])
    rule = best.justification.rule
    given = Atom("road", ("a", "b", 3))
    bound = (("x", "a"), ("y", "b"), ("d", 3))
    worse = ByRule(rule, (Proof(given, Given(given)),), bound)

    assert problems(task, chain) == problems(task, best) == []
    assert problems(task, replace(chain, justification=cut)) == ["not justified: same(a, c)"]
    wrong = Proof(Atom("way", ("a", "b", 3)), worse)
    assert problems(task, wrong) == ["not justified: way(a, b, 3)"]
