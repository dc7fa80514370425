"""Semirings: their laws, and what they say about small programs worked out by hand."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.facts import Facts
from planner.engine.forward import evaluate as saturate
from planner.engine.provenance.evaluate import (
    cheapest_cost,
    count_derivations,
    evaluate,
    smallest_supports,
)
from planner.engine.provenance.semiring import (
    Boolean,
    Counting,
    MinCost,
    Probability,
    TopProofs,
    Viterbi,
)
from planner.kr.formulas import And, Atom, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

X, Y, Z = (Variable(name) for name in "xyz")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


PATH = [
    Rule(a("path", X, Y), a("edge", X, Y)),
    Rule(a("path", X, Z), And((a("edge", X, Y), a("path", Y, Z)))),
]


def model(edges: str):
    return saturate(PATH, Facts.of(a("edge", *pair) for pair in edges.split()))


def asked(found, atom: Atom):
    explainer = found.explainer
    goal = explainer.fact(atom)
    assert goal is not None
    return explainer.derivations, goal


WITNESSES = st.lists(st.frozensets(st.integers(0, 4), max_size=3), max_size=3)
VALUES = {
    "boolean": (Boolean(), st.booleans()),
    "counting": (Counting(), st.sampled_from([0, 1, 2, 5, math.inf])),
    "min-cost": (MinCost(), st.sampled_from([0.0, 1.0, 2.5, math.inf])),
    "probability": (Probability(), st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    "viterbi": (Viterbi(), st.sampled_from([(0.0, ()), (1.0, ()), (0.5, ()), (0.25, ())])),
}


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_the_laws_of_semirings_hold(name, data) -> None:
    ring, values = VALUES[name]
    x, y, z = data.draw(values), data.draw(values), data.draw(values)

    assert ring.plus(x, ring.zero) == x
    assert ring.times(x, ring.one) == x
    assert ring.times(x, ring.zero) == ring.zero
    assert ring.plus(x, y) == ring.plus(y, x)
    assert ring.plus(ring.plus(x, y), z) == ring.plus(x, ring.plus(y, z))
    assert ring.times(ring.times(x, y), z) == ring.times(x, ring.times(y, z))
    assert ring.times(x, ring.plus(y, z)) == ring.plus(ring.times(x, y), ring.times(x, z))


@given(WITNESSES, WITNESSES, WITNESSES)
def test_sets_of_facts_are_a_semiring_when_nothing_is_cut_off(first, second, third) -> None:
    ring = TopProofs(1000)

    def value(sets):
        total = ring.zero
        for one in sets:
            product = ring.one
            for number in sorted(one):
                product = ring.times(product, ring.fact(number))
            total = ring.plus(total, product)
        return total

    x, y, z = value(first), value(second), value(third)
    assert ring.times(x, ring.plus(y, z)) == ring.plus(ring.times(x, y), ring.times(x, z))
    assert ring.plus(x, y) == ring.plus(y, x)
    assert ring.times(ring.times(x, y), z) == ring.times(x, ring.times(y, z))


def test_ways_are_counted() -> None:
    derivations, goal = asked(model("ab bd ac cd ad"), a("path", "a", "d"))

    assert count_derivations(derivations, goal) == 3


def test_a_fact_that_can_support_itself_has_infinitely_many_proofs() -> None:
    found = model("ab bc cb bd")

    assert count_derivations(*asked(found, a("path", "a", "d"))) == math.inf
    assert count_derivations(*asked(model("ab bd"), a("path", "a", "d"))) == 1


def test_the_cheapest_way_is_a_shortest_path() -> None:
    lengths = {("a", "b"): 1.0, ("b", "d"): 5.0, ("a", "c"): 2.0, ("c", "d"): 2.0, ("d", "a"): 0.5}
    found = model("ab bd ac cd da")
    derivations, goal = asked(found, a("path", "a", "d"))

    assert cheapest_cost(derivations, goal, lambda fact: lengths[fact.arguments]) == 4.0


def test_truth_under_removed_facts() -> None:
    derivations, goal = asked(model("ab bd ac cd"), a("path", "a", "d"))
    symbols = derivations.symbols
    b = symbols.code("b")

    def stated(removed):
        return lambda fact: not removed.intersection(fact[1])

    assert evaluate(derivations, goal, Boolean(), stated({b}))
    assert not evaluate(derivations, goal, Boolean(), stated({b, symbols.code("c")}))


def test_smallest_supports_come_first_and_contain_no_other() -> None:
    edges = [*permutations("abcd", 2)]
    found = model(" ".join(map("".join, edges)))

    supports = smallest_supports(*asked(found, a("path", "a", "d")), 10)

    assert [len(s) for s in supports] == [1, 2, 2, 3, 3]
    assert supports[0] == (a("edge", "a", "d"),)
    for support in supports:
        assert saturate(PATH, Facts.of(support)).holds(a("path", "a", "d"))


def test_negation_counts_as_a_test() -> None:
    rules = [*PATH, Rule(a("dead", X), And((a("node", X), Not(a("path", X, "d")))))]
    facts = [a("node", "a"), a("node", "z"), a("edge", "a", "d")]
    found = saturate(rules, Facts.of(facts))

    assert smallest_supports(*asked(found, a("dead", "z")), 3) == ((a("node", "z"),),)
