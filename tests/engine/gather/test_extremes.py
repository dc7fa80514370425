"""``keep: min`` and ``keep: max``: the best number survives recursion, and only monotone uses."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.errors import InputError, RuleFileError
from planner.kr.formulas import Atom, Comparison, Not, conjoin
from planner.kr.rules import Predicate, Rule
from planner.kr.terms import Arithmetic, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.engine.forward import Tier
    from planner.kr.terms import Expression

X, Y, Z, D, E, N = (Variable(name) for name in "xyzden")
TIERS: tuple[Tier, ...] = ("tiny", "runs", "sorted", "hash", "bits")
NUMBERS = (("object",), ("object",), ("number",))
LONGER = conjoin(
    Atom("dist", (X, Y, D)),
    Atom("road", (Y, Z, E)),
    Comparison("=", N, Arithmetic("+", D, E)),
)
DISTANCES = [
    Rule(Atom("dist", (X, Y, D)), Atom("road", (X, Y, D))),
    Rule(Atom("dist", (X, Z, N)), LONGER),
]


def kept(name: str, keep: str) -> Predicate:
    assert keep in ("min", "max")
    return Predicate(name, NUMBERS, keep="min" if keep == "min" else "max")


def random_roads(rng: random.Random, *, acyclic: bool, fractions: bool) -> nx.DiGraph:
    graph = nx.DiGraph()
    count = rng.randint(2, 12)
    for _ in range(rng.randint(1, 30)):
        first, second = rng.randrange(count), rng.randrange(count)
        if acyclic and first >= second:
            continue
        weight = Fraction(rng.randint(0, 9), rng.choice((1, 2, 3)) if fractions else 1)
        graph.add_edge(f"n{first}", f"n{second}", weight=weight)
    return graph


def facts_of(graph: nx.DiGraph) -> Facts:
    edges = graph.edges(data="weight")
    return Facts.of(Atom("road", (a, b, weight)) for a, b, weight in edges)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("seed", range(20))
def test_distances_are_those_of_dijkstra(seed: int, tier: Tier) -> None:
    graph = random_roads(random.Random(seed), acyclic=False, fractions=seed % 3 == 0)

    model = evaluate(DISTANCES, facts_of(graph), declared=[kept("dist", "min")], tier=tier)

    found = {(a, b): d for a, b, d in rows_of(model.atoms("dist"))}
    assert len(found) == model.count("dist")
    expected = {}
    for start in graph:
        # A way has at least one road: the least cycle, for a place itself.
        for last in graph.predecessors(start):
            way = nx.single_source_dijkstra_path_length(graph, start)
            if last in way:
                cycle = way[last] + graph[last][start]["weight"]
                expected[start, start] = min(cycle, expected.get((start, start), cycle))
        lengths = nx.single_source_dijkstra_path_length(graph, start)
        expected.update({(start, end): d for end, d in lengths.items() if end != start})
    assert found == expected


def rows_of(atoms: Iterable[Atom]) -> list[tuple[Expression, ...]]:
    return [atom.arguments for atom in atoms]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("seed", range(10))
def test_longest_ways_of_acyclic_graphs(seed: int, tier: Tier) -> None:
    graph = random_roads(random.Random(seed), acyclic=True, fractions=False)

    model = evaluate(DISTANCES, facts_of(graph), declared=[kept("dist", "max")], tier=tier)

    longest = {}
    for start in graph:
        for end in graph:
            for path in nx.all_simple_paths(graph, start, end) if start != end else ():
                length = nx.path_weight(graph, path, "weight")
                longest[start, end] = max(length, longest.get((start, end), length))
    assert {(a, b): d for a, b, d in rows_of(model.atoms("dist"))} == longest


@pytest.mark.parametrize("tier", TIERS)
def test_later_rules_see_only_what_is_kept(tier: Tier) -> None:
    near = Rule(Atom("near", (X, Y)), conjoin(Atom("dist", (X, Y, D)), Comparison("<", D, 5)))
    far = Rule(Atom("far", (X, Y)), conjoin(Atom("dist", (X, Y, D)), Comparison(">=", D, 5)))
    exact = Rule(Atom("three", (X,)), Atom("dist", (X, "c", 3)))
    roads = [("a", "b", 1), ("b", "c", 2), ("a", "c", 9)]

    model = evaluate(
        [*DISTANCES, near, far, exact],
        Facts.of(Atom("road", row) for row in roads),
        declared=[kept("dist", "min")],
        tier=tier,
    )

    assert model.count("near") == 3
    assert model.count("far") == 0
    assert rows_of(model.atoms("three")) == [("a",)]
    assert model.query(Atom("dist", ("a", "c", D))) == [{"d": 3}]


@pytest.mark.parametrize("tier", TIERS)
def test_a_cycle_that_improves_is_refused(tier: Tier) -> None:
    roads = [("a", "b", 1), ("b", "a", -2)]

    with pytest.raises(RuleFileError, match="smaller without end") as caught:
        evaluate(
            DISTANCES,
            Facts.of(Atom("road", row) for row in roads),
            declared=[kept("dist", "min")],
            tier=tier,
        )

    assert caught.value.diagnostics[0].code == "endless"
    assert "follows by" in str(caught.value)


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (Comparison(">", D, 3), "`\\?d > 3` may fail when `\\?d` becomes smaller"),
        (Comparison("=", D, E), "may fail when"),
        (Not(Comparison("<", D, 3)), "may fail when"),
        (Atom("near", (D,)), "may fail when"),
    ],
)
def test_readings_that_are_not_monotone_are_refused(test: Comparison, reason: str) -> None:
    rule = Rule(Atom("dist", (X, Z, N)), conjoin(LONGER, test))

    with pytest.raises(InputError, match=reason):
        evaluate([rule], Facts(), declared=[kept("dist", "min")])


@pytest.mark.parametrize(
    "number",
    [
        Arithmetic("-", 7, D),
        Arithmetic("*", D, -1),
        Arithmetic("*", D, E),
        Arithmetic("mod", D, 3),
        Arithmetic("/", 1, D),
    ],
)
def test_numbers_that_do_not_rise_are_refused(number: Arithmetic) -> None:
    body = conjoin(Atom("dist", (X, Y, D)), Atom("road", (Y, Z, E)))

    with pytest.raises(InputError, match="may get worse"):
        evaluate(
            [Rule(Atom("dist", (X, Z, number)), body)], Facts(), declared=[kept("dist", "min")]
        )


def test_monotone_readings_are_allowed() -> None:
    steps = [
        Comparison(">=", E, 0),
        Comparison("=", Variable("m"), Arithmetic("+", Arithmetic("*", E, D), 1)),
        Comparison("=", N, Arithmetic("-", Variable("m"), 1)),
        Comparison("<", D, 100),
        Comparison(">", 100, N),
    ]
    body = conjoin(Atom("dist", (X, Y, D)), Atom("road", (Y, Z, E)), *steps)
    rules = [DISTANCES[0], Rule(Atom("dist", (X, Z, N)), body)]
    roads = [("a", "b", 3), ("b", "c", 2), ("c", "d", 50)]

    model = evaluate(
        rules, Facts.of(Atom("road", row) for row in roads), declared=[kept("dist", "min")]
    )

    assert model.holds(Atom("dist", ("a", "c", 6)))
    assert not model.query(Atom("dist", ("a", "d", D)))


def test_what_is_no_number_is_refused() -> None:
    facts = Facts.of([Atom("road", ("a", "b", "far"))])

    with pytest.raises(InputError, match="`far` is none"):
        evaluate(DISTANCES, facts, declared=[kept("dist", "min")])


@pytest.mark.parametrize("tier", TIERS)
def test_a_kept_number_is_proved_by_the_rules_that_give_it(tier: Tier) -> None:
    roads = [("a", "b", 1), ("b", "c", 2), ("a", "c", 9)]
    facts = Facts.of(Atom("road", row) for row in roads)

    model = evaluate(DISTANCES, facts, declared=[kept("dist", "min")], tier=tier)
    proof = model.prove(Atom("dist", ("a", "c", 3)))

    assert proof is not None
    shown = [str(step.atom) for step in proof.steps() if isinstance(step.atom, Atom)]
    assert set(shown) == {"dist(a, c, 3)", "dist(a, b, 1)", "road(a, b, 1)", "road(b, c, 2)"}
    assert model.prove(Atom("dist", ("a", "c", 9))) is None
