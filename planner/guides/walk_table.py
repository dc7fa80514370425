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

    def steps(self, starts: int | LongArray, ends: int | LongArray) -> LongArray:
        """Steps of walks, `FAR` where there is no way; codes or columns of codes."""
        last = len(self._number) - 1
        rows = self._number[np.minimum(starts, last)]
        columns = self._number[np.minimum(ends, last)]
        if not self._filled[rows].all():
            self._fill(rows)
        found: LongArray = self._table[rows, columns]
        if np.any(rows == len(self._codes)):
            # What is no place is still no steps from itself.
            return np.where(np.equal(starts, ends), 0, found)
        return found

    def _fill(self, rows: LongArray) -> None:
        for row in np.unique(rows).tolist():
            if not self._filled[row]:
                for end, steps in self._ways_from(self._codes[row]).items():
                    self._table[row, self._number[end]] = steps
                self._filled[row] = True
