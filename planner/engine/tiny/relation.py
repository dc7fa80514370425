"""The rows of one predicate while the tiny tier runs."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Row: TypeAlias = tuple[int, ...]
    # Keys over one column are bare codes.
    Index: TypeAlias = Mapping[int | Row, Collection[Row]]

__all__ = ["Index", "Row", "TinyRelation"]


class TinyRelation:
    """Rows in a dictionary, with indexes that are built when they are first read.

    Attributes:
        rows: each row with the round it was derived in.
        fresh: rows derived since the last `flush`.
        delta: rows that the last `flush` added.
        room: how many rows may be derived between two flushes.
    """

    __slots__ = ("_lists", "arity", "columns", "delta", "fresh", "indexes", "name", "room", "rows")

    def __init__(self, name: str, arity: int) -> None:
        self.name = name
        self.arity = arity
        self.columns: list[Row] = []
        self.indexes: list[Index | None] = []
        self._lists: list[dict[int | Row, list[Row]] | None] = []
        self.rows: dict[Row, int] = {}
        self.fresh: dict[Row, None] = {}
        self.delta: list[Row] = []
        self.room = 0

    def index_on(self, columns: Row) -> int:
        """The number of the index on these columns, to be asked for when compiling."""
        if columns not in self.columns:
            self.columns.append(columns)
            self.indexes.append(None)
            self._lists.append(None)
        return self.columns.index(columns)

    def reset(self, rows: Iterable[Row], room: int) -> None:
        """Begin a run with these facts."""
        self.rows = dict.fromkeys(rows, 0)
        self.indexes = [None] * len(self.columns)
        self._lists = [None] * len(self.columns)
        self.fresh = {}
        self.delta = []
        self.room = room

    def build(self, number: int) -> Index:
        """Build an index over the rows there are."""
        index: dict[int | Row, list[Row]] = {}
        key_of = itemgetter(*self.columns[number])
        for row in self.rows:
            index.setdefault(key_of(row), []).append(row)
        self.indexes[number] = self._lists[number] = index
        return index

    def flush(self, round_number: int) -> int:
        """Take in what was derived; returns how many rows were added."""
        fresh = self.fresh
        self.delta = list(fresh)
        if not fresh:
            return 0
        self.fresh = {}
        self.rows.update(dict.fromkeys(fresh, round_number))
        for columns, index in zip(self.columns, self._lists, strict=True):
            if index is not None:
                key_of = itemgetter(*columns)
                for row in self.delta:
                    index.setdefault(key_of(row), []).append(row)
        return len(self.delta)

    def drop(self, rows: Iterable[Row]) -> None:
        """Remove rows that are there, between two layers; indexes are built anew."""
        for row in rows:
            del self.rows[row]
        self.indexes = [None] * len(self.columns)
        self._lists = [None] * len(self.columns)
