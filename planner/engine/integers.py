"""Codes for whole arrays of integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Int64Array = npt.NDArray[np.int64]

__all__ = ["number_integers"]

# A mark for each integer between the least and the greatest is cheaper than sorting up to here.
_MARKS_A_VALUE = 8
_MARKS = 4_096


def number_integers(
    values: Int64Array, known: Int64Array, is_integer: BoolArray
) -> tuple[IntArray, Int64Array]:
    """Number integers, going on from those that have a number.

    Args:
        values: to be numbered, in any order and repeated.
        known: by number, the integers there are.
        is_integer: by number, whether it is the number of an integer at all.

    Returns:
        The number of each value, and the values that got a new one, ascending.
    """
    different, ranks = _ranked(values)
    numbers = np.full(len(different), -1, dtype=np.int32)
    held = np.flatnonzero(is_integer)
    if len(held):
        held = held[np.argsort(known[held])]
        ordered = known[held]
        places = np.minimum(np.searchsorted(ordered, different), len(ordered) - 1)
        met = ordered[places] == different
        numbers[met] = held[places[met]]
    is_new = numbers < 0
    fresh = different[is_new]
    numbers[is_new] = np.arange(len(known), len(known) + len(fresh), dtype=np.int32)
    return numbers[ranks], fresh


def _ranked(values: Int64Array) -> tuple[Int64Array, npt.NDArray[np.intp]]:
    """The different values, ascending, and where each value is among them."""
    if not len(values):
        return values, np.zeros(0, dtype=np.intp)
    least, greatest = int(values.min()), int(values.max())
    span = greatest - least + 1
    if span > _MARKS_A_VALUE * len(values) + _MARKS:
        different, ranks = np.unique(values, return_inverse=True)
        return different, ranks
    offsets = values - least
    is_met = np.zeros(span, dtype=np.bool_)
    is_met[offsets] = True
    met = np.flatnonzero(is_met)
    if len(met) == span:
        return met + least, offsets
    rank_of = np.empty(span, dtype=np.intp)
    rank_of[met] = np.arange(len(met))
    return met + least, rank_of[offsets]
