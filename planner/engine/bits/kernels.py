"""The loops of bit matrices and row lists that NumPy needs several passes for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["collect_rows", "reach_rows", "transpose_blocks"]


@kernel
def transpose_blocks(words: Words, block: Words, out: Words) -> None:
    """Write the transpose of a bit matrix whose height is a multiple of 64.

    Blocks of 64 x 64 bits are turned by swapping halves, quarters, ... (Warren 2002, section 7-3);
    empty blocks are skipped, so ``out`` must be zero. ``block`` has room for 64 words.
    """
    for top in range(len(words) // 64):
        for left in range(words.shape[1]):
            anything = np.uint64(0)
            for i in range(64):
                block[i] = words[64 * top + i, left]
                anything |= block[i]
            if anything == np.uint64(0):
                continue
            mask = np.uint64(0x00000000FFFFFFFF)
            width = 32
            while width > 0:
                shift = np.uint64(width)
                for first in range(0, 64, 2 * width):
                    for i in range(first, first + width):
                        swap = ((block[i] >> shift) ^ block[i + width]) & mask
                        block[i] ^= swap << shift
                        block[i + width] ^= swap
                width //= 2
                mask ^= mask << np.uint64(width)
            for i in range(64):
                out[64 * left + i, top] = block[i]


@kernel
def collect_rows(words: Words, sources: IntArray, targets: IntArray, into: Words) -> None:
    """Give target rows of one matrix the bits of source rows of another."""
    for i in range(len(sources)):
        source, target = sources[i], targets[i]
        for k in range(words.shape[1]):
            into[target, k] |= words[source, k]


@kernel
def reach_rows(
    seed_ends: Keys,
    seeds: IntArray,
    edge_ends: Keys,
    targets: IntArray,
    stamps: IntArray,
    start: int,
    out: IntArray,
    ends: Keys,
) -> int:
    """For each value from ``start`` on the rows that its seeds lead to, breadth first.

    Returns the first value that ``out`` may not have had room for.
    """
    place = 0
    for value in range(start, len(seed_ends) - 1):
        if place + len(stamps) > len(out):
            return value
        head = place
        for i in range(seed_ends[value], seed_ends[value + 1]):
            row = seeds[i]
            if stamps[row] != value:
                stamps[row] = value
                out[place] = row
                place += 1
        while head < place:
            row = out[head]
            head += 1
            for edge in range(edge_ends[row], edge_ends[row + 1]):
                target = targets[edge]
                if stamps[target] != value:
                    stamps[target] = value
                    out[place] = target
                    place += 1
        ends[value] = place
    return len(seed_ends) - 1
