"""A part of a run's limits for one of its searches, and the account of what it spent."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from planner.search.limits import Limits, Meter

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Portion", "portion"]


class Portion(Meter):
    """A meter that stops after so many expansions, and whenever the whole run has to stop."""

    def __init__(self, whole: Meter, expansions: int | None = None) -> None:
        left = whole.limits.expansions
        if left is not None:
            left = whole.expansions_left(left if expansions is None else expansions)
        super().__init__(Limits(expansions=expansions if left is None else left), whole.clock)
        self.whole = whole

    def exceeded(self) -> str:
        """The reason to stop; ``expansions`` also when only the portion is used up."""
        return self.whole.exceeded() or super().exceeded()


@contextmanager
def portion(whole: Meter, expansions: int | None = None) -> Iterator[Portion]:
    """A portion whose expansions and model calls are booked to the whole run afterwards."""
    part = Portion(whole, expansions)
    try:
        yield part
    finally:
        whole.expanded += part.expanded
        whole.model_calls += part.model_calls
