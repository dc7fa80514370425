"""Intersections: rows of one atom whose new value another atom has as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.compiled import kernels_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from planner.engine.runs.relation import Relation
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["Side", "met_rows"]

# Candidates that are looked at between two checks of the limits.
_PIECE = 1 << 21
# Against joining and testing, in units of what kernels save otherwise.
_GAIN = 3


class Side:
    """One of two atoms that share a variable: its relation, bound columns and probes.

    Attributes:
        column: of the shared variable.
        end: rows of the relation that are read.
    """

    __slots__ = ("bound", "column", "end", "probes", "relation")

    def __init__(
        self,
        relation: Relation,
        bound: tuple[int, ...],
        probes: Sequence[IntArray],
        column: int,
        end: int,
    ) -> None:
        self.relation = relation
        self.bound = bound
        self.probes = probes
        self.column = column
        self.end = end


def met_rows(
    side: Side, other: Side, code_count: int
) -> Iterator[tuple[IntArray, IntArray]] | None:
    """Pairs of a row of the one side and the probe that meets it, in pieces.

    Returns ``None`` where intersecting gains nothing: few candidates, or rows in several segments.
    """
    found = side.relation.index(side.bound).whole(side.probes, side.end)
    if found is None:
        return None
    segment, first, counts = found
    totals = np.cumsum(counts)
    total = int(totals[-1]) if len(totals) else 0
    if code_count > 4 * total or kernels_for(total, _GAIN) is None:
        return None
    others = other.relation.index(other.bound).whole(other.probes, other.end)
    if others is None:
        return None
    other_segment, other_first, other_counts = others
    codes = segment.ordered(side.column, side.relation.column(side.column))
    other_codes = other_segment.ordered(other.column, other.relation.column(other.column))
    rows = segment.order
    # Each list is enumerated for the probes that have it shorter, but lists that stay the same from
    # probe to probe are better looked into.
    return _pieces(
        (first, counts, codes), (other_first, other_counts, other_codes), totals, rows, code_count
    )


def _pieces(
    side: tuple[Keys, Keys, IntArray],
    other: tuple[Keys, Keys, IntArray],
    totals: Keys,
    rows: IntArray,
    code_count: int,
) -> Iterator[tuple[IntArray, IntArray]]:
    from planner.engine.kernels import meet

    stamps = np.zeros(code_count, dtype=np.int32)
    start, done = 0, 0
    while start < len(totals):
        stop = max(start + 1, int(np.searchsorted(totals, done + _PIECE, side="right")))
        room = int(totals[stop - 1]) - done
        left = np.empty(room, dtype=np.int32)
        places = np.empty(room, dtype=np.int32)
        count = meet(
            side[0][start:stop],
            side[1][start:stop],
            side[2],
            other[0][start:stop],
            other[1][start:stop],
            other[2],
            stamps,
            start,
            left,
            places,
        )
        yield rows[places[:count]], left[:count]
        start, done = stop, int(totals[stop - 1])
