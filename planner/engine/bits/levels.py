"""The steps in which the tuples of a layer on bit rows come, when all of a step come at once.

The step of a tuple is the height of its least proof. The layer is evaluated once more by a
compiled kernel, a step at a time and all bits of a row together, until what was asked about came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import stable_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.engine.bits.record import BitEdges, BitRecord
    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Cells = tuple[IntArray, IntArray]
    Words = npt.NDArray[np.uint64]
    Log = tuple[Words, IntArray, IntArray, IntArray]

__all__ = ["Below", "Levels", "levels_can_be_found"]

# Bits of all rows: 128 MB for the matrices.
_CELLS = 1 << 28
# Entries of the log for each row to begin with; memory is taken as they are written.
_ENTRIES = 16
# Words a call of the kernel looks at, some hundredths of a second; edges, which take longer.
_WORDS, _LOOKS = 30_000_000, 1_000_000
# Tuples of a proof there is room for to begin with.
_TUPLES = 1_024


def levels_can_be_found(record: BitRecord) -> bool:
    """Whether there are compiled kernels to find levels, and room for them."""
    from planner.engine import images
    from planner.engine.bits import kernels
    from planner.engine.jit import as_python
    from planner.engine.runs.compiled import can_load

    if record.row_count * len(record.values) > _CELLS:
        return False
    used = (kernels.rise, kernels.descend)
    return can_load() and all(images.has_image(as_python(one)) for one in used)


@dataclass(frozen=True, slots=True)
class Below:
    """The tuples that a least proof uses, by level, lowest first.

    Attributes:
        levels: how high each is.
        rows: that they are in.
        bits: of the rows.
        edges: the edge that each comes along, its place among `BitRecord.incoming`; -1 for none.
    """

    levels: IntArray
    rows: IntArray
    bits: IntArray
    edges: IntArray


class Levels:
    """The levels of a layer's tuples, found up to those that were asked about."""

    def __init__(self, record: BitRecord, stated: list[Cells], base: list[Cells]) -> None:
        """Begin with the tuples that are stated, and those that come a step later."""
        edges, rows = record.edges, record.row_count
        width = len(record.values) // 64 + 1
        coming, came = (np.zeros((rows, width), np.uint64) for _ in range(2))
        for cells in stated:
            _set(came, *cells)
            _set(coming, *cells)
        for cells in base:
            _set(coming, *cells)
        at_once = np.flatnonzero(came.any(axis=1))
        later = np.flatnonzero((coming != came).any(axis=1))
        current, upcoming = np.zeros(rows, np.int32), np.zeros(rows, np.int32)
        current[: len(at_once)], upcoming[: len(later)] = at_once, later
        is_upcoming = np.zeros(rows, np.bool_)
        is_upcoming[later] = True
        self._words, self._rows = (coming, came), (current, upcoming, is_upcoming)
        waits: IntArray = np.asarray((edges.rests_on[0] >= 0).sum(axis=1), dtype=np.int32)
        self._width, self._incoming = width, record.incoming
        self._edges = (edges.sources, waits, *_outgoing(edges, waits > 0, rows))
        self._woken = _woken(*edges.rests_on, rows, width)
        self._log = _first_log(came, at_once, max(len(at_once), _ENTRIES * rows))
        counts = [0, len(at_once), len(later), len(at_once)]
        self._progress = np.array(counts, dtype=np.int64)

    def find(self, row: int, bit: int) -> None:
        """See to the levels of a tuple that is there, and of all lower ones."""
        from planner.engine.bits.kernels import rise

        while self.level(row, bit) < 0 and self._progress[1:3].any():
            entries = int(self._progress[3])
            if entries + len(self._rows[0]) > len(self._log[1]):
                self._log = _longer(self._log, entries)
            arrays = (self._edges, self._woken, self._words, self._rows, self._log)
            rise(*arrays, row, bit, self._progress, _WORDS)

    def level(self, row: int, bit: int) -> int:
        """The level of a tuple, -1 where it is not there or did not come yet."""
        logged, steps, previous, last = self._log
        entry = int(last[row])
        while entry >= 0 and not int(logged[entry, bit >> 6]) >> (bit & 63) & 1:
            entry = int(previous[entry])
        return int(steps[entry]) if entry >= 0 else -1

    def below(self, row: int, bit: int) -> Below:
        """What a least proof of a tuple uses, once `find` has seen to its level."""
        from planner.engine.bits.kernels import descend

        incoming = self._incoming
        edges = incoming.ends, incoming.rows, incoming.bits
        seen = np.zeros((len(self._rows[0]), self._width), dtype=np.uint64)
        rows, bits, levels, chosen = (np.empty(_TUPLES, dtype=np.int32) for _ in range(4))
        rows[0], bits[0] = row, bit
        _set(seen, rows[:1], bits[:1])
        progress = np.array([0, 1], dtype=np.int64)
        while progress[0] < progress[1]:
            found = rows, bits, levels, chosen
            descend(edges, self._log, seen, found, progress, _LOOKS)
            if progress[1] + incoming.rows.shape[1] > len(rows):
                rows, bits, levels, chosen = (np.resize(part, 2 * len(part)) for part in found)
        rows, bits, levels, chosen = (part[: int(progress[1])] for part in found)
        order = np.lexsort((bits, rows, levels))
        return Below(levels[order], rows[order], bits[order], chosen[order])


def _set(words: Words, rows: IntArray, bits: IntArray) -> None:
    # Bits are addressed by byte, as in `planner.engine.bits.matrix`.
    flat = words.view(np.uint8).reshape(-1)
    places = rows.astype(np.int64) * (8 * words.shape[1]) + (bits >> 3)
    np.bitwise_or.at(flat, places, np.left_shift(1, bits & 7).astype(np.uint8))


def _first_log(came: Words, rows: npt.NDArray[np.int64], room: int) -> Log:
    """The log after what is stated came."""
    entries = np.arange(len(rows), dtype=np.int32)
    logged = np.empty((room, came.shape[1]), dtype=np.uint64)
    logged[entries] = came[rows]
    steps, previous = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    steps[entries], previous[entries] = 0, -1
    last = np.full(len(came), -1, dtype=np.int32)
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


def _outgoing(
    edges: BitEdges, is_waiting: BoolArray, rows: int
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """Edges by source, those that wait for nothing first: as `rise` takes them."""
    keys = 2 * edges.sources.astype(np.int64) + is_waiting
    numbers = stable_order(keys, 2 * rows)
    places = np.empty(len(numbers), dtype=np.int32)
    places[numbers] = np.arange(len(numbers), dtype=np.int32)
    ends = np.cumsum(np.bincount(keys, minlength=2 * rows)).astype(np.int32)
    begins = np.concatenate([np.zeros(1, dtype=np.int32), ends[1:-1:2]])
    return begins, ends[::2].copy(), edges.targets[numbers], numbers.astype(np.int32), places


def _woken(
    rows: IntArray, bits: IntArray, count: int, width: int
) -> tuple[Words, IntArray, IntArray, IntArray]:
    """The tuples that edges rest on, and by word of a row the edges: as `rise` takes them."""
    edges, columns = np.nonzero(rows >= 0)
    needed, waiting = rows[edges, columns], bits[edges, columns]
    asked = np.zeros((count, width), dtype=np.uint64)
    _set(asked, needed, waiting)
    words = needed.astype(np.int64) * width + (waiting >> 6)
    order = stable_order(words, count * width)
    ends = np.zeros(count * width + 1, dtype=np.int32)
    np.cumsum(np.bincount(words, minlength=count * width), out=ends[1:])
    return asked, ends, waiting[order], edges[order].astype(np.int32)
