"""What an update changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.engine.tiny.relation import Row

    Rows: TypeAlias = dict[Row, None]

__all__ = ["Difference"]


class Difference:
    """Rows that a predicate gained and lost.

    Args:
        later: works the rows out when they are first asked for; there is at least one.
    """

    __slots__ = ("_added", "_later", "_removed")

    def __init__(self, later: Callable[[], tuple[Rows, Rows]] | None = None) -> None:
        self._added: Rows = {}
        self._removed: Rows = {}
        self._later = later

    @staticmethod
    def of(added: Rows, removed: Rows) -> Difference:
        """A difference that is known."""
        difference = Difference()
        difference._added, difference._removed = added, removed
        return difference

    @property
    def added(self) -> Rows:
        """Rows gained."""
        self._settle()
        return self._added

    @property
    def removed(self) -> Rows:
        """Rows lost."""
        self._settle()
        return self._removed

    def reversed(self) -> Difference:
        """The way back."""
        later = self._later
        if later is not None:
            return Difference(lambda: later()[::-1])
        return Difference.of(self._removed, self._added)

    def __bool__(self) -> bool:
        return self._later is not None or bool(self._added or self._removed)

    def _settle(self) -> None:
        if self._later is not None:
            self._added, self._removed = self._later()
            self._later = None
