"""Labels are exact on small tasks, and plans get shorter without getting wrong."""

from __future__ import annotations

import random

import numpy as np
import pytest

from planner.learn.improve import improve_plan
from planner.learn.lessons.label import explore, label_plan, sample_states
from tests.models.fact_space import FactSpace, towers


@pytest.fixture
def space():
    return FactSpace(towers([["a", "b", "c"], ["d"]], [("a", "d"), ("b", "a")]))


def breadth_first_distance(space, start) -> int | None:
    """Steps to the goal by plain forward search."""
    layer, seen, depth = [start], {start}, 0
    while layer:
        if any(space.is_goal(state) for state in layer):
            return depth
        reached = {space.successor(s, int(a)) for s in layer for a in space.legal_steps(s)}
        layer = sorted(reached - seen)
        seen |= reached
        depth += 1
    return None


def test_distances_and_best_steps_are_exact(space):
    graph = explore(space, 1000)
    assert graph is not None
    assert len(graph.states) == 125  # 73 arrangements of 4 blocks, 4 * 13 with one in the hand
    for index in range(0, len(graph.states), 17):
        distance = breadth_first_distance(space, graph.states[index])
        assert graph.distance[index] == distance
        for step, best in zip(graph.steps[index], graph.best[index], strict=True):
            after = breadth_first_distance(space, space.successor(graph.states[index], int(step)))
            assert best == (distance > 0 and after == distance - 1)


def test_dear_steps_are_avoided(space):
    # Given that every step with d costs more than all else together.
    expensive = [n for n, (schema, row) in enumerate(space.step_list) if row[:1] == ("d",)]
    space.costs = np.ones(len(space.costs), dtype=np.int64)
    space.costs[expensive] = 100
    graph = explore(space, 1000)
    chosen = graph.steps[0][graph.best[0]]
    assert len(chosen)
    assert not set(chosen.tolist()) & set(expensive)


def test_too_many_states_give_nothing(space):
    assert explore(space, 124) is None


def test_samples_are_unsolved_states_with_a_best_step(space):
    graph = explore(space, 1000)
    states = sample_states(graph, 30, random.Random(0))
    assert len({s.state for s in states}) == len(states) >= 20
    assert all(s.best.any() and s.distance > 0 for s in states)
    again = sample_states(graph, 30, random.Random(0))
    assert [s.state for s in again] == [s.state for s in states]


def test_a_plan_labels_its_states(space):
    plan = shortest(space)
    labelled = label_plan(space, plan)
    assert [s.distance for s in labelled] == list(range(len(plan), 0, -1))
    assert [int(s.steps[s.best][0]) for s in labelled] == plan
    assert all(s.best.sum() == 1 for s in labelled)


def shortest(space) -> list[int]:
    graph, at, plan = explore(space, 1000), 0, []
    while graph.distance[at] > 0:
        choice = int(np.flatnonzero(graph.best[at])[0])
        plan.append(int(graph.steps[at][choice]))
        at = graph.targets[at][choice]
    return plan


def walk_until_solved(space, rng) -> list[int]:
    state, plan = space.initial(), []
    while not space.is_goal(state):
        plan.append(int(rng.choice(space.legal_steps(state).tolist())))
        state = space.successor(state, plan[-1])
    return plan


@pytest.mark.parametrize("seed", range(3))
def test_improved_plans_are_valid_and_far_shorter(seed):
    space = FactSpace(towers([["a", "b", "c"]], [("a", "b")]))
    plan = walk_until_solved(space, random.Random(seed))
    improved = improve_plan(space, plan)
    state = space.initial()
    for step in improved:
        assert step in space.legal_steps(state)
        state = space.successor(state, step)
    assert space.is_goal(state)
    # The whole space is within the window, so nothing is left to save.
    assert len(improved) == len(shortest(space))


def test_a_shortest_plan_stays(space):
    plan = shortest(space)
    assert improve_plan(space, plan) == plan
