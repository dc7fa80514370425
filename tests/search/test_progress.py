"""Searches that notice that they are lost."""

from __future__ import annotations

import numpy as np
import pytest

from planner.interfaces import Judgement
from planner.search.limits import Limits, Meter
from planner.search.progress import Progress
from planner.search.regret import Regret
from planner.search.result import Status
from tests.search.worlds import StripsWorld, delivery_task, replay

ROAD = 40


class _Driver:
    """Delivers what is at hand, but beyond the first delivery prefers to drive on and on."""

    name = "driver"

    def bind(self, space):
        self._space = space
        return self

    def judge(self, states, steps):
        return [Judgement(log_prior=self._prior(legal)) for legal in steps]

    def _prior(self, legal):
        likes = [self._liking(self._space.describe(step)) for step in legal.tolist()]
        return np.array(likes) - np.logaddexp.reduce(likes)

    def _liking(self, step):
        if step.name != "drive":
            return 3.0 if "p0" in step.arguments else -0.2
        here, there = (int(place[1:]) for place in step.arguments[-2:])
        return 0.0 if there > here else -1.0


def world(goals):
    return StripsWorld(delivery_task(ROAD, [(0, 1), (3, 2), (2, 3), (3, 1)][:goals]))


def attempt():
    return Regret().run(world(4), _Driver(), Meter(Limits(expansions=2000)))


def test_a_search_that_is_lost_returns_to_where_it_last_got_on(monkeypatch):
    # Given a policy that drives past what is left to do, to the end of a long road.
    outcome = attempt()
    assert outcome.status is Status.SOLVED
    assert replay(world(4), outcome)
    # When the same search does not watch its progress, then it finds no plan by then.
    monkeypatch.setattr(Progress, "of", staticmethod(lambda space: None))
    assert attempt().status is Status.LIMIT


@pytest.mark.parametrize("goals", [1, 2])
def test_few_goals_say_nothing_of_progress(goals):
    assert Progress.of(world(goals)) is None
    assert Progress.of(world(3)) is not None


def test_nobody_is_lost_before_the_first_goal():
    from planner.search.progress import Place
    from planner.search.tree import Node

    # Given a long way on which no goal is met.
    space = world(4)
    watch = Progress.of(space)
    place = Place(Node(0, None, (), space.initial(), 0, 0, 0.0), 0.0, 4)
    assert not watch.is_lost(place)
    for depth in range(1, 100):
        node = Node(depth, place.node, (), space.initial(), depth, 0, 0.0)
        place = place.child(node, 0.0, 4)
        # Then that is no reason to turn back.
        assert not watch.is_lost(place)
    # When one is met, then as long a way to the next is none either, but a longer one is.
    place = place.child(Node(100, place.node, (), 0, 100, 0, 0.0), 0.0, 3)
    assert not watch.is_lost(place)
    for depth in range(101, 202):
        place = place.child(Node(depth, place.node, (), 0, depth, 0, 0.0), 0.0, 3)
        lost = watch.is_lost(place)
        assert lost == (depth > 200)
