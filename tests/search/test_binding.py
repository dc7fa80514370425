"""Guides that take long to prepare heed the limits of the run."""

from __future__ import annotations

import pytest

from planner.errors import LimitError
from planner.guides.combine import Bayes, Combined
from planner.guides.landmarks.guide import LandmarkCount
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.search.binding import bind_guide
from planner.search.limits import Meter
from planner.search.registry import parse_search
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from tests.search.worlds import blocks_task, replay

TASK = blocks_task(["abcdef", "gh"], "on(a, g) & on(f, b)")


class Patience(Meter):
    """A meter whose run is interrupted the so manieth time it is asked."""

    def __init__(self, questions):
        super().__init__()
        self._left = questions

    def exceeded(self):
        self._left -= 1
        if self._left < 0:
            self.interrupt()
        return super().exceeded()


class Unread:
    def expanded(self, expansion):
        pass


@pytest.fixture
def space():
    return GroundSpace(ground(TASK))


@pytest.mark.parametrize(
    "guide",
    [
        LandmarkCount(),
        Combined((RelaxationGuide("h_ff"), LandmarkCount())),
        Bayes(Uniform(), LandmarkCount()),
    ],
)
def test_the_search_for_landmarks_ends_when_the_meter_says_so(space, guide):
    with pytest.raises(LimitError, match="interrupt"):
        bind_guide(guide, space, Patience(20))


def test_bound_in_time_a_guide_judges_as_ever(space):
    guide, state = Bayes(Uniform(), LandmarkCount()), space.initial()
    legal = space.legal_steps(state)

    (judged,) = bind_guide(guide, space, Meter()).judge([state], [legal])

    (wanted,) = guide.bind(space).judge([state], [legal])
    assert (judged.log_prior == wanted.log_prior).all()


@pytest.mark.parametrize("trace", [None, Unread()])
@pytest.mark.parametrize("name", ["gbfs", "lazy", "relay"])
def test_best_first_searches_end_while_landmarks_are_sought(space, name, trace):
    search, guide = parse_search(name), Combined((RelaxationGuide("h_ff"), LandmarkCount()))

    for questions in range(1, 30, 5):
        outcome = search.run(space, guide, Patience(questions), trace=trace)

        assert (outcome.status, outcome.reason) == (Status.LIMIT, "interrupt")
    assert replay(space, search.run(space, guide, Meter(), trace=trace))


@pytest.mark.parametrize("name", ["levin", "gumbel", "alternate"])
def test_searches_by_policy_end_while_landmarks_are_sought(space, name):
    outcome = parse_search(name).run(space, LandmarkCount(), Patience(20))

    assert (outcome.status, outcome.reason, outcome.expanded) == (Status.LIMIT, "interrupt", 0)
