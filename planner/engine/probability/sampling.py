"""Probabilities by drawing worlds, many at once, with an interval of confidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray

__all__ = ["Worlds", "interval"]

_Z_95 = 1.959963984540054


class Worlds:
    """Truth in each of a number of random worlds."""

    def __init__(
        self,
        chances: Sequence[float],
        groups: Sequence[Sequence[int]],
        count: int,
        seed: int,
    ) -> None:
        self._chances = chances
        self._before = {
            index: tuple(group[:place]) for group in groups for place, index in enumerate(group)
        }
        self._seed = seed
        self._count = count
        self._drawn: dict[int, BoolArray] = {}
        self.one: BoolArray = np.ones(count, dtype=np.bool_)
        self.zero: BoolArray = np.zeros(count, dtype=np.bool_)

    def choice(self, index: int) -> BoolArray:
        """Where a random choice comes true."""
        value = self._own(index)
        for other in self._before[index]:
            value = value & ~self._own(other)
        return value

    def _own(self, index: int) -> BoolArray:
        """Where a choice comes true if none before it in its group does."""
        found = self._drawn.get(index)
        if found is None:
            # A stream for each choice: the order in which they are asked for does not matter.
            generator = np.random.default_rng((self._seed, index))
            found = self._drawn[index] = generator.random(self._count) < self._chances[index]
        return found

    def times(self, left: BoolArray, right: BoolArray) -> BoolArray:
        """Conjunction."""
        return left & right

    def plus(self, left: BoolArray, right: BoolArray) -> BoolArray:
        """Disjunction."""
        return left | right

    def negation(self, value: BoolArray) -> BoolArray:
        """Negation."""
        return ~value

    def equal(self, left: BoolArray, right: BoolArray) -> bool:
        """Whether two values are the same in every world."""
        return bool(np.array_equal(left, right))


def interval(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, _Z_95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = share * (1 - share) / count + square / (4 * count * count)
    half = _Z_95 * math.sqrt(spread) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)
