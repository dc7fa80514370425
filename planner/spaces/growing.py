"""Tables that grow while a search runs, and the numbering of their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import Table

if TYPE_CHECKING:
    from planner.interfaces import IntArray

__all__ = ["GrowingTable"]

_FIRST_CAPACITY = 256


class GrowingTable:
    """Numbers rows ``(symbol, arguments)`` in the order they are first met."""

    def __init__(self, width: int) -> None:
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
        for number in range(self._copied, count):
            head, row = self._rows[number]
            self._symbol[number] = head
            self._arguments[number, : len(row)] = row
        self._copied = count
        return Table(self._symbol[:count], self._arguments[:count])
