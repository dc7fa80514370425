"""Rows of codes as single 64-bit keys.

Each code takes the same number of bits, so keys order as rows do. Where a row does not fit into
63 bits, its first columns are interned: a number stands for each combination met so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["KeySpace", "first_of_each", "group_rows", "stable_order"]

_KEY_BITS = 63
_INTERNED_BITS = 31


class KeySpace:
    """Keys for rows of ``width`` codes below ``2**bits``.

    Attributes:
        is_direct: whether keys are the packed codes themselves and can be decoded.
        domain: number of possible keys when direct.
    """

    def __init__(self, bits: int, width: int) -> None:
        self.bits = bits
        self.width = width
        self.is_direct = bits * width <= _KEY_BITS
        self.domain = 1 << (bits * width) if self.is_direct else 1 << _KEY_BITS
        self._chunk = _KEY_BITS // bits
        self._next = (_KEY_BITS - _INTERNED_BITS) // bits
        self._interners: list[_Interner] = []

    def encode(self, columns: Sequence[IntArray], *, extend: bool = True) -> Keys:
        """Keys of rows given by columns, at least one.

        Combinations never met get -1 when ``extend`` is off.
        """
        if self.is_direct:
            return self._pack(None, columns)
        keys = self._pack(None, columns[: self._chunk])
        position, level = self._chunk, 0
        while position < self.width:
            if level == len(self._interners):
                self._interners.append(_Interner())
            numbers = self._interners[level].numbers(keys, extend=extend)
            part = columns[position : position + self._next]
            keys = np.where(numbers < 0, -1, self._pack(numbers, part))
            position += self._next
            level += 1
        return keys

    def decode(self, keys: Keys) -> list[IntArray]:
        """The columns of direct keys."""
        mask = (1 << self.bits) - 1
        return [
            ((keys >> (self.bits * (self.width - 1 - i))) & mask).astype(np.int32)
            for i in range(self.width)
        ]

    def _pack(self, start: Keys | None, columns: Sequence[IntArray]) -> Keys:
        keys = columns[0].astype(np.int64) if start is None else start
        for column in columns[1:] if start is None else columns:
            keys = (keys << self.bits) | column
        return keys


class _Interner:
    """Numbers for keys, in order of first meeting within sorted batches."""

    def __init__(self) -> None:
        self._keys = np.zeros(0, dtype=np.int64)
        self._numbers = np.zeros(0, dtype=np.int64)

    def numbers(self, keys: Keys, *, extend: bool) -> Keys:
        found = self._find(keys)
        if extend and (found < 0).any():
            new = np.sort(keys[found < 0])
            new = new[first_of_each(new)]
            merged = np.concatenate([self._keys, new])
            order = np.argsort(merged, kind="stable")
            numbers = np.concatenate(
                [self._numbers, np.arange(len(self._keys), len(merged), dtype=np.int64)]
            )
            self._keys, self._numbers = merged[order], numbers[order]
            found = self._find(keys)
        return found

    def _find(self, keys: Keys) -> Keys:
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[place] == keys, self._numbers[place], -1)


def first_of_each(ordered: npt.NDArray[np.signedinteger]) -> BoolArray:
    """Where a sorted array has a value it did not have before."""
    first = np.empty(len(ordered), dtype=np.bool_)
    if len(ordered):
        first[0] = True
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first


def stable_order(keys: Keys, domain: int) -> Keys:
    """Positions in order of key, equal keys in order of position; keys are below ``domain``."""
    count = len(keys)
    position_bits = max(1, count).bit_length()
    if domain.bit_length() + position_bits <= 63:
        # Sorting plain integers is several times faster than sorting positions by key.
        joined = np.sort((keys << position_bits) | np.arange(count, dtype=np.int64))
        return joined & ((1 << position_bits) - 1)
    return np.argsort(keys, kind="stable")


def group_rows(columns: Sequence[IntArray], bits: int) -> tuple[Keys, Keys]:
    """Equal rows as groups: the row that stands for each group, and the group of each row."""
    space = KeySpace(bits, len(columns))
    keys = space.encode(columns)
    order = stable_order(keys, space.domain)
    first = first_of_each(keys[order])
    group = np.empty(len(keys), dtype=np.int64)
    group[order] = np.cumsum(first) - 1
    return order[first], group
