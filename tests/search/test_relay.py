"""Searches in turns: complete, repeatable, and their plans have no superfluous steps."""

from __future__ import annotations

import pytest

from planner.guides.combine import Combined
from planner.guides.landmarks.guide import LandmarkCount
from planner.guides.relaxation import RelaxationGuide
from planner.search.best_first import Gbfs
from planner.search.improve.elimination import eliminate_steps
from planner.search.limits import Limits, Meter
from planner.search.relay import Relay
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost, counter, replay

GUIDE = Combined((RelaxationGuide("h_ff", costs="unit"), LandmarkCount()))


@pytest.mark.parametrize("large", [0, 500_000])
@pytest.mark.parametrize("seed", range(30))
def test_it_finds_a_plan_exactly_where_there_is_one(seed, large):
    # Given a random task
    task = random_task(seed)

    # When it is searched in turns
    outcome = Relay(large=large).run(GroundSpace(task), GUIDE, Meter())

    # Then exhaustive search agrees, and the plan is one
    expected = cheapest_cost(task)
    if expected is None:
        assert outcome.status is Status.UNSOLVABLE
    else:
        assert replay(task, outcome.steps)
        assert outcome.cost == sum(task.costs[step] for step in outcome.steps) >= expected


def test_both_searches_take_turns_and_repeat_exactly():
    # Given a task that outlasts the first turns
    task = counter(15)

    # When it is searched twice, in short turns
    runs = [Relay(turn=1).run(GroundSpace(task), GUIDE, Meter()) for _ in range(2)]

    # Then both runs are the same, and the width search took part
    assert runs[0] == runs[1]
    assert runs[0].cost == 2**15 - 1
    alone = Gbfs(preferred=False).run(GroundSpace(task), GUIDE, Meter())
    assert runs[0].expanded != alone.expanded


def test_limits_hold_across_turns():
    meter = Meter(Limits(expansions=5000))
    outcome = Relay(turn=1).run(GroundSpace(counter(18)), GUIDE, meter)
    assert (outcome.status, outcome.reason) == (Status.LIMIT, "expansions")
    assert outcome.expanded == meter.expanded == 5000


def test_superfluous_steps_are_left_out():
    # Given a plan with a detour: step 1 makes what step 2 undoes and nothing else reads
    operators = [([], [0], [], 1, []), ([0], [1], [], 1, []), ([1], [], [1], 1, [])]
    operators.append(([0], [2], [], 1, []))
    space = GroundSpace(ground_task(3, operators, [], [2]))

    # When it is cleaned, then the detour is gone, with what depended on it
    assert eliminate_steps(space, (0, 1, 2, 3)) == (0, 3)
    assert eliminate_steps(space, (0, 3)) == (0, 3)
    assert eliminate_steps(space, (0, 0, 3)) == (0, 3)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_left_is_a_plan(seed):
    task = random_task(seed)
    plan = Gbfs().run(GroundSpace(task), RelaxationGuide("h_max"), Meter()).steps
    if plan is not None:
        shorter = eliminate_steps(GroundSpace(task), plan)
        assert replay(task, shorter)
        assert len(shorter) <= len(plan)
