"""The cost of the best plan so far, in memory that several processes share.

The parent alone writes and its children read, so no lock is needed: the record begins and ends with
its number, and a reader that meets two numbers has come in the middle and looks again.
"""

from __future__ import annotations

import mmap
import struct
from fractions import Fraction

__all__ = ["Board"]

_RECORD = struct.Struct("=qqqq")
_TRIES = 100


class Board:
    """A cost that the process which made the board posts, and the processes it forks see."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _RECORD.size)
        self._number = 0

    def post(self, cost: Fraction) -> None:
        """Show a cost; one whose numbers do not fit is not shown."""
        self._number += 1
        try:
            record = _RECORD.pack(self._number, cost.numerator, cost.denominator, self._number)
        except struct.error:
            return
        self._memory[:] = record

    def cost(self) -> Fraction | None:
        """The cost shown, ``None`` before the first."""
        for _ in range(_TRIES):
            first, numerator, denominator, last = _RECORD.unpack(self._memory[:])
            if first == last:
                return Fraction(numerator, denominator) if first else None
        return None

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
