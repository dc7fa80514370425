"""LevinTS and PHS*: plans, proofs, and bounds that are never exceeded."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.search.levin import PHS, LevinTS
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from tests.search.worlds import (
    GraphWorld,
    StripsWorld,
    TableGuide,
    blocks_task,
    replay,
    tree_world,
)


@st.composite
def graphs(draw):
    """A random graph, a guide with random priors and values, and some goals."""
    size = draw(st.integers(2, 12))
    edges = []
    for node in range(size):
        for target in draw(st.lists(st.integers(0, size - 1), max_size=4)):
            edges.append((node, target, draw(st.integers(0, 1)), draw(st.integers(1, 3))))
    weight = st.sampled_from([0.001, 0.1, 1.0, 1.0, 5.0])
    priors = {}
    for node in range(size):
        count = sum(edge[0] == node for edge in edges)
        if count:
            weights = np.array([draw(weight) for _ in range(count)])
            priors[node] = np.log(weights / weights.sum())
    values = {node: float(draw(st.integers(0, 9))) for node in range(size)}
    goals = draw(st.sets(st.integers(0, size - 1), max_size=2))
    guide = TableGuide(priors, values, merges=draw(st.booleans()))
    return GraphWorld(edges, goals, schemas=2), guide


def reachable_goal(world):
    seen, todo = {0}, [0]
    while todo:
        state = todo.pop()
        if world.is_goal(state):
            return True
        for step in world.legal_steps(state).tolist():
            after = world.successor(state, step)
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return False


@pytest.mark.parametrize("search", [LevinTS(), PHS(), LevinTS(epsilon=0.3)])
@given(case=graphs())
def test_the_bound_is_never_exceeded_and_outcomes_are_true(search, case):
    world, guide = case

    outcome = search.run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
        assert outcome.expanded <= outcome.bound * (1 + 1e-9)
    else:
        assert outcome.status is Status.UNSOLVABLE
        assert outcome.bound is None


@pytest.mark.parametrize("search", [LevinTS(), PHS()])
def test_the_bound_of_a_tree_is_depth_plus_one_over_pi(search):
    # Nodes 1 and 2 below the root, 3..6 below them; the policy halves at each node.
    world = tree_world(branching=2, depth=2, goals=[6])

    outcome = search.run(world, TableGuide(), Meter())

    assert outcome.bound == pytest.approx(3 / 0.25)
    assert outcome.steps == (1, 5)
    assert outcome.expanded == 4


def test_a_sharp_policy_goes_straight():
    world = tree_world(branching=3, depth=5, goals=[363])
    prior = np.log(np.array([0.005, 0.005, 0.99]))
    guide = TableGuide({node: prior for node in range(121)})

    outcome = LevinTS().run(world, guide, Meter())

    assert outcome.expanded == 5
    assert outcome.bound == pytest.approx(6 / (0.99 * 0.99 + 0.01 / 3) ** 5)


def test_values_save_expansions_where_the_policy_is_blind():
    world = tree_world(branching=2, depth=6, goals=[126])
    values = {node: 6.0 for node in range(127)}
    node, to_go = 126, 0.0
    while node:
        values[node] = to_go
        node, to_go = (node - 1) // 2, to_go + 1
    guide = TableGuide(values=values)

    plain = LevinTS().run(world, guide, Meter())
    informed = PHS().run(world, guide, Meter())

    assert informed.expanded < plain.expanded


def test_merged_twins_wait_behind_their_representative_and_are_not_lost():
    # Two twins at the root; only the second leads to the goal.
    world = GraphWorld([(0, 1, 0, 1), (0, 2, 0, 1), (2, 3, 0, 1)], [3])
    guide = TableGuide({0: np.log([0.5, 0.5])}, merges=True)

    outcome = LevinTS(epsilon=0.01).run(world, guide, Meter())

    assert outcome.steps == (1, 2)
    assert outcome.bound == pytest.approx(3 / 0.005)


def test_a_forbidden_step_leaves_no_proof():
    world = GraphWorld([(0, 1, 0, 1), (0, 2, 0, 1)], [2])
    guide = TableGuide({0: np.array([0.0, -math.inf])})

    outcome = LevinTS().run(world, guide, Meter())

    assert outcome.status is Status.EXHAUSTED


def test_limits_are_honest():
    world = tree_world(branching=2, depth=8, goals=[510])

    outcome = LevinTS().run(world, TableGuide(), Meter(Limits(expansions=10)))

    assert outcome.status is Status.LIMIT
    assert outcome.reason == "expansions"
    assert outcome.expanded == 10


def test_blocks():
    world = StripsWorld(blocks_task(["abc"], "on(a, b) & on(b, c)"))

    outcome = LevinTS().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
    assert outcome.expanded <= outcome.bound
