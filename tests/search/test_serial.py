"""Goal by goal: plans are plans, failures change the order, and nothing is claimed beyond them."""

from __future__ import annotations

import pytest

from planner.guides.relaxed_task import H_FF
from planner.io.load import load_task_text
from planner.search.goal_sequence import goal_sequence
from planner.search.limits import Limits, Meter
from planner.search.prepared import prepare
from planner.search.result import Status
from planner.search.serial import SerialSearch
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.guides.test_mutex_groups import BLOCKS
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import replay

WORK = 400_000_000


def serial(task, limits=None):
    space = GroundSpace(task)
    return SerialSearch(prepare(space, [H_FF], "unit"), Meter(limits))


@pytest.mark.parametrize("seed", range(40))
def test_plans_hold_in_random_tasks(seed):
    # Given a random task
    task = random_task(seed)

    # When its goals are met one by one, twice
    outcomes = [serial(task).advance(20_000) for _ in range(2)]

    # Then both runs agree, and a plan is one
    assert outcomes[0] == outcomes[1]
    if outcomes[0] is not None:
        assert outcomes[0].status is Status.SOLVED
        assert replay(task, outcomes[0].steps)
        assert outcomes[0].cost == sum(task.costs[step] for step in outcomes[0].steps)


@pytest.mark.parametrize("easy", [0, 1, 5, 20])
def test_a_goal_that_lost_its_means_goes_first_next_time(easy):
    # Given some easy goals, goal p, which tokens 0 and 1 can pay for, and goal q, which only token
    # 0 can
    half, p, other, q = range(easy + 2, easy + 6)
    operators = [([], [2 + i], [], 1, []) for i in range(easy)]
    operators += [
        ([0], [p], [0], 1, []),
        ([1], [half], [], 1, []),
        ([half], [p], [half], 1, []),
        ([0], [other], [], 1, []),
        ([0, other], [q], [0], 1, []),
    ]
    task = ground_task(easy + 6, operators, [0, 1], [*range(2, easy + 2), p, q])

    # When they are met one by one: the cheaper goal p would take token 0
    outcome = serial(task).advance(WORK)

    # Then goal q is met first
    assert outcome is not None
    assert replay(task, outcome.steps)
    assert outcome.steps.index(easy + 4) < outcome.steps.index(easy + 2)


def test_where_goals_exclude_each_other_nothing_is_claimed():
    # Given two goals that one token pays for
    task = ground_task(3, [([0], [1], [0], 1, []), ([0], [2], [0], 1, [])], [0], [1, 2])
    search = serial(task)

    # When they are met one by one, then it pauses after its share of work
    assert search.advance(100_000) is None
    assert search.outcome_so_far().evaluated > 0


def test_a_limit_ends_it():
    task = ground_task(3, [([0], [1], [0], 1, []), ([0], [2], [0], 1, [])], [0], [1, 2])
    outcome = serial(task, Limits(expansions=3)).advance(WORK)
    assert outcome is not None
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "expansions")


def test_a_tower_is_built_from_its_foot():
    # Given a tower to be built of three blocks
    text = BLOCKS.partition("objects:")[0]
    task = ground(
        load_task_text(
            text
            + """
objects: {block: [a, b, c, d]}
init: [ontable(a), clear(a), ontable(b), clear(b), ontable(c), clear(c), ontable(d), clear(d),
  handempty]
goal: on(a, b) and on(b, c) and on(c, d)
"""
        )
    )
    assert task.goal is not None

    # When its goals are put in order
    before = goal_sequence(task)

    # Then lower ones come first, also those further down
    order = sorted(range(3), key=lambda index: int(before[:, index].sum()))
    lower = [sorted(task.goal.tolist())[index] for index in order]
    upper = [str(task.constants[task.atoms.arguments[atom, 0]]) for atom in lower]
    assert upper == ["c", "b", "a"]
    assert before.sum() == 3

    # And the plan makes no step in vain
    outcome = serial(task).advance(WORK)
    assert outcome is not None
    assert len(outcome.steps) == 6
