"""Monte-Carlo tree search on a graph."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.search.limits import Limits, Meter
from planner.search.mcts import Mcts, Simulations
from planner.search.policy import StepPolicy
from planner.search.result import Status
from planner.search.search_graph import SearchGraph
from planner.search.tree import Growth
from tests.search.test_levin import graphs, reachable_goal
from tests.search.worlds import (
    GraphWorld,
    StripsWorld,
    TableGuide,
    blocks_task,
    replay,
    tree_world,
)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("simulations", [0, 2])
@given(case=graphs())
def test_it_is_complete_and_its_outcomes_are_true(batch, simulations, case):
    world, guide = case

    outcome = Mcts(batch=batch, simulations=simulations).run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
    else:
        assert outcome.status is Status.UNSOLVABLE


def cheapest(world):
    """Cost of the cheapest plan, by Bellman-Ford over the edges."""
    size = 1 + max([0, *(max(e[0], e[1]) for e in world._edges)])
    distance = [math.inf] * size
    distance[0] = 0
    for _ in range(size):
        for source, target, _, cost in world._edges:
            distance[target] = min(distance[target], distance[source] + cost)
    return min(d for state, d in enumerate(distance) if world.is_goal(state))


@given(case=graphs())
def test_improving_to_the_end_finds_the_cheapest_plan(case):
    world, guide = case

    outcome = Mcts(improve=True).run(world, guide, Meter())

    if reachable_goal(world):
        assert replay(world, outcome)
        assert outcome.cost == cheapest(world)


def simulate(world, guide, count, **options):
    search = Mcts(**{"simulations": 0, **options})
    meter = Meter()
    growth = Growth("mcts", world, StepPolicy(world, guide.bind(world), meter), meter)
    graph = SearchGraph(growth)
    graph.evaluate([graph.root], [[]])
    simulations = Simulations(search, growth, graph)
    for _ in range(count):
        simulations.batch(search.batch)
    return graph, growth


@given(seed=st.integers(0, 100), batch=st.integers(1, 5))
def test_visits_add_up_and_means_are_means(seed, batch):
    world = tree_world(branching=3, depth=6, goals=[])
    rng = np.random.default_rng(seed)
    guide = TableGuide(
        {node: np.log(rng.dirichlet([1, 1, 1])) for node in range(364)},
        {node: float(rng.integers(1, 20)) for node in range(1093)},
    )

    graph, growth = simulate(world, guide, 20, batch=batch)

    assert graph.root.visit_count == growth.expanded
    for vertex in graph.vertices.values():
        assert not any(vertex.virtual)
        for edge, child in enumerate(vertex.child):
            if child is not None:
                assert vertex.visits[edge] == child.visit_count
                assert vertex.value[edge] <= child.mean
        if vertex.branches is not None and len(vertex.visits):
            total = vertex.own + sum(
                v * q for v, q in zip(vertex.visits, vertex.value, strict=True)
            )
            assert vertex.mean == pytest.approx(total / vertex.visit_count)


def test_equal_states_share_a_vertex():
    edges = [(0, 1, 0, 1), (0, 2, 0, 1), (1, 3, 0, 1), (2, 3, 0, 1)]

    graph, growth = simulate(GraphWorld(edges, []), TableGuide(), 10)

    assert len(graph.vertices) == 4
    assert growth.expanded == 4
    assert graph.root.closed


def test_values_draw_the_simulations():
    world = tree_world(branching=2, depth=8, goals=[])
    values = {0: 10.0, 1: 9.0, 2: 30.0}
    values |= {node: values[(node - 1) // 2] for node in range(3, 511) if (node - 1) // 2 in values}
    for node in range(3, 511):
        values[node] = values[(node - 1) // 2]

    graph, _ = simulate(world, TableGuide(values=values), 60)

    assert graph.root.visits[0] > 2 * graph.root.visits[1]


def test_the_prior_draws_the_simulations():
    world = tree_world(branching=2, depth=8, goals=[])
    guide = TableGuide({node: np.log([0.1, 0.9]) for node in range(255)})

    graph, _ = simulate(world, guide, 60)

    assert graph.root.branches.steps[0] == 1
    assert graph.root.visits[0] > 3 * graph.root.visits[1]


def test_dead_ends_are_passed_up():
    world = tree_world(branching=2, depth=2, goals=[])
    guide = TableGuide(values={1: math.inf})

    graph, growth = simulate(world, guide, 10)

    assert graph.root.closed
    assert growth.expanded == 5


def test_committing_reaches_deeper():
    world = tree_world(branching=2, depth=9, goals=[])
    guide = TableGuide({node: np.log([0.4, 0.6]) for node in range(511)})

    free, _ = simulate(world, guide, 60)
    committed, _ = simulate(world, guide, 700, simulations=8)

    def deepest(graph):
        return max(v.node.depth for v in graph.vertices.values())

    assert deepest(committed) > deepest(free)


def test_an_early_mistake_is_left_before_all_below_it_is_explored():
    # Given a tree of three thirds, each of 1,093 vertices: the one the prior likes turns bad
    world = tree_world(branching=3, depth=7, goals=[])
    depth, third = {0: 0}, {0: 0, 1: 1, 2: 2, 3: 3}
    for node in range(1, 3280):
        above = (node - 1) // 3
        depth[node] = depth[above] + 1
        third[node] = third[node] if node < 4 else third[above]
    values = {n: 30.0 if third[n] == 1 and depth[n] > 2 else 10.0 - depth[n] for n in depth}
    guide = TableGuide({0: np.log([0.6, 0.2, 0.2])}, values)

    # When fewer simulations are made than that third has vertices
    graph, _ = simulate(world, guide, 700, simulations=8)

    # Then others were looked into
    assert any(third[state] != 1 and depth[state] > 3 for state in graph.vertices)


def test_limits_are_honest_and_the_best_plan_survives_them():
    world = GraphWorld([(0, 1, 0, 9), *((i, i + 1, 0, 1) for i in range(2, 40)), (0, 2, 0, 1)], [1])

    none = Mcts().run(tree_world(2, 8, []), TableGuide(), Meter(Limits(expansions=10)))
    some = Mcts(improve=True).run(world, TableGuide(), Meter(Limits(expansions=10)))

    assert (none.status, none.reason, none.expanded) == (Status.LIMIT, "expansions", 10)
    assert (some.status, some.reason, some.complete) == (Status.SOLVED, "expansions", False)
    assert some.cost == 9


def test_blocks():
    world = StripsWorld(blocks_task(["abc"], "on(a, b) & on(b, c)"))

    first = Mcts().run(world, TableGuide(), Meter())
    again = Mcts().run(world, TableGuide(), Meter())

    assert replay(world, first)
    assert first == again
