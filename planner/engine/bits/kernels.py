"""The loops of bit matrices and row lists that NumPy needs several passes for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["collect_rows", "descend", "reach_rows", "rise", "transpose_blocks"]


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


@kernel
def rise(
    edges: tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray, IntArray],
    woken: tuple[Words, IntArray, IntArray, IntArray],
    words: tuple[Words, Words],
    rows: tuple[IntArray, IntArray, BoolArray],
    log: tuple[Words, IntArray, IntArray, IntArray],
    goal_row: int,
    goal_bit: int,
    progress: Keys,
    most: int,
) -> None:
    """Let bits spread along edges one step at a time, and log which came in which step.

    Args:
        edges: source of each edge, and how many tuples it still waits for; where the edges of
            each row begin, and where those that wait no more end, which come first; then by
            place the target and the number of an edge, and by number its place.
        woken: of shape (rows, width) the tuples that edges wait for; where they begin and end
            for each of these words; then their bits, and the edges.
        words: of shape (rows, width): bits that came or come with the next step, and those that
            came.
        rows: the rows that have bits of this step, those that have some of the next, and whether
            a row is among the latter.
        log: bits of a row that came in one step, the step, the entry before it of the same row,
            and the last entry of each row; -1 for none. Its last entries are those of this step.
        goal_row: where to stop: the row.
        goal_bit: the bit.
        progress: this step, how many rows have bits of it, and of the next, and entries of the
            log; kept up to date.
        most: words to look at before returning; it also returns where the log may become full.
    """
    sources, waits, first, active, targets, numbers, places = edges
    asked, ends, needed, waking = woken
    coming, came = words
    current, upcoming, is_upcoming = rows
    logged, steps, previous, last = log
    width = coming.shape[1]
    step, count, ahead, entries = progress[0], progress[1], progress[2], progress[3]
    done = 0
    one, zero = np.uint64(1), np.uint64(0)
    goal_word, goal_mask = goal_bit >> 6, one << np.uint64(goal_bit & 63)
    while count + ahead > 0 and done < most and entries + len(current) <= len(steps):
        if came[goal_row, goal_word] & goal_mask != zero:
            break
        now = entries - count
        for i in range(count):
            row = current[i]
            for word in range(width):
                found = logged[now + i, word] & asked[row, word]
                if found == zero:
                    continue
                for place in range(ends[row * width + word], ends[row * width + word + 1]):
                    if (found >> np.uint64(needed[place] & 63)) & one == zero:
                        continue
                    edge = waking[place]
                    waits[edge] -= 1
                    if waits[edge] > 0:
                        continue
                    source = sources[edge]
                    at, to = places[edge], active[source]
                    active[source] += 1
                    target = targets[at]
                    targets[at], numbers[at] = targets[to], numbers[to]
                    targets[to], numbers[to] = target, edge
                    places[numbers[at]], places[edge] = at, to
                    gained = zero
                    for k in range(width):
                        new = came[source, k] & ~coming[target, k]
                        coming[target, k] |= new
                        gained |= new
                    if gained != zero and not is_upcoming[target]:
                        is_upcoming[target] = True
                        upcoming[ahead] = target
                        ahead += 1
                    done += width
        for i in range(count):
            row = current[i]
            for at in range(first[row], active[row]):
                target = targets[at]
                gained = zero
                for k in range(width):
                    new = logged[now + i, k] & ~coming[target, k]
                    coming[target, k] |= new
                    gained |= new
                if gained != zero and not is_upcoming[target]:
                    is_upcoming[target] = True
                    upcoming[ahead] = target
                    ahead += 1
                done += width
        step += 1
        for i in range(ahead):
            row = upcoming[i]
            current[i] = row
            is_upcoming[row] = False
            for k in range(width):
                logged[entries, k] = coming[row, k] & ~came[row, k]
                came[row, k] = coming[row, k]
            steps[entries] = step
            previous[entries] = last[row]
            last[row] = entries
            entries += 1
        done += ahead * width
        count, ahead = ahead, 0
    progress[0], progress[1], progress[2], progress[3] = step, count, ahead, entries


@kernel
def descend(
    edges: tuple[Keys, IntArray, IntArray],
    log: tuple[Words, IntArray, IntArray, IntArray],
    seen: Words,
    found: tuple[IntArray, IntArray, IntArray, IntArray],
    progress: Keys,
    most: int,
) -> None:
    """Find what a least proof uses: for each tuple the first edge from lower ones, and these.

    Args:
        edges: where the edges of each target begin and end, and the rows and bits of what each
            rests on, its source first, of which the bit is that of the tuple; -1 for nothing.
        log: of `rise`, which has come to the tuple to be proved.
        seen: of shape (rows, width): the tuples found.
        found: rows, bits, steps and edges of the tuples found; to begin with the row and the bit
            of the one to be proved. The edge is -1 where a tuple rests on none.
        progress: how many of the tuples found were looked at, and how many there are.
        most: edges to look at before returning; it also returns where there is no more room.
    """
    ends, below_rows, below_bits = edges
    logged, steps, previous, last = log
    rows, bits, levels, chosen = found
    width = below_rows.shape[1]
    at, count, done = progress[0], progress[1], 0
    one, zero = np.uint64(1), np.uint64(0)
    while at < count and done < most and count + width <= len(rows):
        row, bit = rows[at], bits[at]
        level = 0
        entry = last[row]
        while entry >= 0:
            if logged[entry, bit >> 6] >> np.uint64(bit & 63) & one != zero:
                level = steps[entry]
                break
            entry = previous[entry]
        levels[at], chosen[at] = level, -1
        edge = ends[row]
        while level > 0 and chosen[at] < 0 and edge < ends[row + 1]:
            is_lower = True
            for k in range(width):
                below = below_rows[edge, k]
                if below < 0:
                    continue
                needed = bit if k == 0 else below_bits[edge, k]
                entry = last[below]
                while entry >= 0:
                    if logged[entry, needed >> 6] >> np.uint64(needed & 63) & one != zero:
                        break
                    entry = previous[entry]
                if entry < 0 or steps[entry] >= level:
                    is_lower = False
                    break
            if is_lower:
                chosen[at] = edge
                for k in range(width):
                    below = below_rows[edge, k]
                    if below < 0:
                        continue
                    needed = bit if k == 0 else below_bits[edge, k]
                    mask = one << np.uint64(needed & 63)
                    if seen[below, needed >> 6] & mask == zero:
                        seen[below, needed >> 6] |= mask
                        rows[count], bits[count] = below, needed
                        count += 1
            edge += 1
            done += 1
        at += 1
    progress[0], progress[1] = at, count
