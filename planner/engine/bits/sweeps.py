"""What the kernels of bit matrices do, without them: whole rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import first_of_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["link_at_once", "spread_by_rows"]

# Words of a row up to which it is spread as an integer.
_NARROW = 1 << 11
# Edges of a row from which on looking at them together is faster than one by one.
_MANY = 3


def link_at_once(heads: IntArray, following: IntArray, sources: IntArray, start: int) -> None:
    """Put edges from ``start`` on in front of the lists of their sources."""
    edges = np.argsort(sources[start:], kind="stable").astype(np.int32) + np.int32(start)
    if not len(edges):
        return
    starts = first_of_each(sources[edges])
    following[edges[1:]] = edges[:-1]
    following[edges[starts]] = heads[sources[edges[starts]]]
    ends = np.append(starts[1:], True)
    heads[sources[edges[ends]]] = edges[ends]


def spread_by_rows(
    words: Words, waiting: BoolArray, sources: IntArray, targets: IntArray, order: IntArray
) -> None:
    """Let the bits of the waiting rows spread along the edges until no row waits."""
    by_source = np.argsort(sources, kind="stable")
    targets = targets[by_source]
    ends = np.cumsum(np.bincount(sources, minlength=len(order))).tolist()
    if words.shape[1] <= _NARROW:
        _spread_as_integers(words, waiting, targets.tolist(), ends, order.tolist())
    else:
        _spread_as_arrays(words, waiting, targets, ends, order.tolist())


def _spread_as_integers(
    words: Words, waiting: BoolArray, targets: list[int], ends: list[int], order: list[int]
) -> None:
    """Rows as long integers, of which an operation takes less time than a call of NumPy."""
    size = 8 * words.shape[1]
    data = words[: len(order)].tobytes()
    rows = [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
    waits = waiting[: len(order)].tolist()
    has_gained = [False] * len(order)
    while True in waits:
        for row in order:
            if not waits[row]:
                continue
            waits[row] = False
            bits = rows[row]
            for target in targets[ends[row - 1] if row else 0 : ends[row]]:
                old = rows[target]
                new = old | bits
                if new != old:
                    rows[target] = new
                    waits[target] = has_gained[target] = True
    gained = np.flatnonzero(has_gained)
    joined = b"".join([rows[row].to_bytes(size, "little") for row in gained.tolist()])
    words[gained] = np.frombuffer(joined, dtype=words.dtype).reshape(len(gained), words.shape[1])
    waiting[: len(order)] = False


def _spread_as_arrays(
    words: Words, waiting: BoolArray, targets: IntArray, ends: list[int], order: list[int]
) -> None:
    """All edges of a row at a time."""
    listed = targets.tolist()
    while waiting.any():
        for row in order:
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
