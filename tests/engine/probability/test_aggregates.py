"""Aggregates and alternatives: equal to what listing all worlds gives."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.probability.infer import infer
from planner.engine.probability.most_probable import most_probable_world
from planner.errors import InputError
from planner.kr.formulas import TRUE, Aggregate, And, Atom, Comparison, Not
from planner.kr.rules import ProbabilisticFact, Rule
from planner.kr.terms import Arithmetic, Variable
from tests.engine.probability.worlds import most_probable, probabilities

pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

X, Y, N, M = (Variable(name) for name in "xynm")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def split(groups):
    """Single facts as uncertain facts, the others as rules without a body."""
    uncertain = [ProbabilisticFact(g[0][0], g[0][1]) for g in groups if len(g) == 1]
    rules = [
        Rule(atom, TRUE, probability=chance, group=number)
        for number, group in enumerate(groups, start=1)
        if len(group) > 1
        for chance, atom in group
    ]
    return uncertain, rules


def ours(rules, facts, groups, predicates, given=(), **options):
    uncertain, made = split(groups)
    found = {}
    for name, arity in predicates.items():
        query = Atom(name, tuple(Variable(f"v{i}") for i in range(arity)))
        answers = infer([*rules, *made], Facts.of(facts), uncertain, query, given, **options)
        for answer in answers:
            atom = Atom(name, tuple(answer.binding[f"v{i}"] for i in range(arity)))
            if answer.upper > 1e-12:
                found[atom] = answer
    return found


AGGREGATES = [
    Rule(a("many", X, N), And((a("node", X), Aggregate(N, "count", (Y,), a("edge", X, Y))))),
    Rule(
        a("total", X, N),
        And((a("node", X), Aggregate(N, "sum", (M, Y), a("weight", X, Y, M)))),
    ),
    Rule(a("least", N), Aggregate(N, "min", (M,), a("weight", X, Y, M))),
    Rule(a("most", X, N), And((a("node", X), Aggregate(N, "max", (M,), a("weight", X, Y, M))))),
    Rule(
        a("twice", N),
        Aggregate(N, "max", (Arithmetic("*", M, 2),), And((a("many", X, M), a("node", X)))),
    ),
    Rule(a("busy", X), And((a("many", X, N), Comparison(">", N, 1)))),
    Rule(a("idle", X), And((a("node", X), Not(a("busy", X))))),
    Rule(a("idlers", N), Aggregate(N, "count", (X,), a("idle", X))),
]
ASKED = {"many": 2, "total": 2, "least": 1, "most": 2, "twice": 1, "idle": 1, "idlers": 1}


def random_groups(rng: random.Random):
    nodes = "abc"
    groups = []
    for _ in range(rng.randint(2, 5)):
        pair = (rng.choice(nodes), rng.choice(nodes))
        if rng.random() < 0.5:
            groups.append([(Fraction(rng.randint(1, 9), 10), a("edge", *pair))])
        else:
            chances = [Fraction(rng.randint(1, 4), 10) for _ in range(rng.randint(2, 3))]
            values = rng.sample(range(-2, 4), len(chances))
            rest = sum(chances)
            chances = [c / rest for c in chances] if rest > 1 or rng.random() < 0.3 else chances
            atoms = [a("weight", *pair, value) for value in values]
            groups.append(list(zip(chances, atoms, strict=True)))
    facts = [a("node", n) for n in nodes]
    if rng.random() < 0.5:
        facts += [a("edge", "a", "b"), a("weight", "a", "c", 1)]
    return groups, facts


@pytest.mark.parametrize("seed", range(25))
def test_all_worlds_give_the_same_probabilities(seed: int) -> None:
    groups, facts = random_groups(random.Random(seed))
    given = [groups[0][0][1]] if seed % 2 else []

    found = ours(AGGREGATES, facts, groups, ASKED, given)

    expected = probabilities(AGGREGATES, facts, groups, ASKED, given)
    shown = {atom: answer.probability for atom, answer in found.items()}
    assert shown == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_bounds_and_samples_know_alternatives(seed: int) -> None:
    groups, facts = random_groups(random.Random(100 + seed))
    expected = probabilities(AGGREGATES, facts, groups, ASKED)

    bounds = ours(AGGREGATES, facts, groups, ASKED, method="bounds", choice_budget=3)
    drawn = ours(AGGREGATES, facts, groups, ASKED, method="sampling", samples=4000, seed=seed)

    for atom, chance in expected.items():
        assert bounds[atom].lower - 1e-12 <= chance <= bounds[atom].upper + 1e-12
        if chance > 0.01:
            assert abs(drawn[atom].probability - chance) < 0.05


@pytest.mark.parametrize("seed", range(20))
def test_the_most_probable_world_is_the_best_of_all(seed: int) -> None:
    groups, facts = random_groups(random.Random(200 + seed))
    uncertain, made = split(groups)
    evidence = Atom("idlers", (2,)) if seed % 2 else Atom("idle", ("a",))

    expected = most_probable(AGGREGATES, facts, groups, evidence)

    if expected == 0.0:
        with pytest.raises(InputError, match="impossible"):
            most_probable_world([*AGGREGATES, *made], Facts.of(facts), uncertain, evidence)
        return
    world = most_probable_world([*AGGREGATES, *made], Facts.of(facts), uncertain, evidence)
    # The world speaks only of choices that matter; the others take their likeliest outcome.
    seen = {choice.atom for choice, _ in world.outcomes}
    rest = 1.0
    for group in groups:
        if group[0][1] not in seen and not any(atom in seen for _, atom in group):
            chances = [float(chance) for chance, _ in group]
            rest *= max(*chances, 1 - sum(chances))
    assert world.probability * rest == pytest.approx(expected, abs=1e-12)


def test_a_group_that_uses_up_all_probability_has_an_outcome() -> None:
    groups = [[(Fraction(1, 3), a("colour", c)) for c in ("red", "green", "blue")]]
    rules = [Rule(a("warm"), a("colour", "red")), Rule(a("cold"), Not(a("warm")))]

    found = ours(rules, [], groups, {"cold": 0, "colour": 1})

    assert found[a("cold")].probability == pytest.approx(2 / 3, abs=1e-12)
    assert found[a("colour", "blue")].probability == pytest.approx(1 / 3, abs=1e-12)


def test_each_binding_of_a_disjunction_is_a_choice_of_its_own() -> None:
    rules = [
        Rule(a("colour", X, "red"), a("ball", X), probability=Fraction(1, 2), group=1),
        Rule(a("colour", X, "blue"), a("ball", X), probability=Fraction(1, 2), group=1),
        Rule(a("same"), And((a("colour", "p", Y), a("colour", "q", Y)))),
        Rule(a("both"), And((a("colour", "p", "red"), a("colour", "p", "blue")))),
    ]
    facts = Facts.of([a("ball", "p"), a("ball", "q")])

    (same,) = infer(rules, facts, [], a("same"))
    (both,) = infer(rules, facts, [], a("both"))

    assert same.probability == pytest.approx(0.5, abs=1e-12)
    assert both.probability == 0.0
