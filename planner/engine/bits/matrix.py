"""A growing bit matrix, and the edges along which bits spread from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from planner.engine import kernels
from planner.engine.bits.sweeps import link_at_once, spread_by_rows
from planner.engine.jit import HAS_NUMBA, as_python
from planner.engine.runs.compiled import can_load, is_loaded

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["BitMatrix", "MatrixFullError", "count_bits", "listed_bits"]

# Words of one matrix: 256 MB.
_WORDS_LIMIT = 1 << 25
# Bits that are listed at once, a byte each.
_LISTED_BITS = 1 << 24
# Word operations of NumPy that take less time than importing Numba, and than loading its images.
_SHORT, _SHORTER = 20_000_000, 2_000_000

_Scalar = TypeVar("_Scalar", bound=np.generic)


class MatrixFullError(Exception):
    """The matrix would take more than its share of memory: another representation is used."""


class BitMatrix:
    """Rows of bits; whatever a row has or gets, the targets of its edges get.

    Attributes:
        words: shape (capacity, width); the first ``count`` rows are in use.
        width: words of a row.
        count: number of rows.
    """

    kind = "bit rows"

    def __init__(self, bit_count: int, words_limit: int | None = None) -> None:
        self._words_limit = _WORDS_LIMIT if words_limit is None else words_limit
        self.width = (bit_count + 63) // 64
        self.count = 0
        self.words: Words = np.zeros((0, self.width), dtype=np.uint64)
        self._waiting: BoolArray = np.zeros(0, dtype=np.bool_)
        self._heads: IntArray = np.zeros(0, dtype=np.int32)
        self._following: IntArray = np.zeros(0, dtype=np.int32)
        self._sources: IntArray = np.zeros(0, dtype=np.int32)
        self._targets: IntArray = np.zeros(0, dtype=np.int32)
        self._edge_count = 0
        self._order: IntArray = np.zeros(0, dtype=np.int32)
        self._ordered_edges = 0
        self._linked = 0

    def grow(self, count: int) -> None:
        """Have at least so many rows.

        Raises:
            MatrixFullError: when it may not be that large.
        """
        if count * self.width > self._words_limit:
            raise MatrixFullError
        if count > len(self.words):
            capacity = min(max(count, 2 * len(self.words)), self._words_limit // self.width)
            words = np.zeros((capacity, self.width), dtype=np.uint64)
            words[: self.count] = self.words[: self.count]
            self.words = words
            self._waiting = _extended(self._waiting, capacity, False)
            self._heads = _extended(self._heads, capacity, -1)
        self.count = max(self.count, count)

    def set_bits(self, rows: IntArray, bits: IntArray) -> None:
        """Set single bits, which `spread` then takes further."""
        # Bits are addressed by byte, here and in `listed_bits`, whatever the order of bytes.
        flat = self.words.view(np.uint8).reshape(-1)
        places = rows.astype(np.int64) * (8 * self.width) + (bits >> 3)
        np.bitwise_or.at(flat, places, np.left_shift(1, bits & 7).astype(np.uint8))
        self._waiting[rows] = True

    @property
    def has_edges(self) -> bool:
        """Whether bits of one row spread to another."""
        return self._edge_count > 0

    def add_bits(self, rows: IntArray, words: Words) -> None:
        """Set bits of different rows, which `spread` then takes further."""
        self.words[rows] |= words
        self._waiting[rows] = True

    def connect(self, sources: IntArray, targets: IntArray) -> None:
        """Add edges, along which `spread` lets bits spread."""
        start, end = self._edge_count, self._edge_count + len(sources)
        if end > len(self._targets):
            room = max(end, 2 * start)
            self._sources = _extended(self._sources, room, -1)
            self._targets = _extended(self._targets, room, -1)
            self._following = _extended(self._following, room, -1)
        self._sources[start:end] = sources
        self._targets[start:end] = targets
        self._edge_count = end
        if self._is_short(len(sources)):
            self._waiting[sources] = True
        else:
            kernels.join_rows(self.words, self._waiting, sources, targets)

    def spread(self) -> None:
        """Let bits spread along the edges until nothing changes."""
        if not self.has_edges:
            self._waiting[:] = False
            return
        is_short = self._is_short(self._edge_count)
        link = link_at_once if is_short else kernels.link
        link(self._heads, self._following, self._sources[: self._edge_count], self._linked)
        self._linked = self._edge_count
        self._order_rows(is_short=is_short)
        edges, order = slice(0, self._edge_count), self._order
        if is_short:
            sources, targets = self._sources[edges], self._targets[edges]
            spread_by_rows(self.words, self._waiting, sources, targets, order)
        else:
            kernels.spread(
                self.words, self._waiting, self._heads, self._following, self._targets, order
            )

    def _is_short(self, edges: int) -> bool:
        """Whether NumPy is done with so many edges before kernels would be loaded."""
        if is_loaded():
            return False
        operations = edges * max(self.width, 64)
        if operations > _SHORTER and can_load():
            return False
        return not HAS_NUMBA or operations <= _SHORT

    def _order_rows(self, *, is_short: bool) -> None:
        """Rows so that most edges lead forward; renewed when there are half as many edges again."""
        if 2 * self._edge_count > 3 * self._ordered_edges:
            self._ordered_edges = self._edge_count
            self._order = self._sources_first(is_short=is_short)
        elif len(self._order) < self.count:
            later = np.arange(len(self._order), self.count, dtype=np.int32)
            self._order = np.concatenate([self._order, later])

    def _sources_first(self, *, is_short: bool) -> IntArray:
        count = self.count
        edges, targets = self._heads[:count].copy(), self._targets[: self._edge_count]
        following = self._following[: self._edge_count]
        order = np.empty(count, dtype=np.int32)
        if is_short:
            # Plain Python is faster over lists than over arrays.
            run: Callable[..., None] = as_python(kernels.sources_first)
            places = [0] * count
            work = ([False] * count, [0] * count, places)
            run(edges.tolist(), following.tolist(), targets.tolist(), *work)
            order[:] = places
        else:
            is_seen, path = np.zeros(count, dtype=np.bool_), np.empty_like(order)
            kernels.sources_first(edges, following, targets, is_seen, path, order)
        return order

    def bit_count_of(self, rows: Keys) -> int:
        """How many bits some rows have in all."""
        return count_bits(self.words if len(rows) == len(self.words) else self.words[rows])

    def cells(self, rows: Keys) -> tuple[Keys, Keys]:
        """The position among ``rows``, and the number, of each bit that is set."""
        return listed_bits(self.words[rows])

    def has_bit(self, row: int, bit: int) -> bool:
        """Whether one bit is set."""
        byte = int(self.words[row].view(np.uint8)[bit >> 3])
        return bool(byte >> (bit & 7) & 1)

    def having(self, rows: Keys, bit: int) -> BoolArray:
        """Which of some rows have a bit."""
        byte = self.words.view(np.uint8)[rows, bit >> 3]
        has: BoolArray = np.not_equal(byte & (1 << (bit & 7)), 0)
        return has


def listed_bits(words: Words) -> tuple[Keys, Keys]:
    """The row and the number of each bit that is set, row by row."""
    step = max(1, _LISTED_BITS // max(1, 64 * words.shape[1]))
    rows: list[Keys] = [np.zeros(0, dtype=np.int64)]
    bits: list[Keys] = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(words), step):
        part = np.ascontiguousarray(words[start : start + step])
        flags = np.unpackbits(part.view(np.uint8), axis=1, bitorder="little").view(np.bool_)
        width = flags.shape[1]
        places = np.flatnonzero(flags)
        rows.append(places // width + start)
        bits.append(places % width)
    return np.concatenate(rows), np.concatenate(bits)


def count_bits(words: Words) -> int:
    """How many bits are set."""
    if hasattr(np, "bitwise_count"):
        return int(np.bitwise_count(words).sum(dtype=np.int64))
    of_byte = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1)
    return int(np.bincount(words.view(np.uint8).reshape(-1), minlength=256) @ of_byte)


def _extended(array: npt.NDArray[_Scalar], length: int, filler: int | bool) -> npt.NDArray[_Scalar]:
    longer = np.full(length, filler, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
