"""All distances of a small map of fixed ways, in a table that is filled as places are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy.typing as npt

    LongArray: TypeAlias = "npt.NDArray[np.int64]"

__all__ = ["FAR", "WalkTable"]

FAR = 1 << 28
"""More steps than any walk: there is no way."""


class WalkTable:
    """Steps from place to place for the movers that no static fact tells apart.

    Args:
        places: codes of all places that a way leads from or to.
        ways_from: steps to every place that can be reached from one.
    """

    def __init__(
        self, places: Iterable[int], ways_from: Callable[[int], Mapping[int, int]]
    ) -> None:
        codes = sorted(places)
        self._codes = codes
        self._ways_from = ways_from
        # By code, the row of the table; what is no place has the last row and column.
        self._number: LongArray = np.full(max(codes, default=0) + 2, len(codes), dtype=np.int64)
        self._number[codes] = np.arange(len(codes))
        self._table: LongArray = np.full((len(codes) + 1, len(codes) + 1), FAR, dtype=np.int64)
        self._filled: npt.NDArray[np.bool_] = np.zeros(len(codes) + 1, dtype=np.bool_)
        self._filled[-1] = True
        self._unfilled = len(codes)

    def steps(self, starts: int | LongArray, ends: int | LongArray) -> LongArray:
        """Steps of walks, `FAR` where there is no way; codes or columns of codes."""
        # What is beyond the last place is no place, as the last code is.
        columns = self._number.take(ends, mode="clip")
        outside = len(self._codes)
        if isinstance(starts, int):
            row = int(self._number[min(starts, len(self._number) - 1)])
            if not self._filled[row]:
                self._fill([row])
            found: LongArray = self._table[row].take(columns)
            is_outside = row == outside
        else:
            rows = self._number.take(starts, mode="clip")
            if self._unfilled:
                self._fill(rows[~self._filled[rows]].tolist())
            found = self._table[rows, columns]
            is_outside = bool((rows == outside).any())
        if is_outside:
            # What is no place is still no steps from itself.
            return np.where(np.equal(starts, ends), 0, found)
        return found

    def _fill(self, rows: Iterable[int]) -> None:
        for row in dict.fromkeys(rows):
            for end, steps in self._ways_from(self._codes[row]).items():
                self._table[row, self._number[end]] = steps
            self._filled[row] = True
            self._unfilled -= 1
