"""The loops of the runs tier that NumPy needs several passes for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["expand", "insert_dense"]


@kernel
def expand(
    first: Keys, counts: Keys, order: IntArray, start: int, left: IntArray, rows: IntArray
) -> None:
    """Write out each probe with each of its matches.

    Probe ``start + i`` has the rows ``order[first[i]]`` to ``order[first[i] + counts[i] - 1]``;
    ``left`` and ``rows`` have one place for each pair.
    """
    place = 0
    for probe in range(len(counts)):
        begin = first[probe]
        for row in range(begin, begin + counts[probe]):
            left[place] = start + probe
            rows[place] = order[row]
            place += 1


@kernel
def insert_dense(seen: BoolArray, keys: Keys, new: Keys) -> int:
    """Mark keys as seen; those that were not go to ``new``, once each. Returns their number."""
    count = 0
    for key in keys:
        if not seen[key]:
            seen[key] = True
            new[count] = key
            count += 1
    return count
