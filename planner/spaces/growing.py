"""Tables that grow while a search runs, and the numbering of their rows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray

__all__ = ["GrowingTable"]

_FIRST_CAPACITY = 256


class GrowingTable:
    """Numbers rows ``(symbol, arguments)`` in the order they are first met.

    Args:
        width: columns of the table.
        shown: by symbol how many arguments the table shows; all of them where it is not given.
    """

    def __init__(self, width: int, shown: Sequence[int] | None = None) -> None:
        self._shown = shown
        self._numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self._rows: list[tuple[int, tuple[int, ...]]] = []
        self._symbol: IntArray = np.zeros(_FIRST_CAPACITY, dtype=np.int32)
        self._arguments: IntArray = np.full((_FIRST_CAPACITY, width), -1, dtype=np.int32)
        self._copied = 0

    def __len__(self) -> int:
        return len(self._rows)

    def number(self, symbol: int, arguments: tuple[int, ...]) -> int:
        """The number of a row; a new row gets the next."""
        key = (symbol, arguments)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._rows)
            self._rows.append(key)
        return found

    def row(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Symbol and arguments of a row."""
        return self._rows[number]

    @property
    def table(self) -> Table:
        """The rows so far as columns; rows are copied once, when first asked for."""
        count = len(self._rows)
        if count > len(self._symbol):
            capacity = max(count, 2 * len(self._symbol))
            symbol: IntArray = np.zeros(capacity, dtype=np.int32)
            arguments: IntArray = np.full((capacity, self._arguments.shape[1]), -1, dtype=np.int32)
            symbol[: self._copied] = self._symbol[: self._copied]
            arguments[: self._copied] = self._arguments[: self._copied]
            self._symbol, self._arguments = symbol, arguments
        if self._copied < count:
            self._copy(self._copied, count)
            self._copied = count
        return Table(self._symbol[:count], self._arguments[:count])

    def _copy(self, start: int, end: int) -> None:
        """Copy rows, those of one length and symbol together."""
        place = start
        for (symbol, length), group in groupby(self._rows[start:end], key=_shape):
            rows = [row for _, row in group]
            after = place + len(rows)
            shown = length if self._shown is None else min(length, self._shown[symbol])
            self._symbol[place:after] = symbol
            if shown:
                self._arguments[place:after, :shown] = np.array(rows, dtype=np.int32)[:, :shown]
            place = after


def _shape(row: tuple[int, tuple[int, ...]]) -> tuple[int, int]:
    return row[0], len(row[1])
