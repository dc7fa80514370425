"""Membership of numbers in numbers, by sorting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray

__all__ = ["is_among"]


def is_among(codes: npt.NDArray[np.int64], others: npt.NDArray[np.int64]) -> BoolArray:
    """Which codes occur among the others.

    `numpy.isin` hashes: on the millions of pairs of a large task it took over ten times as long.
    """
    if len(others) == 0:
        return np.zeros(len(codes), dtype=np.bool_)
    ordered = np.sort(others)
    places = np.minimum(np.searchsorted(ordered, codes), len(ordered) - 1)
    found: BoolArray = ordered[places] == codes
    return found
