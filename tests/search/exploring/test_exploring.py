"""Greedy search that explores: complete, repeatable, and off the plain that misleads it."""

from __future__ import annotations

import pytest

from planner.guides.combine import Combined
from planner.guides.goal_count import GoalCount
from planner.guides.relaxation import RelaxationGuide
from planner.search.best_first import LazyGbfs
from planner.search.limits import Meter
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import random_task
from tests.search.test_best_first import Recorder, cheapest_cost
from tests.search.worlds import GraphWorld, TableGuide, tree_world

BOTH = Combined((RelaxationGuide("h_ff", costs="unit"), GoalCount()))


@pytest.mark.parametrize("explore", [1, 2, 5])
def test_what_has_no_plan_is_proved_so_and_what_has_one_is_solved(explore):
    outcomes = set()
    for seed in range(20):
        # Given a random task, exhausted to see whether there is a plan
        task = random_task(seed)
        is_solvable = cheapest_cost(task) is not None

        # When it is searched by the kernel, and step by step because of a trace
        fast = LazyGbfs(explore=explore).run(GroundSpace(task), GoalCount(), Meter())
        slow = LazyGbfs(explore=explore).run(
            GroundSpace(task), GoalCount(), Meter(), trace=Recorder()
        )

        # Then both say so
        assert fast.status is slow.status
        assert fast.status is (Status.SOLVED if is_solvable else Status.UNSOLVABLE)
        outcomes.add(fast.status)
    assert len(outcomes) == 2, "the tasks are of one kind"


@pytest.mark.parametrize("explore", [1, 3])
def test_all_of_a_world_without_a_goal_is_expanded_once(explore):
    world = tree_world(3, 4, goals=[])
    trace = Recorder()

    outcome = LazyGbfs(explore=explore).run(world, TableGuide(), Meter(), trace=trace)

    assert outcome.status is Status.UNSOLVABLE
    assert sorted(each.state for each in trace.expansions) == list(range(1 + 3 + 9 + 27 + 81))


def test_a_search_repeats():
    for seed in range(5):
        task = random_task(seed)
        once, again = (LazyGbfs(explore=2).run(GroundSpace(task), BOTH, Meter()) for _ in range(2))
        assert once == again


def test_it_leaves_the_plain_on_which_the_estimate_misleads():
    # Given a way to the goal that looks worse than a plain of 500 states, all of one type
    plain = [(node, node + 1, 0, 0) for node in range(500)]
    way = [(0, 1000, 0, 1), *((node, node + 1, 0, 1) for node in range(1000, 1006))]
    world = GraphWorld([*plain, *way], goals=[1006])
    guide = TableGuide(values={0: 9.0} | dict.fromkeys(range(1, 501), 3.0))
    guide.values.update(dict.fromkeys(range(1000, 1006), 8.0))

    # When it is searched with exploration and without
    explored = LazyGbfs(explore=2).run(world, guide, Meter())
    greedy = LazyGbfs().run(world, guide, Meter())

    # Then exploration finds it in a tenth of the expansions
    assert explored.cost == greedy.cost == 7
    assert 10 * explored.expanded < greedy.expanded
