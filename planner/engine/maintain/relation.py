"""The rows of one predicate that come and go."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from planner.engine.tiny.relation import TinyRelation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.engine.tiny.relation import Index, Row

__all__ = ["ChangingRelation"]


class ChangingRelation(TinyRelation):
    """A relation whose rows can be taken away, from its indexes too, in constant time each."""

    __slots__ = ("_keyed",)

    def __init__(self, name: str, arity: int) -> None:
        super().__init__(name, arity)
        self._keyed: list[dict[int | Row, dict[Row, None]] | None] = []

    def reset(self, rows: Iterable[Row], room: int) -> None:
        """Begin with these rows."""
        super().reset(rows, room)
        self._keyed = [None] * len(self.columns)

    def build(self, number: int) -> Index:
        """Build an index over the rows there are."""
        index: dict[int | Row, dict[Row, None]] = {}
        key_of = itemgetter(*self.columns[number])
        for row in self.rows:
            index.setdefault(key_of(row), {})[row] = None
        self._keyed[number] = self.indexes[number] = index
        return index

    def flush(self, round_number: int) -> int:
        """Take in what was derived; returns how many rows were added."""
        self.delta = list(self.fresh)
        self.fresh = {}
        self.put(self.delta)
        return len(self.delta)

    def put(self, rows: Iterable[Row]) -> None:
        """Add rows that are not there."""
        rows = list(rows)
        self.rows.update(dict.fromkeys(rows, 0))
        for columns, index in zip(self.columns, self._keyed, strict=True):
            if index is not None:
                key_of = itemgetter(*columns)
                for row in rows:
                    index.setdefault(key_of(row), {})[row] = None

    def take(self, rows: Iterable[Row]) -> None:
        """Remove rows that are there."""
        rows = list(rows)
        for row in rows:
            del self.rows[row]
        for columns, index in zip(self.columns, self._keyed, strict=True):
            if index is not None:
                key_of = itemgetter(*columns)
                for row in rows:
                    del index[key_of(row)][row]
