"""Finding rows of codes by number, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray, IntArray

    Column: TypeAlias = "IntArray | int"

__all__ = ["RowIndex", "distinct_neighbours", "ranges"]

_DENSE_ENTRIES = 1 << 22
_KEY_LIMIT = 1 << 62


class RowIndex:
    """The position of each row of a table of distinct rows.

    A row is packed into one integer, by the spans of the columns; small domains get a table of
    all their keys, others a sorted list, and rows too wide for 62 bits are packed in two stages.
    """

    def __init__(self, rows: IntArray) -> None:
        self.count, width = rows.shape
        low = rows.min(axis=0) if self.count else np.zeros(width, dtype=np.int32)
        high = rows.max(axis=0) if self.count else np.zeros(width, dtype=np.int32) - 1
        self._low = [int(v) for v in low]
        self._span = [int(h) - int(v) + 1 for h, v in zip(high, low, strict=True)]
        self._prefix: RowIndex | None = None
        size = 1
        for span in self._span:
            size *= span
        if size >= _KEY_LIMIT:
            self._split(rows)
            return
        keys, _ = self._keys(list(rows.T), self.count)
        self._dense: IntArray | None = None
        if size <= max(_DENSE_ENTRIES, 4 * self.count):
            self._dense = np.full(size, -1, dtype=np.int32)
            self._dense[keys] = np.arange(self.count, dtype=np.int32)
            return
        self._order: IntArray | None = None
        if not distinct_neighbours(keys, ascending=True).all():
            self._order = np.argsort(keys, kind="stable").astype(np.int32)
            keys = keys[self._order]
        self._sorted = keys

    def find(self, columns: Sequence[Column], count: int) -> IntArray:
        """The positions of ``count`` rows given by columns, -1 for those not in the table.

        A column that is one integer stands in every row.
        """
        if self.count == 0:
            return np.full(count, -1, dtype=np.int32)
        if self._prefix is not None:
            half = self._half
            first = self._prefix.find(columns[:half], count)
            return self._rest.find([first, *columns[half:]], count)
        keys, inside = self._keys(columns, count)
        if self._dense is not None:
            found: IntArray = self._dense[keys]
        else:
            place = np.searchsorted(self._sorted, keys)
            place[place == len(self._sorted)] = 0
            match = self._sorted[place] == keys
            positions = place if self._order is None else self._order[place]
            found = np.where(match, positions, -1).astype(np.int32)
        if inside is not None:
            found = np.where(inside, found, np.int32(-1))
        return found

    def _keys(
        self, columns: Sequence[Column], count: int
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], BoolArray | None]:
        """Packed rows, and which of them lie within the spans (``None`` when all do)."""
        keys = np.zeros(count, dtype=np.int64)
        inside: BoolArray | None = None
        for column, low, span in zip(columns, self._low, self._span, strict=True):
            if isinstance(column, int):
                if not low <= column < low + span:
                    return np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
                keys = keys * span + (column - low)
                continue
            shifted = column - np.int32(low)
            # As unsigned numbers negative ones are too large as well.
            within = shifted.view(np.uint32) < np.uint32(span)
            if not within.all():
                inside = within if inside is None else inside & within
                shifted = np.where(within, shifted, np.int32(0))
            keys *= span
            keys += shifted
        return keys, inside

    def _split(self, rows: IntArray) -> None:
        self._half = max(1, rows.shape[1] // 2)
        first = rows[:, : self._half]
        order = np.lexsort(first.T[::-1])
        changed = np.any(first[order][1:] != first[order][:-1], axis=1)
        distinct = first[order][np.concatenate([[True], changed])]
        self._prefix = RowIndex(np.ascontiguousarray(distinct))
        codes = self._prefix.find(list(first.T), self.count)
        self._rest = RowIndex(np.column_stack([codes, rows[:, self._half :]]).astype(np.int32))


def distinct_neighbours(
    keys: np.ndarray[tuple[int], np.dtype[np.int64]], *, ascending: bool = False
) -> BoolArray:
    """Where each key differs from (or exceeds) the one before it; true at the first."""
    flags: BoolArray = np.ones(len(keys), dtype=np.bool_)
    flags[1:] = keys[1:] > keys[:-1] if ascending else keys[1:] != keys[:-1]
    return flags


def ranges(starts: IntArray, counts: IntArray) -> IntArray:
    """The numbers ``starts[i], starts[i] + 1, ...``, ``counts[i]`` of them, laid end to end."""
    total = int(counts.sum())
    ends = np.cumsum(counts)
    first = np.repeat(starts - (ends - counts), counts)
    return (first + np.arange(total)).astype(np.int32)
