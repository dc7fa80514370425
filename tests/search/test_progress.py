"""Searches that notice that they are lost."""

from __future__ import annotations

import numpy as np
import pytest

from planner.interfaces import Judgement
from planner.search.limits import Limits, Meter
from planner.search.progress import Place, Progress
from planner.search.regret import Regret
from planner.search.result import Status
from planner.search.tree import Node
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


def node_at(depth, state=0):
    return Node(depth, None, (), state, depth, 0, 0.0)


def test_nobody_is_lost_before_the_first_goal():
    # Given a search that goes round in circles before any goal is met.
    watch = Progress.of(world(4))
    place = Place(node_at(0), 0.0, 4)
    assert not watch.is_lost(place)
    for depth in range(1, 50):
        place = place.child(node_at(depth), 0.0, 4, new=False)
        assert not watch.is_lost(place)
    # When one is met and it does so again, then it is lost soon after.
    place = place.child(node_at(50), 0.0, 3, new=True)
    assert not watch.is_lost(place)
    lost = []
    for depth in range(51, 61):
        place = place.child(node_at(depth), 0.0, 3, new=False)
        lost.append(watch.is_lost(place))
    assert not lost[0]
    assert lost[-1]
    # When another is met, then it is not any more.
    assert not watch.is_lost(place.child(node_at(61), 0.0, 2, new=True))


def test_who_sees_something_new_is_not_lost():
    # Given a search that has met a goal.
    watch = Progress.of(world(4))
    place = Place(node_at(0), 0.0, 4)
    watch.is_lost(place)
    place = place.child(node_at(1), 0.0, 3, new=True)
    watch.is_lost(place)
    # When every state on a long way to the next shows something new, then that is no circle.
    for depth in range(2, 200):
        place = place.child(node_at(depth), 0.0, 3, new=True)
        assert not watch.is_lost(place)


def test_a_state_is_new_once_for_each_number_of_open_goals():
    space = world(4)
    watch, start = Progress.of(space), space.initial()
    assert watch.is_new(start, 4)
    assert not watch.is_new(start, 4)
    assert watch.is_new(start, 3)
    # When a step changes something, then what it leads to is new.
    step = int(space.legal_steps(start)[0])
    assert watch.is_new(space.successor(start, step), 4)
