"""Which row of a bit matrix a combination of codes has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import KeySpace, first_of_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.engine.bits.lists import RowLists
    from planner.engine.bits.matrix import BitMatrix
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["RowNumbers"]

_TABLE_DOMAIN = 1 << 22


class RowNumbers:
    """Numbers of matrix rows for the combinations of one predicate, given out as they come.

    Attributes:
        bits: that a code may take.
    """

    def __init__(self, bits: int, width: int) -> None:
        self.bits = bits
        self._space = KeySpace(bits, width)
        assert self._space.is_direct
        self._keys: list[Keys] = []
        self._rows: list[Keys] = []
        self._table: IntArray | None = None
        self._ordered: tuple[Keys, Keys] = (np.zeros(0, np.int64), np.zeros(0, np.int64))
        if self._space.domain <= _TABLE_DOMAIN:
            # Zero stands for none, as memory that was never written costs nothing.
            self._table = np.zeros(self._space.domain, dtype=np.int32)

    def numbers(self, columns: Sequence[IntArray], matrix: BitMatrix | RowLists) -> IntArray:
        """The row of each combination; new ones get the next rows of the matrix."""
        keys = self._space.encode(columns)
        found = self.find(keys)
        missing = found < 0
        if missing.any():
            new = np.sort(keys[missing])
            self._add(new[first_of_each(new)], matrix)
            found = self.find(keys)
        return found

    def find(self, keys: Keys) -> IntArray:
        """The row of each key, -1 where it has none."""
        if self._table is not None:
            return self._table[keys] - 1
        ordered, rows = self._ordered
        if not len(ordered):
            return np.full(len(keys), -1, dtype=np.int32)
        place = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
        return np.where(ordered[place] == keys, rows[place], -1).astype(np.int32)

    def keys(self, columns: Sequence[IntArray]) -> Keys:
        """The keys of combinations of codes given by columns."""
        return self._space.encode(columns)

    def key(self, row: Sequence[int]) -> Keys:
        """The key of one combination of codes."""
        return self._space.encode([np.array([code], dtype=np.int32) for code in row])

    def matching(self, places: Sequence[int], codes: Sequence[int]) -> tuple[Keys, list[IntArray]]:
        """The rows that have some codes in some places, and the columns of their combinations."""
        if len(places) == self._space.width:
            key = self.key([codes[places.index(place)] for place in range(len(places))])
            found = self.find(key)
            rows, columns = found[found >= 0].astype(np.int64), self._space.decode(key[found >= 0])
            return rows, columns
        rows, columns = self.all()
        if not places:
            return rows, columns
        chosen = np.logical_and.reduce(
            [columns[p] == c for p, c in zip(places, codes, strict=True)]
        )
        return rows[chosen], [column[chosen] for column in columns]

    def _add(self, new: Keys, matrix: BitMatrix | RowLists) -> None:
        rows = np.arange(matrix.count, matrix.count + len(new), dtype=np.int64)
        matrix.grow(matrix.count + len(new))
        self._keys.append(new)
        self._rows.append(rows)
        if self._table is not None:
            self._table[new] = rows + 1
            return
        ordered = np.concatenate([self._ordered[0], new])
        order = np.argsort(ordered, kind="stable")
        numbers = np.concatenate([self._ordered[1], rows])
        self._ordered = (ordered[order], numbers[order])

    def none(self) -> tuple[Keys, list[IntArray]]:
        """No rows, in the form of `all`."""
        return np.zeros(0, np.int64), [np.zeros(0, np.int32)] * self._space.width

    def all(self) -> tuple[Keys, list[IntArray]]:
        """All rows given out, and the columns of their combinations."""
        if not self._keys:
            return self.none()
        return np.concatenate(self._rows), self._space.decode(np.concatenate(self._keys))
