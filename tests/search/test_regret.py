"""Merged regret best-first search."""

import math

import numpy as np
import pytest
from hypothesis import given

from planner.search.limits import Limits, Meter
from planner.search.regret import Regret
from planner.search.result import Status
from tests.search.test_levin import graphs, reachable_goal
from tests.search.worlds import (
    GraphWorld,
    StripsWorld,
    TableGuide,
    blocks_task,
    replay,
    tree_world,
)


class Recorder:
    def __init__(self):
        self.expansions = []

    def expanded(self, expansion):
        self.expansions.append(expansion)


@pytest.mark.parametrize("search", [Regret(), Regret(against="all")])
@given(case=graphs())
def test_it_is_complete_and_its_outcomes_are_true(search, case):
    world, guide = case

    outcome = search.run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
    else:
        assert outcome.status is Status.UNSOLVABLE


def test_the_first_dive_is_the_greedy_walk():
    world = tree_world(branching=3, depth=6, goals=[])
    rng = np.random.default_rng(0)
    priors = {node: np.log(rng.dirichlet([1, 1, 1])) for node in range(364)}
    trace = Recorder()

    Regret().run(world, TableGuide(priors), Meter(Limits(expansions=6)), trace=trace)

    walk = [0]
    while len(walk) < 6:
        walk.append(walk[-1] * 3 + 1 + int(priors[walk[-1]].argmax()))
    assert [e.state for e in trace.expansions] == walk


def test_it_returns_to_the_cheapest_doubt():
    # Below the root 1 leads to 3 and 4, all dead ends; the doubt at node 1 is the smaller.
    world = tree_world(branching=2, depth=2, goals=[])
    priors = {0: np.log([0.9, 0.1]), 1: np.log([0.6, 0.4]), 2: np.log([0.5, 0.5])}
    trace = Recorder()

    Regret().run(world, TableGuide(priors), Meter(), trace=trace)

    assert [e.state for e in trace.expansions] == [0, 1, 3, 4, 2, 5, 6]


def test_regret_is_measured_against_the_best_new_state():
    # At node 1 the best move leads back to the root; with "new" the other costs nothing.
    edges = [(0, 1, 0, 1), (0, 2, 0, 1), (1, 0, 0, 1), (1, 3, 0, 1)]
    priors = {0: np.log([0.6, 0.4]), 1: np.log([0.99, 0.01])}
    new, old = Recorder(), Recorder()

    Regret().run(GraphWorld(edges, []), TableGuide(priors), Meter(), trace=new)
    Regret("all").run(GraphWorld(edges, []), TableGuide(priors), Meter(), trace=old)

    assert [e.state for e in new.expansions] == [0, 1, 3, 2]
    assert [e.state for e in old.expansions] == [0, 1, 2, 3]


def test_the_trace_names_parents_steps_and_priors():
    world = tree_world(branching=2, depth=1, goals=[])
    trace = Recorder()

    Regret().run(world, TableGuide({0: np.log([0.25, 0.75])}), Meter(), trace=trace)

    root, first, second = trace.expansions
    assert (root.parent, root.step) == (-1, -1)
    assert np.exp(root.log_prior) == pytest.approx([0.25, 0.75])
    assert (first.parent, first.step, first.state, first.cost) == (root.node, 1, 2, 1)
    assert (second.parent, second.step, second.state) == (root.node, 0, 1)


def test_a_value_of_infinity_is_a_dead_end():
    world = tree_world(branching=2, depth=3, goals=[])
    guide = TableGuide(values={1: math.inf})

    outcome = Regret().run(world, guide, Meter())

    assert outcome.status is Status.UNSOLVABLE
    assert outcome.expanded == 9


def test_limits_and_interrupts_are_honest():
    world = tree_world(branching=2, depth=8, goals=[510])
    meter = Meter()
    meter.interrupt()

    outcome = Regret().run(world, TableGuide(), meter)

    assert (outcome.status, outcome.reason) == (Status.LIMIT, "interrupt")


def test_a_goal_met_at_the_start_needs_no_step():
    outcome = Regret().run(GraphWorld([], [0]), TableGuide(), Meter())

    assert outcome.steps == ()
    assert outcome.cost == 0


def test_blocks():
    world = StripsWorld(blocks_task(["abcd"], "on(a, b) & on(b, c) & on(c, d)"))

    outcome = Regret().run(world, TableGuide(), Meter())

    assert replay(world, outcome)
