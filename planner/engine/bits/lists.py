"""Row lists: for each carried value the rows that have it.

What a bit matrix is to dense relations, lists are to sparse ones over large domains: bits spread
along edges that are known beforehand, so each value is followed from its first rows breadth first.
A stamp for each row tells which were met, and no tuple is ever looked up or stored twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.matrix import MatrixFullError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["RowLists"]

_FIRST_ROOM = 1 << 20
# So few rows are looked for in all lists one by one.
_FEW_ROWS = 4


class RowLists:
    """Rows by carried value, with the interface of `planner.engine.bits.matrix.BitMatrix`.

    Attributes:
        count: number of rows.
    """

    kind = "a list of rows"

    def __init__(self, bit_count: int, most: int, check: Callable[[], None]) -> None:
        self.count = 0
        self._bit_count = bit_count
        self._most = most
        self._check = check
        self._seeds: list[tuple[IntArray, IntArray]] = []
        self._edges: list[tuple[IntArray, IntArray]] = []
        self._rows: IntArray = np.zeros(0, dtype=np.int32)
        self._ends: Keys = np.zeros(bit_count + 1, dtype=np.int64)

    @property
    def has_edges(self) -> bool:
        """Whether bits of one row spread to another."""
        return bool(self._edges)

    def grow(self, count: int) -> None:
        """Have at least so many rows."""
        self.count = max(self.count, count)

    def set_bits(self, rows: IntArray, bits: IntArray) -> None:
        """Set single bits, which `spread` then takes further."""
        self._seeds.append((bits, rows))

    def connect(self, sources: IntArray, targets: IntArray) -> None:
        """Add edges."""
        self._edges.append((sources, targets))

    def spread(self) -> None:
        """Follow each bit along the edges; to be called once.

        Raises:
            MatrixFullError: when there are more tuples than allowed.
        """
        from planner.engine.bits.kernels import reach_rows

        seed_ends, seeds = _grouped(self._seeds, self._bit_count)
        edge_ends, targets = _grouped(self._edges, self.count)
        stamps = np.full(self.count, -1, dtype=np.int32)
        parts: list[IntArray] = []
        value, room = 0, max(_FIRST_ROOM, 4 * self.count)
        total = 0
        while value < self._bit_count:
            out = np.empty(room, dtype=np.int32)
            ends = self._ends[1:]
            start, value = (
                value,
                int(reach_rows(seed_ends, seeds, edge_ends, targets, stamps, value, out, ends)),
            )
            used = int(ends[value - 1])
            ends[start:value] += total
            total += used
            parts.append(out[:used])
            if total > self._most:
                raise MatrixFullError
            self._check()
        self._rows = np.concatenate([self._rows, *parts]) if len(parts) != 1 else parts[0]
        self._seeds, self._edges = [], []

    def bit_count_of(self, rows: Keys) -> int:
        """How many bits some rows have in all."""
        if len(rows) == self.count:
            return len(self._rows)
        return int(np.count_nonzero(self._place(rows)[self._rows] >= 0))

    def cells(self, rows: Keys) -> tuple[Keys, Keys]:
        """The position among ``rows``, and the number, of each bit that is set."""
        if len(rows) <= _FEW_ROWS:
            return self._cells_of_few(rows)
        bits = np.repeat(np.arange(self._bit_count, dtype=np.int64), np.diff(self._ends))
        places = self._place(rows)[self._rows].astype(np.int64)
        chosen = places >= 0
        return places[chosen], bits[chosen]

    def has_bit(self, row: int, bit: int) -> bool:
        """Whether one bit is set."""
        return bool((self._rows[self._ends[bit] : self._ends[bit + 1]] == row).any())

    def _cells_of_few(self, rows: Keys) -> tuple[Keys, Keys]:
        found = [np.flatnonzero(self._rows == row) for row in rows.tolist()]
        places = np.repeat(np.arange(len(rows), dtype=np.int64), [len(part) for part in found])
        members = np.concatenate([np.zeros(0, dtype=np.int64), *found])
        return places, np.searchsorted(self._ends, members, side="right") - 1

    def having(self, rows: Keys, bit: int) -> BoolArray:
        """Which of some rows have a bit."""
        has = np.zeros(self.count, dtype=np.bool_)
        has[self._rows[self._ends[bit] : self._ends[bit + 1]]] = True
        return has[rows]

    def _place(self, rows: Keys) -> IntArray:
        place = np.full(self.count, -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        return place


def _grouped(pairs: list[tuple[IntArray, IntArray]], count: int) -> tuple[Keys, IntArray]:
    """Second members by first member: where those of each begin and end, and all of them."""
    firsts = np.concatenate([np.zeros(0, dtype=np.int32), *(first for first, _ in pairs)])
    seconds = np.concatenate([np.zeros(0, dtype=np.int32), *(second for _, second in pairs)])
    ends = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(firsts, minlength=count), out=ends[1:])
    # Sorting plain integers is several times faster than sorting positions.
    shift = max(1, len(firsts)).bit_length()
    if max(1, count).bit_length() + shift <= 63:
        keys = (firsts.astype(np.int64) << shift) | np.arange(len(firsts), dtype=np.int64)
        order = np.sort(keys) & ((1 << shift) - 1)
    else:
        order = np.argsort(firsts, kind="stable")
    return ends, seconds[order].astype(np.int32, copy=False)
