"""A part of a run's limits for one of its searches, and the account of what it spent."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from planner.search.limits import Limits, Meter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Portion", "booked", "time_share"]

AnyPortion = TypeVar("AnyPortion", bound="Portion")


class Portion(Meter):
    """A meter with limits of its own that also stops whenever the whole run has to stop.

    Args:
        whole: the meter of the run.
        limits: of the portion, never more than what the run has left of expansions and model calls.
    """

    def __init__(self, whole: Meter, limits: Limits | None = None) -> None:
        own, most = limits or Limits(), whole.limits
        own = replace(
            own,
            expansions=_least(own.expansions, most.expansions, whole.expanded),
            model_calls=_least(own.model_calls, most.model_calls, whole.model_calls),
        )
        super().__init__(own, whole.clock)
        self.whole = whole
        self.incumbent = whole.incumbent

    def exceeded(self) -> str:
        """The reason to stop, also when only the portion is used up."""
        return self.whole.exceeded() or super().exceeded()


def _least(own: int | None, most: int | None, spent: int) -> int | None:
    """The portion's bound and what is left of the whole run's, whichever is the smaller."""
    bounds = [own, None if most is None else max(0, most - spent)]
    return min((bound for bound in bounds if bound is not None), default=None)


def time_share(whole: Meter, part: float) -> Limits:
    """A part (0 to 1) of the time that a run has left."""
    limits = whole.limits
    return Limits(
        time_s=None if limits.time_s is None else part * max(0.0, limits.time_s - whole.wall_s),
        cpu_s=None if limits.cpu_s is None else part * max(0.0, limits.cpu_s - whole.cpu_s),
    )


@contextmanager
def booked(part: AnyPortion) -> Iterator[AnyPortion]:
    """Book a portion's expansions and model calls to the whole run afterwards."""
    try:
        yield part
    finally:
        part.whole.expanded += part.expanded
        part.whole.model_calls += part.model_calls
        part.whole.model_s += part.model_s
