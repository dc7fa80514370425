"""The loops of the engine that NumPy needs several passes for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

__all__ = ["expand", "insert_dense", "join_rows", "link", "meet", "sources_first", "spread"]


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


@kernel
def meet(
    first: Keys,
    counts: Keys,
    codes: IntArray,
    other_first: Keys,
    other_counts: Keys,
    other_codes: IntArray,
    stamps: IntArray,
    start: int,
    left: IntArray,
    places: IntArray,
) -> int:
    """For each probe the places of its stretch whose code is also in its other stretch.

    ``stamps`` has the number of the last probe that a code was seen for, plus one; it is written
    again only where the other stretch changes from one probe to the next. Probes count from
    ``start``. Returns the number of pairs.
    """
    count = 0
    before, stamp = -1, -1
    for probe in range(len(counts)):
        if counts[probe] == 0 or other_counts[probe] == 0:
            continue
        if other_first[probe] != before:
            before = other_first[probe]
            stamp = start + probe + 1
            for place in range(before, before + other_counts[probe]):
                stamps[other_codes[place]] = stamp
        for place in range(first[probe], first[probe] + counts[probe]):
            if stamps[codes[place]] == stamp:
                left[count] = start + probe
                places[count] = place
                count += 1
    return count


@kernel
def link(heads: IntArray, following: IntArray, sources: IntArray, start: int) -> None:
    """Put edges from ``start`` on in front of the lists of their sources."""
    for edge in range(start, len(sources)):
        following[edge] = heads[sources[edge]]
        heads[sources[edge]] = edge


@kernel
def join_rows(words: Words, waiting: BoolArray, sources: IntArray, targets: IntArray) -> None:
    """Give every target the bits of its source; targets that gain some have to wait."""
    for i in range(len(sources)):
        source, target = sources[i], targets[i]
        gained = np.uint64(0)
        for k in range(words.shape[1]):
            new = words[source, k] & ~words[target, k]
            words[target, k] |= new
            gained |= new
        if gained != np.uint64(0):
            waiting[target] = True


@kernel
def spread(
    words: Words,
    waiting: BoolArray,
    heads: IntArray,
    following: IntArray,
    targets: IntArray,
    order: IntArray,
) -> None:
    """Let the bits of the waiting rows spread along the edges until no row waits."""
    changed = True
    while changed:
        changed = False
        for source in order:
            if not waiting[source]:
                continue
            waiting[source] = False
            edge = heads[source]
            while edge >= 0:
                target = targets[edge]
                gained = np.uint64(0)
                for k in range(words.shape[1]):
                    new = words[source, k] & ~words[target, k]
                    words[target, k] |= new
                    gained |= new
                if gained != np.uint64(0):
                    waiting[target] = True
                    changed = True
                edge = following[edge]


@kernel
def sources_first(
    edges: IntArray,
    following: IntArray,
    targets: IntArray,
    is_seen: BoolArray,
    path: IntArray,
    order: IntArray,
) -> None:
    """Rows in reverse postorder of a depth-first search, so that most edges lead forward.

    ``edges`` has the first edge of each row and is used up; no row is seen yet; ``path`` has room
    for each row. Where nothing is compiled, lists do as well.
    """
    count = len(order)
    place = count
    for root in range(count):
        if is_seen[root]:
            continue
        is_seen[root] = True
        path[0] = root
        depth = 1
        while depth > 0:
            row = path[depth - 1]
            edge = edges[row]
            while edge >= 0 and is_seen[targets[edge]]:
                edge = following[edge]
            if edge < 0:
                place -= 1
                order[place] = row
                depth -= 1
            else:
                edges[row] = following[edge]
                is_seen[targets[edge]] = True
                path[depth] = targets[edge]
                depth += 1
