"""Beam search."""

import numpy as np
import pytest
from hypothesis import given

from planner.search.beam import Beam
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from tests.search.test_levin import graphs, reachable_goal
from tests.search.test_regret import Recorder
from tests.search.worlds import (
    GraphWorld,
    StripsWorld,
    TableGuide,
    blocks_task,
    replay,
    tree_world,
)


@pytest.mark.parametrize("width", [1, 2, 50])
@given(case=graphs())
def test_a_complete_beam_solves_or_proves(width, case):
    world, guide = case

    outcome = Beam(width=width, complete=True).run(world, guide, Meter())

    if reachable_goal(world):
        assert outcome.status is Status.SOLVED
        assert replay(world, outcome)
    else:
        assert outcome.status is Status.UNSOLVABLE


@given(case=graphs())
def test_a_plain_beam_never_claims_what_it_did_not_prove(case):
    world, guide = case

    outcome = Beam(width=1).run(world, guide, Meter())

    if outcome.status is Status.SOLVED:
        assert replay(world, outcome)
    elif outcome.status is Status.UNSOLVABLE:
        assert not reachable_goal(world)
    else:
        assert outcome.status is Status.EXHAUSTED


def test_the_beam_keeps_the_most_probable_paths():
    world = tree_world(branching=2, depth=2, goals=[])
    priors = {0: np.log([0.6, 0.4]), 1: np.log([0.5, 0.5]), 2: np.log([0.9, 0.1])}
    trace = Recorder()

    outcome = Beam(width=2).run(world, TableGuide(priors), Meter(), trace=trace)

    # Products: 3 and 4 have 0.30, 5 has 0.36, 6 has 0.04.
    assert [e.state for e in trace.expansions] == [0, 1, 2, 5, 3]
    assert outcome.status is Status.EXHAUSTED


def test_duplicates_do_not_fill_the_beam():
    # Both ways lead to node 3; the beam of two still has room for node 4.
    edges = [(0, 1, 0, 1), (0, 2, 0, 1), (1, 3, 0, 1), (2, 3, 0, 1), (2, 4, 0, 1), (4, 5, 0, 1)]

    outcome = Beam(width=2).run(GraphWorld(edges, [5]), TableGuide(), Meter())

    assert outcome.steps == (1, 4, 5)


def test_a_beam_that_dropped_nothing_proves():
    outcome = Beam(width=4).run(tree_world(branching=2, depth=2, goals=[]), TableGuide(), Meter())

    assert outcome.status is Status.UNSOLVABLE


def test_a_depth_limit_leaves_no_proof():
    world = GraphWorld([(0, 1, 0, 1), (1, 2, 0, 1)], [2])

    assert Beam(depth=1).run(world, TableGuide(), Meter()).status is Status.EXHAUSTED
    assert Beam(depth=2).run(world, TableGuide(), Meter()).status is Status.SOLVED


def test_states_of_a_depth_are_judged_in_one_batch_within_the_limit():
    world = tree_world(branching=4, depth=3, goals=[])

    outcome = Beam(width=4).run(world, TableGuide(), Meter(Limits(expansions=3)))

    assert (outcome.status, outcome.expanded) == (Status.LIMIT, 3)


def test_blocks():
    world = StripsWorld(blocks_task(["abcd"], "on(a, b) & on(b, c) & on(c, d)"))

    outcome = Beam(width=20).run(world, TableGuide(), Meter())

    assert replay(world, outcome)
