"""What the kernels of bit matrices do, by NumPy: whole rows, and all edges of a row, at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import first_of_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["join_rows_at_once", "spread_by_rows"]

# Words of rows that are gathered at once: 8 MB.
_GATHERED = 1 << 20
# Edges of a row from which on looking at them together is faster than one by one.
_MANY = 3


def join_rows_at_once(
    words: Words, waiting: BoolArray, sources: IntArray, targets: IntArray
) -> None:
    """Give every target the bits of its source; targets that gain some have to wait."""
    order = np.argsort(targets, kind="stable")
    step = max(1, _GATHERED // words.shape[1])
    for start in range(0, len(order), step):
        part = order[start : start + step]
        ends = targets[part]
        starts = np.flatnonzero(first_of_each(ends))
        rows = ends[starts]
        new = np.bitwise_or.reduceat(words[sources[part]], starts, axis=0)
        new &= ~words[rows]
        gaining = np.flatnonzero(np.any(new, axis=1))
        words[rows[gaining]] |= new[gaining]
        waiting[rows[gaining]] = True


def spread_by_rows(
    words: Words, waiting: BoolArray, sources: IntArray, targets: IntArray, order: IntArray
) -> None:
    """Let the bits of the waiting rows spread along the edges until no row waits."""
    by_source = np.argsort(sources, kind="stable")
    targets = targets[by_source]
    ends = np.cumsum(np.bincount(sources, minlength=len(order))).tolist()
    listed = targets.tolist()
    while waiting.any():
        for row in order.tolist():
            if not waiting[row]:
                continue
            waiting[row] = False
            begin, end = ends[row - 1] if row else 0, ends[row]
            if end - begin < _MANY:
                for target in listed[begin:end]:
                    _join(words, waiting, row, target)
                continue
            rows = targets[begin:end]
            new = words[row] & ~words[rows]
            gains = np.logical_or.reduce(new, axis=1)
            if np.logical_or.reduce(gains):
                rows = rows[gains]
                words[rows] |= new[gains]
                waiting[rows] = True


def _join(words: Words, waiting: BoolArray, source: int, target: int) -> None:
    new = words[source] & ~words[target]
    if new.any():
        words[target] |= new
        waiting[target] = True
