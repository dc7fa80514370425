"""A relation of the runs tier behind the interface of `planner.engine.extension`."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from planner.engine.runs.relation import Relation
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["RunsExtension"]

# Rows from which on an index is not made for the first questions, and how many these are.
_INDEXED = 20_000
_SCANS = 60


class RunsExtension:
    """The rows of one predicate after an evaluation."""

    __slots__ = ("_last", "_scans", "relation")

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self._scans: dict[tuple[int, ...], int] = {}
        self._last: tuple[object, Keys] | None = None

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        if self.relation.part_count:
            return f"{self.relation.part_count} relations, split by a column's values"
        return f"columns, {self.relation.representation}"

    def __len__(self) -> int:
        return self.relation.size

    def rows(self) -> IntArray:
        """All rows as codes, shape (n, arity), in lexicographic order."""
        return self.relation.rows()

    def contains(self, row: tuple[int, ...]) -> bool:
        """Whether a row is there."""
        if not row or not self.relation.size:
            return self.relation.size > 0 and len(row) == self.relation.arity
        return bool(self._positions(tuple(range(len(row))), row))

    def matching(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Rows that have the key in those columns, in order of derivation."""
        relation = self.relation
        if not columns:
            return [tuple(row) for row in relation.rows().tolist()]
        positions = self._positions(columns, key)
        return [tuple(int(relation.column(c)[p]) for c in range(relation.arity)) for p in positions]

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        if not columns:
            return self.relation.size
        if self._is_scanned(columns):
            return len(self._scanned(columns, key))
        return sum(count for _, _, count in self._stretches(columns, key))

    def round_of(self, row: tuple[int, ...]) -> int:
        """The round in which a row that is there was derived, 0 for facts."""
        position = self._positions(tuple(range(len(row))), row)[0] if row else 0
        rounds = self.relation.rounds
        return rounds[bisect_right(rounds, position, key=itemgetter(1))][0]

    def _positions(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[int]:
        if self._is_scanned(columns):
            scanned: list[int] = self._scanned(columns, key).tolist()
            return scanned
        found: list[int] = []
        for order, first, count in self._stretches(columns, key):
            found += order[first : first + count].tolist()
        return found

    def _is_scanned(self, columns: tuple[int, ...]) -> bool:
        """Whether to look through the columns: a few times that takes less than an index."""
        relation = self.relation
        if relation.size < _INDEXED or relation.has_index(columns):
            return False
        scans = self._scans[columns] = self._scans.get(columns, 0) + 1
        return scans <= _SCANS

    def _scanned(self, columns: tuple[int, ...], key: tuple[int, ...]) -> Keys:
        """Positions of the rows with a key; the last answer is kept, as counts come first."""
        if self._last is not None and self._last[0] == (columns, key):
            return self._last[1]
        first, *others = [
            self.relation.column(c) == code for c, code in zip(columns, key, strict=True)
        ]
        for other in others:
            first &= other
        found = np.flatnonzero(first)
        self._last = (columns, key), found
        return found

    def _stretches(
        self, columns: tuple[int, ...], key: tuple[int, ...]
    ) -> Iterator[tuple[IntArray, int, int]]:
        relation = self.relation
        # A constant interned after the evaluation may have more bits than keys have room for.
        if max(key) >> relation.bits:
            return
        probes = [np.array([code], dtype=np.int32) for code in key]
        for order, first, count in relation.index(columns).probe(probes, relation.size):
            yield order, int(first[0]), int(count[0])
