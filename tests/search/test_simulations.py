"""Compiled Monte-Carlo tree search makes the choices that the traced one makes."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import planner
from planner.engine.jit import HAS_NUMBA
from planner.guides.goal_count import GoalCount
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.search.limits import Limits, Meter
from planner.search.mcts import Mcts
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.ground_task import GroundTask
from planner.spaces.grounding import ground
from tests.search.test_levin import graphs
from tests.search.worlds import (
    GraphWorld,
    StripsWorld,
    TableGuide,
    blocks_task,
    delivery_task,
    replay,
    tree_world,
)
from tests.spaces.random_tasks import random_task

pytestmark = pytest.mark.skipif(not HAS_NUMBA, reason="without Numba there is one driver")


class Unread:
    """A trace that nobody reads: it has every expansion go through Python."""

    def expanded(self, expansion):
        pass


def both(search, world, guide, limit=400):
    """The outcomes without a trace and with one, in a world or over the rows of a ground task."""
    spaces = [GroundSpace(world) if isinstance(world, GroundTask) else world for _ in range(2)]
    quick = search.run(spaces[0], guide, Meter(Limits(expansions=limit)))
    slow = search.run(spaces[1], guide, Meter(Limits(expansions=limit)), trace=Unread())
    return quick, slow


@pytest.mark.parametrize("simulations", [0, 2, 8])
@given(case=graphs())
def test_states_from_python_are_searched_alike(simulations, case):
    world, guide = case

    quick, slow = both(Mcts(simulations=simulations), world, guide)

    assert quick == slow


@given(seed=st.integers(0, 10_000), limit=st.integers(1, 60))
def test_rows_are_searched_alike(seed, limit):
    grounded = ground(random_task(random.Random(seed)))

    # Without a reachable goal there is no relaxation to speak of.
    informed = (RelaxationGuide("h_max"),) if grounded.goal is not None else ()
    for guide in (Uniform(), GoalCount(), *informed):
        quick, slow = both(Mcts(), grounded, guide, limit)

        assert quick == slow


@pytest.mark.parametrize("exploration", [0.1, 1.5])
@pytest.mark.parametrize("name", ["h_add", "h_ff"])
def test_tasks_with_a_commitment_are_searched_alike(name, exploration):
    search = Mcts(simulations=3, exploration=exploration)
    for task in (blocks_task(["abc", "de"], "on(a, e) & on(b, c)"), delivery_task(5, [(1, 4)])):
        grounded = ground(task)

        quick, slow = both(search, grounded, RelaxationGuide(name))

        assert quick == slow
        assert replay(GroundSpace(grounded), quick)


def test_many_vertices_and_wide_ones_find_room():
    edges = [(0, 1 + i, 0, 1) for i in range(400)]
    edges += [(1 + i, 1000 + i, 0, 1) for i in range(400)]
    world = GraphWorld(edges, [1390])

    quick, slow = both(Mcts(), world, TableGuide(), 5000)

    assert quick == slow
    assert quick.status is Status.SOLVED
    assert quick.expanded > 400


def test_room_is_found_for_rows_too():
    grounded = ground(blocks_task(["abcdef"], "on(a, b) & on(b, a)"))

    quick, slow = both(Mcts(), grounded, Uniform(), 1000)

    assert quick == slow
    assert quick.expanded == 1000


def test_dead_ends_and_circles_end_in_a_proof():
    world = tree_world(branching=2, depth=4, goals=[])
    guide = TableGuide(values={1: math.inf})
    circle = GraphWorld([(0, 1, 0, 1), (1, 0, 0, 1), (1, 1, 0, 1)], [5])

    for quick, slow in (
        both(Mcts(), world, guide),
        both(Mcts(), circle, TableGuide()),
    ):
        assert quick == slow
        assert quick.status is Status.UNSOLVABLE


def test_priors_and_costs_are_read():
    edges = [(0, 1, 0, 7), (0, 2, 0, 1), (1, 3, 0, 0), (2, 3, 0, 2), (3, 4, 0, 5)]
    guide = TableGuide({0: np.log([0.9, 0.1])}, {0: 12.0, 1: 5.0, 2: 7.0, 3: 5.0})

    quick, slow = both(Mcts(), GraphWorld(edges, [4]), guide)

    assert quick == slow
    assert quick.cost == 12


def test_a_goal_at_the_start_and_limits_before_it():
    grounded = ground(blocks_task(["ab"], "on(b, a)"))
    world = StripsWorld(blocks_task(["ab"], "on(b, a)"))

    assert Mcts().run(GroundSpace(grounded), Uniform(), Meter()).steps == ()
    assert Mcts().run(world, TableGuide(), Meter()).steps == ()
    ended = Meter(Limits(expansions=0))
    far = GroundSpace(ground(blocks_task(["ab"], "on(a, b)")))
    assert Mcts().run(far, Uniform(), ended).reason == "expansions"


def test_a_world_of_the_users_own():
    world = planner.World(
        1, lambda n: ("+1", "*2"), lambda n, s: n + 1 if s == "+1" else 2 * n, lambda n: n == 100
    )

    outcome = Mcts().run(world, Uniform(), Meter(Limits(expansions=2000)))

    assert replay(world, outcome)


@pytest.mark.parametrize("prices", [(1, 1), (2, 7)])
def test_costs_of_steps_that_become_known_late_count(prices):
    def world():
        return planner.World(
            1,
            lambda n: (f"add {n % 50}", "double") if n < 400 else (),
            lambda n, step: 2 * n if step == "double" else n + 1,
            lambda n: n == 77,
            cost=lambda step: prices[step == "double"],
        )

    searched = world()
    quick = Mcts().run(searched, Uniform(), Meter(Limits(expansions=900)))
    slow = Mcts().run(world(), Uniform(), Meter(Limits(expansions=900)), trace=Unread())

    assert quick == slow
    assert replay(searched, quick)
