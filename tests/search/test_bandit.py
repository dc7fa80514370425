"""Tree search by statistics of estimates, and Gumbel search."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import InputError, load_task, solve
from planner.search.bandit import Bandit
from planner.search.gumbel import Gumbel
from planner.search.limits import Limits, Meter
from planner.search.registry import parse_search
from planner.search.result import Status
from tests.conftest import ROOT
from tests.search.test_levin import graphs, reachable_goal
from tests.search.test_mcts import cheapest
from tests.search.worlds import GraphWorld, TableGuide, replay, tree_world

SEARCHES = [
    Bandit(), Bandit(bilevel=False), Bandit(exploration=0.0),
    Gumbel(), Gumbel(simulations=3, considered=2), Gumbel(batch=3),
]  # fmt: skip


@pytest.mark.parametrize("search", SEARCHES)
@given(case=graphs())
def test_they_are_complete_and_their_outcomes_are_true(search, case):
    world, guide = case

    outcome = search.run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
    else:
        assert outcome.status is Status.UNSOLVABLE


@given(case=graphs(), seed=st.integers(0, 5))
def test_gumbel_improves_to_the_cheapest_plan(case, seed):
    world, guide = case

    outcome = Gumbel(improve=True).run(world, guide, Meter(), seed=seed)

    if reachable_goal(world):
        assert outcome.cost == cheapest(world)


@given(scale=st.sampled_from([0.001, 7.0, 1e6]), shift=st.sampled_from([0.0, 3.0]))
def test_the_bandit_does_not_depend_on_the_scale_of_estimates(scale, shift):
    world = tree_world(branching=2, depth=7, goals=[200])
    values = {node: float((node * 37) % 23 + 1) for node in range(255)}
    plain = TableGuide(values=values)
    scaled = TableGuide(values={n: scale * (v + shift) for n, v in values.items()})

    first = Bandit().run(world, plain, Meter())
    again = Bandit().run(world, scaled, Meter())

    assert (first.steps, first.expanded) == (again.steps, again.expanded)


def test_estimates_lead_the_bandit():
    world = tree_world(branching=2, depth=10, goals=[2046])
    values = {node: 10.0 - math.log2(node + 1) if is_last(node) else 11.0 for node in range(2047)}

    outcome = Bandit().run(world, TableGuide(values=values), Meter())

    assert outcome.status is Status.SOLVED
    assert outcome.expanded < 100


def is_last(node):
    """Whether a node is the last of its level in a binary tree."""
    return (node + 2) & (node + 1) == 0


def test_dead_ends_are_closed():
    world = tree_world(branching=2, depth=2, goals=[])

    outcome = Bandit().run(world, TableGuide(values={1: math.inf}), Meter())

    assert outcome.status is Status.UNSOLVABLE
    assert outcome.expanded == 5


@pytest.mark.parametrize("search", SEARCHES)
def test_limits_hold(search):
    outcome = search.run(tree_world(2, 9, []), TableGuide(), Meter(Limits(expansions=25)))

    assert (outcome.status, outcome.reason, outcome.expanded) == (Status.LIMIT, "expansions", 25)


def test_gumbel_with_few_simulations_follows_a_sharp_prior():
    import numpy as np

    world = tree_world(branching=4, depth=5, goals=[1023 + 341])
    world = GraphWorld(world._edges, [1364])
    guide = TableGuide({node: np.log([0.001, 0.001, 0.001, 0.997]) for node in range(341)})

    outcome = Gumbel(simulations=2).run(world, guide, Meter())

    assert outcome.status is Status.SOLVED
    assert outcome.expanded < 40


@pytest.mark.parametrize("search", ["bandit", "gumbel", "gumbel:simulations=4,considered=2"])
def test_blocks(search):
    task = load_task(ROOT / "rules/blocksworld/tasks/three-blocks.yaml")

    first, again = (solve(task, search=search, seed=3) for _ in range(2))

    assert first.status is Status.SOLVED
    assert first.plan == again.plan


def test_wrong_options_are_refused():
    for text in ("gumbel:simulations=0", "bandit:exploration=-1", "bandit:epsilon=0"):
        with pytest.raises(InputError):
            parse_search(text)
