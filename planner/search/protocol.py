"""What every search is: a frozen value with one method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.result import Outcome

__all__ = ["Search"]


class Search(Protocol):
    """A search algorithm with its options; frozen, so that it can be named, hashed and printed.

    Implementations are frozen dataclasses whose fields are the options of the command line
    (``NAME:key=value``).
    """

    @property
    def name(self) -> str:
        """The name it is chosen by on the command line."""
        ...

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search from the initial state of ``space``.

        The meter's ``expanded`` grows by one with each expanded state, and `Meter.exceeded` is
        asked at least every 0.1 s of CPU; the first non-empty answer ends the search with
        `Status.LIMIT`, or with the best plan so far. The same arguments give the same outcome.
        """
        ...
