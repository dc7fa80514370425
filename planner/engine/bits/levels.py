"""The steps in which the tuples of a layer on bit rows come, when all of a step come at once.

The step of a tuple is the height of its least proof. The layer is evaluated once more by a
compiled kernel, a step at a time and all bits of a row together, until what was asked about came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import first_of_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.engine.bits.record import BitRecord
    from planner.interfaces import IntArray

    Cells = tuple[IntArray, IntArray]
    Words = npt.NDArray[np.uint64]
    Log = tuple[Words, IntArray, IntArray, IntArray]

__all__ = ["Levels", "levels_can_be_found"]

# Bits of all rows: 128 MB for the matrices.
_CELLS = 1 << 28
# Entries of the log for each row to begin with; memory is taken as they are written.
_ENTRIES = 16
# Words a call of the kernel looks at, some hundredths of a second.
_WORDS = 30_000_000


def levels_can_be_found(record: BitRecord) -> bool:
    """Whether there are compiled kernels to find levels, and room for them."""
    from planner.engine import images
    from planner.engine.bits import kernels
    from planner.engine.jit import as_python
    from planner.engine.runs.compiled import can_load

    if record.row_count * len(record.values) > _CELLS:
        return False
    used = (kernels.rise, kernels.look_up)
    return can_load() and all(images.has_image(as_python(one)) for one in used)


class Levels:
    """The levels of a layer's tuples, found up to those that were asked about."""

    def __init__(self, record: BitRecord, stated: list[Cells], base: list[Cells]) -> None:
        """Begin with the tuples that are stated, and those that come a step later."""
        edges, rows = record.edges, record.row_count
        width = len(record.values) // 64 + 1
        came, now, after = (np.zeros((rows, width), np.uint64) for _ in range(3))
        for cells in stated:
            _set(now, *cells)
        for cells in base:
            _set(after, *cells)
        after &= ~now
        came |= now | after
        at_once, later = (np.flatnonzero(part.any(axis=1)) for part in (now, after))
        current, upcoming = np.zeros(rows, np.int32), np.zeros(rows, np.int32)
        current[: len(at_once)], upcoming[: len(later)] = at_once, later
        is_upcoming = np.zeros(rows, np.bool_)
        is_upcoming[later] = True
        self._words, self._rows = (came, now, after), (current, upcoming, is_upcoming)
        waits: IntArray = np.asarray((edges.rests_on[0] >= 0).sum(axis=1), dtype=np.int32)
        heads, following = _linked(edges.sources, np.flatnonzero(waits == 0), rows)
        self._edges = (edges.sources, edges.targets, waits, heads, following)
        self._woken = _woken(*edges.rests_on, rows)
        self._log = _first_log(now, at_once, max(len(at_once), _ENTRIES * rows))
        counts = [0, len(at_once), len(later), len(at_once)]
        self._progress = np.array(counts, dtype=np.int64)

    def find(self, row: int, bit: int) -> None:
        """See to the levels of a tuple that is there, and of all lower ones."""
        from planner.engine.bits.kernels import rise

        asked = np.array([row], dtype=np.int32), np.array([bit], dtype=np.int32)
        while self.of(*asked)[0] < 0 and self._progress[1:3].any():
            entries = int(self._progress[3])
            if entries + len(self._rows[0]) > len(self._log[1]):
                self._log = _longer(self._log, entries)
            arrays = (self._edges, self._woken, self._words, self._rows, self._log)
            rise(*arrays, row, bit, self._progress, _WORDS)

    def of(self, rows: IntArray, bits: IntArray) -> IntArray:
        """The levels of tuples; -1 where none is there, or it did not come yet."""
        from planner.engine.bits.kernels import look_up

        out = np.empty(len(rows), dtype=np.int32)
        look_up(self._log, rows, bits, out)
        return out


def _set(words: Words, rows: IntArray, bits: IntArray) -> None:
    # Bits are addressed by byte, as in `planner.engine.bits.matrix`.
    flat = words.view(np.uint8).reshape(-1)
    places = rows.astype(np.int64) * (8 * words.shape[1]) + (bits >> 3)
    np.bitwise_or.at(flat, places, np.left_shift(1, bits & 7).astype(np.uint8))


def _first_log(now: Words, rows: npt.NDArray[np.int64], room: int) -> Log:
    """The log after what is stated came."""
    entries = np.arange(len(rows), dtype=np.int32)
    logged = np.empty((room, now.shape[1]), dtype=np.uint64)
    logged[entries] = now[rows]
    steps, previous = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    steps[entries], previous[entries] = 0, -1
    last = np.full(len(now), -1, dtype=np.int32)
    last[rows] = entries
    return logged, steps, previous, last


def _longer(log: Log, entries: int) -> Log:
    logged, steps, previous, last = log
    room = 2 * len(steps)
    more = np.empty((room, logged.shape[1]), dtype=np.uint64)
    more_steps, more_previous = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    more[:entries], more_steps[:entries] = logged[:entries], steps[:entries]
    more_previous[:entries] = previous[:entries]
    return more, more_steps, more_previous, last


def _linked(sources: IntArray, edges: npt.NDArray[np.int64], rows: int) -> Cells:
    """The first edge of each row, and the next of each edge, of some edges."""
    heads = np.full(rows, -1, dtype=np.int32)
    following = np.full(len(sources), -1, dtype=np.int32)
    ordered = edges[np.argsort(sources[edges], kind="stable")]
    starts = first_of_each(sources[ordered])
    heads[sources[ordered[starts]]] = ordered[starts]
    goes_on = ~starts[1:]
    following[ordered[:-1][goes_on]] = ordered[1:][goes_on]
    return heads, following


def _woken(
    rows: IntArray, bits: IntArray, count: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """For each row where what edges wait for begins and ends; its bits; the edges."""
    edges, columns = np.nonzero(rows >= 0)
    needed = rows[edges, columns]
    order = np.argsort(needed, kind="stable")
    ends = np.cumsum(np.bincount(needed, minlength=count)).astype(np.int32)
    begins = np.concatenate([np.zeros(1, dtype=np.int32), ends[:-1]])
    waiting = bits[edges, columns][order].astype(np.int32)
    return begins, ends, waiting, edges[order].astype(np.int32)
