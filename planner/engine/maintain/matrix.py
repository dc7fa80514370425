"""A bit matrix that is kept at its fixpoint while its edges come and go.

Whatever a row has, the rows its edges lead to have too. So the rows of a strong component are
equal, and have the bits of their bases and of the rows that lead into the component. After a
change only components that it can reach are looked at, sources first, and only those with a
changed source are computed again: exact for additions and removals alike, cycles included, in
time at most linear in the edges within reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.matrix import MatrixFullError
from planner.engine.maintain import kernels
from planner.engine.maintain.kernels import Edges, Marks

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray

    Words = npt.NDArray[np.uint64]

__all__ = ["LiveMatrix", "Refreshed", "row_counts"]

_WORDS_LIMIT = 1 << 24
"""Words of the matrix, as many of its bases: 256 MB together."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Rows whose bits changed: their numbers, and their words before and after."""

    rows: IntArray
    old: Words
    new: Words


class LiveMatrix:
    """Rows of bits, their bases, and edges along which bits spread.

    Attributes:
        words: shape (capacity, width), at the fixpoint after `refresh`.
    """

    def __init__(self) -> None:
        self.words: Words = np.zeros((0, 1), dtype=np.uint64)
        self._base: Words = np.zeros((0, 1), dtype=np.uint64)
        self._bits = 0
        self._edges = Edges(*(np.full(0, -1, dtype=np.int32) for _ in Edges._fields))
        self._marks = _marks(0)
        self._free: list[int] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._seeds: dict[int, None] = {}
        self.reserve(1, 1)

    @property
    def width(self) -> int:
        """Words of a row."""
        return int(self.words.shape[1])

    def reserve(self, row_count: int, bit_count: int) -> None:
        """Have room for at least so many rows and bits.

        Raises:
            MatrixFullError: where this takes too much memory; nothing is changed then.
        """
        capacity, width = self.words.shape
        if row_count <= capacity and bit_count <= 64 * width:
            return
        needed = (bit_count + 63) // 64
        width = width if needed <= width else needed + needed // 2
        capacity = capacity if row_count <= capacity else max(64, row_count + row_count // 2)
        if capacity * width > _WORDS_LIMIT:
            raise MatrixFullError
        for name in ("words", "_base"):
            before = getattr(self, name)
            grown = np.zeros((capacity, width), dtype=np.uint64)
            grown[: before.shape[0], : before.shape[1]] = before
            setattr(self, name, grown)
        self._edges = self._edges._replace(
            first_out=_extended(self._edges.first_out, capacity),
            first_in=_extended(self._edges.first_in, capacity),
        )
        self._marks = _marks(capacity)

    def in_base(self, row: int, bit: int) -> bool:
        """Whether a bit is in a row's base."""
        return _has(self._base[row], bit)

    def flip_base(self, row: int, bit: int) -> None:
        """Set one bit of a row's base, or clear it."""
        # Bits are addressed by byte, here and in `listed_bits`, whatever the order of bytes.
        self._base[row].view(np.uint8)[bit >> 3] ^= 1 << (bit & 7)
        self._seeds[row] = None

    def connect(self, source: int, target: int) -> None:
        """Add an edge that is not there."""
        edge = self._free.pop() if self._free else len(self._numbers)
        if edge >= len(self._edges.sources):
            size = max(64, 2 * edge)
            grown = {n: _extended(getattr(self._edges, n), size) for n in _BY_EDGE}
            self._edges = self._edges._replace(**grown)
        self._numbers[source, target] = edge
        kernels.link(self._edges, edge, source, target)
        self._seeds[target] = None

    def disconnect(self, source: int, target: int) -> None:
        """Remove an edge that is there."""
        edge = self._numbers.pop((source, target))
        kernels.unlink(self._edges, edge)
        self._free.append(edge)
        self._seeds[target] = None

    def refresh(self) -> Refreshed:
        """Bring the rows to the fixpoint."""
        seeds = np.fromiter(self._seeds, dtype=np.int32, count=len(self._seeds))
        self._seeds.clear()
        self._marks.dirty[seeds] = True
        found = kernels.components_from(seeds, self._edges, self._marks)
        within = int(self._marks.starts[found])
        changed = np.empty(within, dtype=np.int32)
        old = np.empty((within, self.width), dtype=np.uint64)
        number = kernels.recompute(
            self.words, self._base, found, self._edges, self._marks, changed, old
        )
        rows = changed[:number].copy()
        return Refreshed(rows, old[:number].copy(), self.words[rows])

    def load_kernels(self) -> None:
        """Have the kernels that change edges loaded now, and not in the middle of an update."""
        self.connect(0, 0)
        self.disconnect(0, 0)

    def restore(self, refreshed: Refreshed) -> None:
        """Take back the last refresh; base bits and edges are the caller's to take back."""
        width = refreshed.old.shape[1]
        self.words[refreshed.rows, :width] = refreshed.old
        self.words[refreshed.rows, width:] = 0
        self._seeds.clear()

    def has(self, row: int, bit: int) -> bool:
        """Whether a bit is set."""
        return _has(self.words[row], bit)


_BY_EDGE = ("sources", "targets", "next_out", "next_in")


def _marks(capacity: int) -> Marks:
    numbers = {name: np.full(capacity + 1, -1, dtype=np.int32) for name in Marks._fields[:-1]}
    return Marks(**numbers, dirty=np.zeros(capacity + 1, dtype=np.bool_))


def _has(words: Words, bit: int) -> bool:
    return bool(int(words.view(np.uint8)[bit >> 3]) >> (bit & 7) & 1)


def _extended(array: IntArray, length: int) -> IntArray:
    longer = np.full(length, -1, dtype=np.int32)
    longer[: len(array)] = array
    return longer


def row_counts(words: Words) -> npt.NDArray[np.int64]:
    """How many bits are set in each row."""
    if hasattr(np, "bitwise_count"):
        counted: npt.NDArray[np.int64] = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
        return counted
    flags = np.unpackbits(words.view(np.uint8), axis=1)
    listed: npt.NDArray[np.int64] = flags.sum(axis=1, dtype=np.int64)
    return listed
