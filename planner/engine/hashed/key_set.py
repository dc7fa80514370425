"""A growing set of keys that takes whole batches.

Open addressing with linear probing and multiplicative hashing (Knuth 1973, section 6.4), at most
half full. A kernel inserts key by key; without Numba a batch goes in by rounds of NumPy, where each
round settles all keys whose place is free or their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.compiled import is_loaded

if TYPE_CHECKING:
    import numpy.typing as npt

    Keys = npt.NDArray[np.int64]
    Places = npt.NDArray[np.int64]

__all__ = ["KeySet"]

# Odd, next to 2**64 divided by the third power of the golden ratio: neighbouring keys fall far
# apart. Below 2**62, as images of kernels take no larger integers.
_MULTIPLIER = 4354685564936845355
# Keys that are inserted at once: repeated ones do not make the table grow for nothing.
_BATCH = 1 << 16
_SMALLEST = 1 << 10


class KeySet:
    """Distinct keys, none negative.

    Attributes:
        size: how many there are.
    """

    def __init__(self) -> None:
        self.size = 0
        self._table: Keys = np.full(_SMALLEST, -1, dtype=np.int64)
        self._owners: Places = np.zeros(0, dtype=np.int64)

    @property
    def size_bytes(self) -> int:
        """Memory of the table."""
        return self._table.nbytes + self._owners.nbytes

    def insert(self, keys: Keys) -> Keys:
        """Add keys; returns those that were not there, once each, in the order of their coming."""
        parts = [
            self._insert_batch(keys[start : start + _BATCH])
            for start in range(0, len(keys), _BATCH)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate([keys[:0], *parts])

    def _insert_batch(self, keys: Keys) -> Keys:
        self._reserve(self.size + len(keys))
        new = self._insert(keys)
        self.size += len(new)
        return new

    def _reserve(self, count: int) -> None:
        """Have room for so many keys, the table at most half full."""
        if 2 * count <= len(self._table):
            return
        known = self._table[self._table >= 0]
        self._table = np.full(1 << (4 * count - 1).bit_length(), -1, dtype=np.int64)
        self._owners = np.zeros(0, dtype=np.int64)
        self._insert(known)

    @property
    def _shift(self) -> int:
        return 64 - (len(self._table) - 1).bit_length()

    def _insert(self, keys: Keys) -> Keys:
        if is_loaded():
            from planner.engine.hashed.kernels import insert_keys

            new = np.empty(len(keys), dtype=np.int64)
            return new[: insert_keys(self._table, self._shift, _MULTIPLIER, keys, new)]
        return self._insert_by_rounds(keys)

    def _insert_by_rounds(self, keys: Keys) -> Keys:
        """The same without a kernel."""
        if len(self._owners) < len(self._table):
            self._owners = np.zeros(len(self._table), dtype=np.int64)
        mask = len(self._table) - 1
        with np.errstate(over="ignore"):
            places = ((keys * np.int64(_MULTIPLIER)) >> self._shift) & mask
        batch, waiting = keys, np.arange(len(keys), dtype=np.int64)
        is_new = np.zeros(len(keys), dtype=np.bool_)
        while len(waiting):
            there = self._table[places]
            free = np.flatnonzero(there == -1)
            if len(free):
                # Of several claims on one place the first one wins, so write it last.
                claims = free[::-1]
                self._owners[places[claims]] = waiting[claims]
                first = free[self._owners[places[free]] == waiting[free]]
                self._table[places[first]] = keys[first]
                is_new[waiting[first]] = True
                there = self._table[places]
            other = np.flatnonzero(there != keys)
            keys, waiting = keys[other], waiting[other]
            places = (places[other] + 1) & mask
        return batch[is_new]
