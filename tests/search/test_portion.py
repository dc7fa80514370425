"""A part of a run's limits."""

from __future__ import annotations

import pytest

from planner.search.limits import Limits, Meter
from planner.search.portion import Portion, booked, time_share


class Stopped:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def wall(self) -> float:
        return self.now

    def cpu(self) -> float:
        return self.now


@pytest.mark.parametrize("what", ["expansions", "model_calls"])
def test_a_portion_has_no_more_than_the_run_has_left(what):
    # Given a run that has spent three of five
    counter = "expanded" if what == "expansions" else what
    whole = Meter(Limits(**{what: 5}))
    setattr(whole, counter, 3)

    # When a portion that asks for four spends one, then another
    with booked(Portion(whole, Limits(**{what: 4}))) as part:
        setattr(part, counter, 1)
        first = part.exceeded()
        setattr(part, counter, 2)

        # Then it stops at the second, and the run has spent all
        assert (first, part.exceeded()) == ("", what)
    assert getattr(whole, counter) == 5
    assert whole.exceeded() == what


def test_a_portion_stops_with_the_run_and_by_its_own_share():
    # Given a run of 10 s of which 2 s are over, and half of the rest
    clock = Stopped()
    whole = Meter(Limits(time_s=10), clock)
    clock.now = 2.0
    part = Portion(whole, time_share(whole, 0.5))

    # Then the portion ends after 4 s
    clock.now = 5.9
    assert part.exceeded() == ""
    clock.now = 6.0
    assert (part.exceeded(), whole.exceeded()) == ("time", "")

    # And an interrupt of the run reaches a portion without limits
    free = Portion(whole)
    whole.interrupt()
    assert free.exceeded() == "interrupt"
