"""The smallest sets of missing facts: equal to trying all sets, smallest first."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest

import planner
from planner.engine.forward import saturate
from planner.engine.proof_check import check_proof
from planner.engine.provenance.abduction import abduce
from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

NETWORK = """
task: network
rules:
  types: {host: object}
  predicates:
    link(host, host): {meaning: "{0} is linked to {1}", assumable: true}
    down(host): {meaning: "{0} is down", assumable: true}
    up(host): "{0} is up"
    reaches(host, host): "{0} reaches {1}"
    lonely(host): "{0} reaches nobody"
    quiet(host): "{0} has few links"
  rules:
    - if: host(?x) and not down(?x)
      then: up(?x)
    - if: link(?x, ?y) and up(?y)
      then: reaches(?x, ?y)
    - if: link(?x, ?y) and up(?y) and reaches(?y, ?z)
      then: reaches(?x, ?z)
    - if: host(?x) and not reaches(?x, ?)
      then: lonely(?x)
    - if: host(?x) and ?n = count(?y, link(?x, ?y)) and ?n < 2
      then: quiet(?x)
objects: {host: [%s]}
init:
  - %s
goal: reaches(?x, ?y)
"""


def network(hosts: str, *facts: str):
    return planner.load_task_text(NETWORK % (hosts, "\n  - ".join(facts)))


def by_trying(task, goal: Atom):
    """All smallest sets of assumable facts, by evaluating every set."""
    hosts = list(task.objects)
    possible = [Atom("link", (x, y)) for x in hosts for y in hosts]
    possible += [Atom("down", (x,)) for x in hosts]
    missing = [atom for atom in possible if atom not in task.facts]
    for size in range(len(missing) + 1):
        found = [
            chosen
            for chosen in combinations(missing, size)
            if saturate(replace(task, init=(*task.init, *chosen))).holds(goal)
        ]
        if found or size == 3:
            return found
    return []


@pytest.mark.parametrize("seed", range(16))
def test_all_smallest_sets_are_found(seed: int) -> None:
    rng = random.Random(seed)
    hosts = "abc"
    facts = [f"link({x}, {y})" for x in hosts for y in hosts if rng.random() < 0.3]
    facts += [f"down({x})" for x in hosts if rng.random() < 0.4]
    task = network(", ".join(hosts), *(facts or ["link(a, a)"]))
    goal = rng.choice(
        [Atom("reaches", ("a", "c")), Atom("lonely", ("a",)), Atom("quiet", ("b",)),
         Atom("up", ("a",)), Atom("reaches", ("b", "b"))]
    )  # fmt: skip

    found = abduce(task, goal, count=1000)

    expected = by_trying(task, goal)
    assert found.complete
    assert {frozenset(s) for s in found.assumptions} == {frozenset(s) for s in expected}


def test_what_is_assumed_gives_a_proof_that_stands() -> None:
    task = network("a, b, c, d", "link(a, b)", "link(d, c)")
    goal = Atom("reaches", ("a", "c"))

    found = abduce(task, goal)

    assert found.assumptions
    for assumed in found.assumptions:
        world = replace(task, init=(*task.init, *assumed))
        model = saturate(world)
        proof = model.prove(goal)
        everything = [atom for name in model.predicates() for atom in model.atoms(name)]
        facts = [atom for name in model.facts.predicates() for atom in _stated(model, name)]
        assert proof is not None
        assert check_proof(proof, model.plan.rules, facts, everything, model.symbols) == []


def _stated(model, name):
    constant = model.symbols.constant
    return [Atom(name, tuple(map(constant, row))) for row in model.facts.tuples(name)]


def test_what_holds_needs_nothing_and_what_cannot_be_has_no_sets() -> None:
    task = network("a, b", "link(a, b)")

    assert abduce(task, Atom("reaches", ("a", "b"))).assumptions == ((),)
    assert abduce(network("a, b", "down(b)"), Atom("up", ("b",))).assumptions == ()


def test_no_more_sets_than_asked_for() -> None:
    hosts = ", ".join("abcdefghij")
    task = network(hosts, "link(a, b)")

    found = abduce(task, Atom("lonely", ("a",)), count=3)

    assert found.assumptions == ((Atom("down", ("b",)),),)


def test_too_many_possible_facts_are_refused() -> None:
    task = network(", ".join(f"h{i}" for i in range(300)), "link(h0, h1)")

    with pytest.raises(InputError, match="could be assumed"):
        abduce(task, Atom("reaches", ("h1", "h2")))


def test_variables_in_the_goal_are_not_needed() -> None:
    task = network("a, b", "link(a, b)")

    found = abduce(task, Atom("reaches", ("b", Variable("_1"))))

    assert found.assumptions
