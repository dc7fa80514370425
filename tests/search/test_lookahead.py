"""Lookahead: chains of steps of relaxed plans, without losing completeness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.guides.relaxed_task import H_FF, LANDMARKS
from planner.search.best_first import Variant
from planner.search.compiled import CompiledSearch
from planner.search.limits import Limits, Meter
from planner.search.prepared import prepare
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task, random_task
from tests.search.test_best_first import cheapest_cost, counter, replay

FAR = Variant(lazy=True, prefer=True, lookahead=True)


def run(task, variant, meter=None):
    kinds = [H_FF, LANDMARKS]
    prepared = prepare(GroundSpace(task), kinds, "unit")
    return CompiledSearch(prepared, variant, kinds, meter or Meter()).run(False)


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_a_plan_exactly_where_there_is_one(seed):
    task = random_task(seed)
    outcome = run(task, FAR)
    if cheapest_cost(task) is None:
        assert outcome.status is Status.UNSOLVABLE
    else:
        assert replay(task, outcome.steps)
        assert outcome.cost == sum(task.costs[step] for step in outcome.steps)


def test_errands_that_do_not_disturb_each_other_take_one_estimate():
    # Given twenty chains of three steps each
    operators = []
    for chain in range(20):
        first = 3 * chain
        operators += [([], [first], [], 1, []), ([first], [first + 1], [], 1, [])]
        operators += [([first + 1], [first + 2], [], 1, [])]
    task = ground_task(60, operators, [], [3 * chain + 2 for chain in range(20)])

    # When it is searched with and without lookahead
    far, near = run(task, FAR), run(task, replace(FAR, lookahead=False))

    # Then one relaxed plan is the plan, where otherwise each step takes an estimate
    assert far.evaluated == 1
    assert near.evaluated >= 60
    assert len(far.steps) == len(near.steps) == 60


def test_limits_hold_within_a_chain():
    meter = Meter(Limits(expansions=500))
    outcome = run(counter(14), FAR, meter)
    assert (outcome.status, outcome.expanded, meter.expanded) == (Status.LIMIT, 500, 500)
