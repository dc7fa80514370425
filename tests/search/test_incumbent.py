"""Searches by f undercut the best plan that is known, and prove when that cannot be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from planner.guides.lm_cut.guide import LmCut
from planner.guides.relaxation import RelaxationGuide
from planner.io.load import load_task
from planner.search.best_first import Astar, WeightedAstar
from planner.search.limits import Meter
from planner.search.portion import Portion
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.conftest import ROOT


class Known:
    """A plan that somebody knows, and what was told."""

    def __init__(self, cost):
        self.known, self.told = cost, []

    def cost(self):
        return self.known

    def prove(self, bound):
        self.told.append(bound)


class Ignored:
    """A trace nobody reads: searches with one run in plain Python."""

    def expanded(self, expansion):
        pass


@pytest.fixture(scope="module")
def task():
    return load_task(ROOT / "rules/blocksworld/tasks/blocks-6-1.yaml")


def search(task, algorithm, guide, known, trace):
    meter = Meter()
    meter.incumbent = known
    space = GroundSpace(ground(task))
    return algorithm.run(space, guide, Portion(meter), trace=trace)


@pytest.mark.parametrize("trace", [None, Ignored()], ids=["compiled", "stepwise"])
@pytest.mark.parametrize(
    ("algorithm", "guide"),
    [(Astar(), LmCut()), (Astar(), RelaxationGuide("h_max")), (WeightedAstar(3), LmCut())],
    ids=["astar lm_cut", "astar h_max", "wastar"],
)
def test_a_cheapest_plan_is_found_below_a_dearer_one_and_proved(task, algorithm, guide, trace):
    least = search(task, Astar(), LmCut(), None, None).cost

    # Given a plan that costs one more, one that is cheaper is found
    found = search(task, algorithm, guide, Known(Fraction(least + 1)), trace)
    # Given a cheapest one, the search ends with the proof that there is no cheaper one
    proof = search(task, algorithm, guide, Known(Fraction(least)), trace)

    assert (found.status, found.cost) == (Status.SOLVED, least)
    assert (proof.status, proof.lower_bound) == (Status.EXHAUSTED, least)
    assert proof.steps is None


@pytest.mark.parametrize("trace", [None, Ignored()], ids=["compiled", "stepwise"])
def test_bounds_that_are_told_rise_and_are_no_more_than_the_cost(task, trace):
    known = Known(None)

    found = search(task, Astar(), RelaxationGuide("h_max"), known, trace)

    assert known.told == sorted(known.told)
    assert all(bound <= found.cost for bound in known.told)
    assert trace is None or known.told[-1] == found.cost
