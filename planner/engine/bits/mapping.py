"""Clauses that change both columns: rows lead to rows, and bits to bits.

With the bits of a relation as a matrix S, the edges between rows as P and those between bits as Q,
such a clause adds P S Q. Rows are ORed word by word; to do the same for bits the changed rows are
transposed, and transposed back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.compiled import kernels_for
from planner.engine.runs.packing import first_of_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.engine.bits.matrix import BitMatrix
    from planner.interfaces import BoolArray, IntArray

    Words = npt.NDArray[np.uint64]

__all__ = ["BitMapping", "transposed"]

# Words of rows that NumPy gathers at once: 32 MB.
_GATHERED = 1 << 22
# Of transposing by a kernel, in units of what kernels save a row otherwise.
_GAIN = 4


class BitMapping:
    """The edges of one clause between rows, and between bits."""

    def __init__(self, bit_count: int, bit_sources: IntArray, bit_targets: IntArray) -> None:
        self._height = -(-bit_count // 64) * 64
        order = np.argsort(bit_targets, kind="stable")
        # Of one type with the numbers of rows, as kernels are compiled for.
        self._bit_sources = bit_sources[order].astype(np.int32, copy=False)
        self._bit_targets = bit_targets[order].astype(np.int32, copy=False)
        self._sources = np.zeros(0, dtype=np.int32)
        self._targets = np.zeros(0, dtype=np.int32)
        self._new: list[IntArray] = []

    def connect(self, sources: IntArray, targets: IntArray) -> None:
        """Add edges between rows."""
        self._new.append(sources)
        targets = np.concatenate([self._targets, targets])
        order = np.argsort(targets, kind="stable")
        self._sources = np.concatenate([self._sources, sources])[order]
        self._targets = targets[order]

    def new_sources(self, count: int) -> BoolArray:
        """Which rows have edges that were added since the last call."""
        chosen = np.zeros(count, dtype=np.bool_)
        for sources in self._new:
            chosen[sources] = True
        self._new = []
        return chosen

    def apply(self, matrix: BitMatrix, changed: BoolArray) -> IntArray:
        """Give targets of changed rows the mapped bits; returns the rows that gain some."""
        chosen = np.flatnonzero(changed[self._sources])
        if not len(chosen):
            return np.zeros(0, dtype=np.int32)
        sources, targets = self._sources[chosen], self._targets[chosen]
        place = np.zeros(len(changed), dtype=np.int32)
        place[sources] = 1
        rows = np.flatnonzero(place)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        mapped = self._mapped(matrix.words[rows])
        gaining = targets[first_of_each(targets)]
        place_of = np.zeros(len(changed), dtype=np.int32)
        place_of[gaining] = np.arange(len(gaining), dtype=np.int32)
        gained = _collect(mapped, place[sources], place_of[targets], len(gaining))
        gained &= ~matrix.words[gaining]
        has_new = gained.any(axis=1)
        gaining = gaining[has_new]
        matrix.add_bits(gaining, gained[has_new])
        return gaining

    def _mapped(self, words: Words) -> Words:
        turned = transposed(words)
        mapped = _collect(turned, self._bit_sources, self._bit_targets, self._height)
        return transposed(mapped)[: len(words)]


def transposed(words: Words) -> Words:
    """The transpose of a bit matrix of whole words, its height padded to a multiple of 64."""
    height, width = words.shape
    blocks = -(-height // 64)
    if height != 64 * blocks:
        padded = np.zeros((64 * blocks, width), dtype=np.uint64)
        padded[:height] = words
        words = padded
    if kernels_for(words.size, _GAIN) is not None:
        from planner.engine.bits.kernels import transpose_blocks

        out = np.zeros((64 * width, blocks), dtype=np.uint64)
        transpose_blocks(words, np.empty(64, dtype=np.uint64), out)
        return out
    return _transposed_by_halves(words.reshape(blocks, 64, width))


def _transposed_by_halves(blocks: Words) -> Words:
    """The same without a kernel: all blocks of 64 x 64 bits at once."""
    count, _, width = blocks.shape
    turned = np.array(blocks.transpose(1, 2, 0), order="C").reshape(64, -1)
    mask, half = 0xFFFFFFFF, 32
    while half:
        pairs = turned.reshape(32 // half, 2, half, -1)
        upper, lower = pairs[:, 0], pairs[:, 1]
        swap = upper >> np.uint64(half)
        swap ^= lower
        swap &= np.uint64(mask)
        lower ^= swap
        swap <<= np.uint64(half)
        upper ^= swap
        half //= 2
        mask ^= (mask << half) & 0xFFFFFFFFFFFFFFFF
    return np.ascontiguousarray(
        turned.reshape(64, width, count).transpose(1, 0, 2).reshape(64 * width, count)
    )


def _collect(words: Words, sources: IntArray, targets: IntArray, height: int) -> Words:
    """A matrix whose target rows have the bits of all their source rows; targets are sorted."""
    found = np.zeros((height, words.shape[1]), dtype=np.uint64)
    if kernels_for(len(sources) * words.shape[1]) is not None:
        from planner.engine.bits.kernels import collect_rows

        collect_rows(words, sources, targets, found)
        return found
    step = max(1, _GATHERED // max(1, words.shape[1]))
    for start in range(0, len(sources), step):
        part = targets[start : start + step]
        starts = np.flatnonzero(first_of_each(part))
        gathered = words[sources[start : start + step]]
        found[part[starts]] |= np.bitwise_or.reduceat(gathered, starts, axis=0)
    return found
