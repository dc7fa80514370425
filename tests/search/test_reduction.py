"""Reduced tasks: the same plans at the same cost, fewer states and steps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.search.reduction import reduce_task
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost, replay


@pytest.mark.parametrize("seed", range(60))
def test_a_cheapest_plan_costs_the_same(seed):
    # Given a random task with negations, conditional effects and axioms
    task = random_task(seed)

    # When it is reduced
    reduced, origin = reduce_task(task)

    # Then its cheapest plan costs the same, and reducing again changes nothing
    assert cheapest_cost(reduced) == cheapest_cost(task)
    assert reduce_task(reduced)[0] is reduced
    assert len(origin) == reduced.operator_count


def test_steps_without_a_needed_effect_and_second_ways_are_left_out():
    # Given steps that matter (0, 3), one that only marks atom 2, and a dearer twin of step 3
    operators = [
        ([], [0], [], 1, []),
        ([], [2], [], 1, []),
        ([0], [1], [], 5, []),
        ([0], [1, 2], [], 2, []),
    ]
    task = ground_task(3, operators, [], [1])

    # When the task is reduced, then those are gone, and plans are plans of the task
    reduced, origin = reduce_task(task)
    assert origin.tolist() == [0, 3]
    assert reduced.costs.tolist() == [1, 2]
    assert replay(task, origin.tolist())


def test_an_atom_that_only_its_negation_makes_needed_is_kept():
    # Given a goal that asks for atom 0 to be false
    task = ground_task(1, [([], [], [0], 1, [])], [0], [1], complements=[0])
    assert reduce_task(task)[0] is task


def test_conditional_effects_keep_what_they_read():
    # Given a step whose effect on the goal depends on atom 0, which another step makes true
    operators = [([], [0], [], 1, []), ([], [], [], 1, [([0], [1], [2])])]
    task = ground_task(3, operators, [], [1])

    # When it is reduced, then both stay, and the effect on atom 2 goes
    reduced, origin = reduce_task(task)
    assert origin.tolist() == [0, 1]
    assert reduced.conditional_delete.values.tolist() == []
    assert replay(replace(task, goal=reduced.goal), origin.tolist())
