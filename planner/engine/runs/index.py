"""Indexes of a growing relation: from the codes in some columns to row numbers.

An index is a list of segments, each over a stretch of the relation's rows in order of derivation.
Segments are merged when they are of similar size, so that there are few (a log-structured merge,
O'Neil et al. 1996), but never across the border between the rows of the last round and those
before: joins ask for one or the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.packing import KeySpace, first_of_each, stable_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["GrowingIndex", "Segment"]

_COUNTED_DOMAIN = 1 << 16
_SORTED_PROBES = 256
# Possible keys for which a segment may keep a table of their places: 16 MB.
_TABLE_DOMAIN = 1 << 22


class Segment:
    """Rows ``start`` to ``end`` by key: keys are counted when they are dense, else sorted.

    Key ``k``, or the ``k``-th different key, has its rows from ``offsets[k]`` on in ``order``.
    """

    __slots__ = (
        "_domain",
        "_keys",
        "_offsets",
        "_ordered",
        "_places",
        "_probed",
        "end",
        "order",
        "start",
    )

    def __init__(self, keys: Keys, domain: int, start: int) -> None:
        count = len(keys)
        self.start = start
        self.end = start + count
        order = stable_order(keys, domain)
        self.order = (order + start).astype(np.int32)
        self._ordered: dict[int, IntArray] = {}
        self._domain = domain
        self._probed = 0
        self._places: IntArray | None = None
        self._keys: Keys | None = None
        if domain <= max(4 * count, min(_COUNTED_DOMAIN, 64 * count)):
            self._offsets = np.zeros(domain + 1, dtype=np.int64)
            np.cumsum(np.bincount(keys, minlength=domain), out=self._offsets[1:])
        else:
            ordered = keys[order]
            starts = np.flatnonzero(first_of_each(ordered))
            self._keys = ordered[starts]
            self._offsets = np.append(starts, count)

    def ordered(self, number: int, column: IntArray) -> IntArray:
        """A column of the relation in the order of this segment."""
        found = self._ordered.get(number)
        if found is None:
            found = self._ordered[number] = column[self.order]
        return found

    def lookup(self, keys: Keys) -> tuple[Keys, Keys]:
        """For each key where its rows begin in ``order``, and how many they are."""
        if self._keys is None:
            first = self._offsets[keys]
            return first, self._offsets[keys + 1] - first
        place = self._place(self._keys, keys)
        first = self._offsets[place]
        counts = self._offsets[place + 1] - first
        counts[self._keys[place] != keys] = 0
        return first, counts

    def _place(self, ordered: Keys, probes: Keys) -> Keys | IntArray:
        """For each probe the position of the first key that is not smaller, at most the last."""
        if self._places is None:
            self._probed += len(probes)
            if self._domain > min(_TABLE_DOMAIN, 4 * self._probed):
                return _search(ordered, probes, self._domain)
            # Asked this often, one gather from a table over the domain costs less than searching.
            self._places = np.zeros(self._domain, dtype=np.int32)
            self._places[ordered] = np.arange(len(ordered), dtype=np.int32)
        return self._places[probes]


def _search(ordered: Keys, probes: Keys, domain: int) -> Keys:
    if len(probes) > _SORTED_PROBES:
        # Sorted probes find their place many times faster than unsorted ones.
        order = stable_order(probes, domain)
        places = np.empty(len(probes), dtype=np.int64)
        places[order] = np.searchsorted(ordered, probes[order])
    else:
        places = np.searchsorted(ordered, probes)
    return np.minimum(places, len(ordered) - 1)


class GrowingIndex:
    """Finds the rows of a relation by the codes in some of its columns."""

    def __init__(self, bits: int, width: int) -> None:
        self._space = KeySpace(bits, width)
        self._segments: list[Segment] = []
        self._covered = 0
        self._merged = 0

    def cover(
        self, columns: Callable[[int, int], Sequence[IntArray]], settled: int, end: int
    ) -> None:
        """Take in rows up to ``end``; rows from ``settled`` on stay in segments of their own."""
        if self._merged < settled:
            self._merge(columns, settled)
        if self._covered < end:
            self._add(columns, self._covered, end)

    def counts(self, probes: Sequence[IntArray], end: int) -> Keys:
        """For each probe the number of matching rows before ``end``."""
        keys = self._space.encode(probes, extend=False)
        total = np.zeros(len(keys), dtype=np.int64)
        for segment in self._segments:
            if segment.end <= end:
                total += self._lookup(segment, keys)[1]
        return total

    def probe(self, probes: Sequence[IntArray], end: int) -> list[tuple[IntArray, Keys, Keys]]:
        """For each segment before ``end``: its row order, and each probe's stretch of it."""
        keys = self._space.encode(probes, extend=False)
        return [
            (segment.order, *self._lookup(segment, keys))
            for segment in self._segments
            if segment.end <= end
        ]

    def whole(self, probes: Sequence[IntArray], end: int) -> tuple[Segment, Keys, Keys] | None:
        """As `probe`, where all rows before ``end`` are one segment; else ``None``."""
        if len(self._segments) != 1 or self._segments[0].end != end:
            return None
        (segment,) = self._segments
        keys = self._space.encode(probes, extend=False)
        return (segment, *self._lookup(segment, keys))

    def _lookup(self, segment: Segment, keys: Keys) -> tuple[Keys, Keys]:
        if self._space.is_direct:
            return segment.lookup(keys)
        first, count = segment.lookup(np.maximum(keys, 0))
        return first, np.where(keys < 0, 0, count)

    def _add(self, columns: Callable[[int, int], Sequence[IntArray]], start: int, end: int) -> None:
        keys = self._space.encode(columns(start, end))
        self._segments.append(Segment(keys, self._space.domain, start))
        self._covered = end

    def _merge(self, columns: Callable[[int, int], Sequence[IntArray]], settled: int) -> None:
        """Bring the segments before ``settled`` into geometric order."""
        start = self._merged
        recent = [segment for segment in self._segments if segment.start >= start]
        kept = self._segments[: len(self._segments) - len(recent)]
        while kept and kept[-1].end - kept[-1].start <= 2 * (settled - start):
            start = kept.pop().start
        self._segments = kept
        if len(recent) == 1 and (recent[0].start, recent[0].end) == (start, settled):
            self._segments.append(recent[0])
        else:
            self._add(columns, start, settled)
        self._merged = self._covered = settled
