"""A set of facts by predicate, with indexes made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.kr.terms import Constant

__all__ = ["Facts", "Row"]

Row: TypeAlias = "tuple[Constant, ...]"
# A dict stands in for an ordered set, so that nothing depends on hashes.
_Rows: TypeAlias = "dict[Row, None]"


class Facts:
    """Rows of constants by predicate.

    An index maps the values in some places to the rows that have them; it is built by the first
    look-up with those places bound and kept up to date from then on.
    """

    def __init__(self) -> None:
        self._rows: dict[str, _Rows] = {}
        self._indexes: dict[str, dict[tuple[int, ...], dict[Row, _Rows]]] = {}

    def add(self, predicate: str, row: Row) -> bool:
        """Add a fact; False when it was there."""
        rows = self._rows.setdefault(predicate, {})
        if row in rows:
            return False
        rows[row] = None
        for places, index in self._indexes.get(predicate, {}).items():
            index.setdefault(tuple(row[p] for p in places), {})[row] = None
        return True

    def remove(self, predicate: str, row: Row) -> bool:
        """Remove a fact; False when it was not there."""
        rows = self._rows.get(predicate, {})
        if row not in rows:
            return False
        del rows[row]
        for places, index in self._indexes.get(predicate, {}).items():
            del index[tuple(row[p] for p in places)][row]
        return True

    def clear(self, predicate: str) -> None:
        """Remove all facts of a predicate."""
        self._rows.pop(predicate, None)
        self._indexes.pop(predicate, None)

    def holds(self, predicate: str, row: Row) -> bool:
        """Whether a fact is in the set."""
        rows = self._rows.get(predicate)
        return rows is not None and row in rows

    def count(self, predicate: str) -> int:
        """Number of facts of a predicate."""
        return len(self._rows.get(predicate, ()))

    def rows(self, predicate: str) -> Iterable[Row]:
        """All facts of a predicate, oldest first."""
        return self._rows.get(predicate, {}).keys()

    def matching(
        self, predicate: str, places: tuple[int, ...], values: Sequence[Constant]
    ) -> Iterable[Row]:
        """The facts with the given values in the given places."""
        if not places:
            return self.rows(predicate)
        indexes = self._indexes.setdefault(predicate, {})
        index = indexes.get(places)
        if index is None:
            index = indexes[places] = {}
            for row in self._rows.get(predicate, ()):
                index.setdefault(tuple(row[p] for p in places), {})[row] = None
        return index.get(tuple(values), {}).keys()
