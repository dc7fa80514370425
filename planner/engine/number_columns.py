"""The numbers of a goal's predicate in columns of atoms, as floats.

Floats are a multiple faster than fractions, and guides and models need no more.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import ForesightSpace

if TYPE_CHECKING:
    from planner.interfaces import Changes, FloatArray, IntArray, StepSpace
    from planner.kr.number_goals import NumberGoal

__all__ = ["NumberColumns", "padded"]

_MOST = 10**300
"""Larger numbers, which need not fit a float, are taken for this."""


class NumberColumns:
    """Reads the numbers of one space's atoms, each constant once."""

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._foresight = space if isinstance(space, ForesightSpace) else None
        self._known: dict[int, float] = {}

    def of_atoms(self, goal: NumberGoal, atoms: IntArray) -> FloatArray:
        """The number in the place of a goal in each atom, not-a-number where there is none."""
        table = self._space.atoms
        return self._read(goal, table.symbol[atoms], table.arguments[atoms])

    def made(self, goal: NumberGoal, changes: Changes) -> FloatArray:
        """The numbers that steps make, as `padded`; shape (steps, the most that one makes)."""
        values = self._read(goal, changes.symbol, changes.arguments)
        there = ~np.isnan(values)
        return padded(changes.step[there], values[there], len(changes.kept))

    def _read(self, goal: NumberGoal, symbol: IntArray, arguments: IntArray) -> FloatArray:
        found = np.full(len(symbol), np.nan)
        fits = np.flatnonzero(symbol == goal.predicate)
        found[fits] = [self._number(code) for code in arguments[fits, goal.place].tolist()]
        return found

    def _number(self, code: int) -> float:
        found = self._known.get(code)
        if found is None:
            near = self._foresight
            value = self._space.constants[code] if near is None else near.constant(code)
            found = np.nan
            if isinstance(value, int | Fraction):
                found = float(max(min(value, _MOST), -_MOST))
            self._known[code] = found
        return found


def padded(row: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Values in rows, in order, each row filled up with not-a-number.

    Args:
        row: shape (n,), the row of each value, ascending.
        values: shape (n,).
        count: how many rows there are.
    """
    lengths = np.bincount(row, minlength=count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found = np.full((count, int(lengths.max(initial=0))), np.nan)
    found[row, place] = values
    return found
