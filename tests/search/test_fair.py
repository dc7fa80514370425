"""A fair share of the work for the search beside a model."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from planner.guides.model_guide import ModelGuide
from planner.search.alternate import Alternate
from planner.search.fair import Share
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from tests.guides.test_model_guide import LastStep
from tests.search.ground_worlds import random_task
from tests.search.test_best_first import cheapest_cost, counter, replay
from tests.search.worlds import tree_world


@dataclass
class SlowModel(LastStep):
    """A model that says how long it takes."""

    call_work: int = 1_000_000_000


def test_a_slow_model_leaves_most_states_to_the_compiled_search():
    # Given 4,095 steps in a row, and a model that takes a second for each
    task, limits = counter(12), Limits(cpu_s=100.0)

    # When both search
    runs = [
        Alternate().run(GroundSpace(task), ModelGuide(SlowModel()), Meter(limits)) for _ in "ab"
    ]

    # Then the compiled search finds the plan after a few calls, the same each time, and no bound
    # is claimed that would not count its expansions
    assert replay(task, runs[0].steps)
    assert runs[0].search == "alternate of levin, regret, relay: relay"
    assert runs[0].model_calls < 10
    assert runs[0].expanded > 4000
    assert runs[0].bound is None
    assert runs[0] == runs[1]


def test_a_quick_model_finds_short_plans_alone():
    task = counter(6)

    outcome = Alternate().run(GroundSpace(task), ModelGuide(SlowModel(call_work=1000)), Meter())

    assert (outcome.expanded, len(outcome.steps)) == (63, 63)
    assert outcome.search.endswith(": regret")


@pytest.mark.parametrize("seed", range(12))
def test_both_together_find_a_plan_exactly_where_there_is_one(seed):
    task = random_task(seed)

    outcome = Alternate(head_start=0).run(GroundSpace(task), ModelGuide(SlowModel()), Meter())

    expected = cheapest_cost(task)
    if expected is None:
        assert outcome.status is Status.UNSOLVABLE
    else:
        assert replay(task, outcome.steps)


def test_where_expansions_are_limited_they_are_what_is_shared():
    limits = Limits(expansions=2000)

    outcome = Alternate().run(GroundSpace(counter(12)), ModelGuide(SlowModel()), Meter(limits))

    assert (outcome.reason, outcome.expanded) == ("expansions", 2000)
    assert "relay" not in outcome.search
    # A turn is one of LevinTS, four of regret, four of the queue; a state is one call.
    assert outcome.model_calls > 900


def test_a_limit_in_seconds_shortens_the_start():
    # Given a model of 10 ms a call, and a limit that allows a start of 30 ms
    world = tree_world(branching=2, depth=6, goals=[])
    guide = ModelGuide(SlowModel(call_work=10_000_000)).bind(world)
    shares = [Share(guide, Limits(cpu_s=0.5)), Share(guide, Limits())]

    # When four expansions are booked as a start, then one more as none
    earned = []
    for state in range(5):
        guide.judge([state], [world.legal_steps(state)])
        for share in shares:
            share.book(1, alone=state < 4)
        earned.append([share.earned for share in shares])

    # Then the other search earns from the third on, or from the last on: twenty times the work
    assert [one > 0 for one, _ in earned] == [False, False, True, True, True]
    assert [other for _, other in earned[:4]] == [0, 0, 0, 0]
    assert earned[4][1] == earned[4][0] - earned[3][0] == 20 * 10_500_000
