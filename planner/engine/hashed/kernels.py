"""The loop of a hash set of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Keys = npt.NDArray[np.int64]

__all__ = ["insert_keys"]


@kernel
def insert_keys(table: Keys, shift: int, multiplier: int, keys: Keys, new: Keys) -> int:
    """Put keys into a table of open addressing, at most half full afterwards.

    An empty place is -1. Keys that were not there go to ``new`` in their order, once each; returns
    their number.
    """
    mask = len(table) - 1
    count = 0
    for key in keys:
        place = ((key * multiplier) >> shift) & mask
        while table[place] != key and table[place] != -1:
            place = (place + 1) & mask
        if table[place] == -1:
            table[place] = key
            new[count] = key
            count += 1
    return count
