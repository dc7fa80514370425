"""Ragged lists of numbers, as pairs of owner and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray, IntArray

__all__ = ["Lists"]


@dataclass(frozen=True, slots=True)
class Lists:
    """``count`` lists of distinct int32 values; pairs are sorted by owner, then by value."""

    count: int
    owner: IntArray
    value: IntArray

    @staticmethod
    def empty(count: int) -> Lists:
        """Lists without values."""
        nothing: IntArray = np.zeros(0, dtype=np.int32)
        return Lists(count, nothing, nothing)

    @staticmethod
    def of_columns(columns: Sequence[IntArray], count: int) -> Lists:
        """One value a column and list; negative values and repetitions are left out."""
        if not columns or not count:
            return Lists.empty(count)
        matrix = np.sort(np.stack(columns, axis=1), axis=1)
        keep = matrix >= 0
        keep[:, 1:] &= matrix[:, 1:] != matrix[:, :-1]
        owner = np.repeat(np.arange(count, dtype=np.int32), keep.sum(axis=1))
        return Lists(count, owner, matrix[keep])

    @staticmethod
    def of_pairs(owner: IntArray, value: IntArray, count: int) -> Lists:
        """Pairs in any order; repetitions are left out."""
        width = int(value.max()) + 1 if len(value) else 1
        keys = np.sort(owner.astype(np.int64) * width + value)
        keys = keys[np.diff(keys, prepend=-1) != 0]
        return Lists(count, (keys // width).astype(np.int32), (keys % width).astype(np.int32))

    @staticmethod
    def stacked(parts: Sequence[Lists]) -> Lists:
        """The lists of several, one after another."""
        if not parts:
            return Lists.empty(0)
        starts = np.cumsum([0, *(part.count for part in parts)])
        owners = [part.owner + np.int32(start) for part, start in zip(parts, starts, strict=False)]
        values = np.concatenate([part.value for part in parts])
        return Lists(int(starts[-1]), np.concatenate(owners), values)

    def merged(self, *others: Lists) -> Lists:
        """List by list the values of all."""
        parts = [part for part in (self, *others) if len(part.value)]
        if len(parts) <= 1:
            return parts[0] if parts else self
        owner = np.concatenate([part.owner for part in parts])
        return Lists.of_pairs(owner, np.concatenate([part.value for part in parts]), self.count)

    def without(self, other: Lists) -> Lists:
        """List by list the values that the other does not have."""
        if not len(self.value) or not len(other.value):
            return self
        width = max(int(self.value.max()), int(other.value.max())) + 1
        mine = self.owner.astype(np.int64) * width + self.value
        theirs = other.owner.astype(np.int64) * width + other.value
        place = np.minimum(np.searchsorted(theirs, mine), len(theirs) - 1)
        return self.filtered(theirs[place] != mine)

    def filtered(self, keep: BoolArray) -> Lists:
        """The pairs where ``keep`` is true."""
        return self if keep.all() else Lists(self.count, self.owner[keep], self.value[keep])

    def rows_with(self, flags: BoolArray) -> BoolArray:
        """Which lists have a value whose pair is flagged."""
        found: BoolArray = np.zeros(self.count, dtype=np.bool_)
        found[self.owner[flags]] = True
        return found

    def selected(self, keep: BoolArray) -> Lists:
        """The lists where ``keep`` is true, renumbered."""
        if keep.all():
            return self
        number = np.cumsum(keep, dtype=np.int32) - np.int32(1)
        pairs = keep[self.owner]
        return Lists(int(keep.sum()), number[self.owner[pairs]], self.value[pairs])

    def reordered(self, order: IntArray) -> Lists:
        """The lists in another order: list ``i`` becomes what list ``order[i]`` was."""
        place: IntArray = np.empty(self.count, dtype=np.int32)
        place[order] = np.arange(self.count, dtype=np.int32)
        return Lists.of_pairs(place[self.owner], self.value, self.count)

    def sizes(self) -> IntArray:
        """The length of each list."""
        sizes: IntArray = np.bincount(self.owner, minlength=self.count).astype(np.int32)
        return sizes

    def mapped(self, numbers: IntArray) -> Lists:
        """Values replaced by ``numbers[value]``, and sorted again where that needs it."""
        value = numbers[self.value]
        same_list = self.owner[1:] == self.owner[:-1]
        if bool(np.all((value[1:] > value[:-1]) | ~same_list)):
            return Lists(self.count, self.owner, value)
        return Lists.of_pairs(self.owner, value, self.count)

    def csr(self) -> Csr:
        """The lists laid end to end."""
        offsets: IntArray = np.zeros(self.count + 1, dtype=np.int32)
        np.cumsum(self.sizes(), out=offsets[1:])
        return Csr(offsets, self.value)
