"""The rows of one predicate as columns that grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from planner.engine.extension import sort_rows
from planner.engine.runs.compiled import is_loaded, kernels_for
from planner.engine.runs.index import GrowingIndex
from planner.engine.runs.packing import KeySpace, first_of_each
from planner.engine.runs.room import require_room
from planner.engine.runs.sorted_runs import SortedRuns
from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.engine.hashed.key_set import KeySet
    from planner.interfaces import BoolArray, IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["DistinctBy", "Relation"]

DistinctBy: TypeAlias = Literal["auto", "runs", "hash"]

# A byte for every possible row: at most 128 MB a relation.
_DENSE_DOMAIN = 1 << 27
# A bitmap is made for no fewer rows than one in this many possible ones.
_SPARSE = 64
# Four bytes for every possible row, for relations that are tested while they grow.
_PLACED_DOMAIN = 1 << 24
# A bit for every possible row, to look rows up that no longer grow: at most 64 MB, and no more than
# so many bits for a row that is looked up.
_PACKED_DOMAIN = 1 << 29
_BITS_A_PROBE = 512
# Columns longer than twice this are sampled for statistics.
_SAMPLE = 1 << 15
_ROW_LIMIT = 250_000_000
_NO_ROWS = np.zeros(0, dtype=np.int64)


class Relation:
    """Distinct rows in order of derivation.

    During a recursive layer, rows before ``settled`` were known before the last round, rows from
    there to ``visible`` came in it, and later ones are being derived.

    Attributes:
        name: of the predicate.
        arity: number of columns.
        size: number of rows.
        is_unique: whether rows are known to come once only, so that none is looked up.
        bits: that a code may take.
        rounds: pairs of a round and the number of rows after it.
        distinct_by: how rows are told apart: by what is fastest, or always the same way.
        part_count: number of relations it was put together from, 0 for none.
    """

    def __init__(self, name: str, arity: int, bits: int, distinct_by: DistinctBy = "auto") -> None:
        self.name = name
        self.arity = arity
        self.size = 0
        self.settled = 0
        self.visible = 0
        self.is_unique = False
        self.part_count = 0
        self.rounds: list[tuple[int, int]] = []
        self._space = KeySpace(bits, max(1, arity))
        self.bits = bits
        self.distinct_by = distinct_by
        self._columns = [np.zeros(0, dtype=np.int32) for _ in range(arity)]
        self._indexes: dict[tuple[int, ...], GrowingIndex] = {}
        self._seen: BoolArray | None = None
        self._runs = SortedRuns()
        self._hashed: KeySet | None = None
        self._place: IntArray | None = None
        self._placed = 0
        self._packed: npt.NDArray[np.uint8] | None = None
        self._distinct: tuple[int, tuple[int, ...]] = (0, ())

    @property
    def representation(self) -> str:
        """How rows are told from those that are there, in a few words."""
        if self.is_unique:
            return "rows distinct by construction"
        if self._hashed is not None:
            return "a hash set"
        if self._is_dense and self._seen is not None:
            return "a bitmap over the domain"
        return "sorted runs" if self._space.is_direct else "sorted runs of interned rows"

    @staticmethod
    def of(name: str, rows: IntArray, bits: int, distinct_by: DistinctBy = "auto") -> Relation:
        """A relation of given rows, all of them known."""
        relation = Relation(name, rows.shape[1], bits, distinct_by)
        columns = [np.ascontiguousarray(rows[:, c]) for c in range(relation.arity)]
        relation.insert(columns, len(rows))
        relation.settle()
        return relation

    @property
    def size_bytes(self) -> int:
        """Memory of the rows and of what tells them apart, without the indexes."""
        telling = self._runs.size_bytes
        telling += self._hashed.size_bytes if self._hashed is not None else 0
        telling += self._seen.nbytes if self._seen is not None else 0
        telling += self._place.nbytes if self._place is not None else 0
        telling += self._packed.nbytes if self._packed is not None else 0
        return telling + sum(store.nbytes for store in self._columns)

    def column(self, number: int, start: int = 0, end: int | None = None) -> IntArray:
        """A stretch of a column, not to be changed."""
        return self._columns[number][start : self.size if end is None else end]

    def rows(self) -> IntArray:
        """All rows, shape (n, arity), in lexicographic order."""
        if self.arity == 0:
            return np.zeros((self.size, 0), dtype=np.int32)
        columns = [self.column(c) for c in range(self.arity)]
        if not self._space.is_direct:
            return sort_rows(np.stack(columns, axis=1))
        keys = np.sort(self._space.encode(columns))
        return np.stack(self._space.decode(keys), axis=1)

    def advance(self, round_number: int) -> int:
        """End a round: what it derived becomes visible. Returns how many rows that is."""
        self.settled = self.visible
        self.visible = self.size
        if self.visible > self.settled:
            self.rounds.append((round_number, self.size))
        return self.visible - self.settled

    def settle(self) -> None:
        """All rows there are become known; called after loading facts and after a layer."""
        if not self.rounds:
            self.rounds.append((0, self.size))
        self.settled = self.visible = self.size

    # Growing.

    def insert(self, columns: Sequence[IntArray], count: int) -> int:
        """Add rows that are not there yet; returns how many were."""
        if self.arity == 0:
            added = int(count > 0 and self.size == 0)
            self.size += added
            return added
        if not count:
            return 0
        if self.is_unique:
            self._append(columns, count)
            return count
        keys = self._space.encode(columns)
        is_known = self.size > 0 or self._seen is not None
        if self._is_dense and (is_known or self._space.domain <= _SPARSE * count):
            return self._insert_dense(keys)
        if self._is_hashed:
            return self._insert_hashed(keys)
        return self._insert_sorted(keys, columns)

    def _insert_dense(self, keys: Keys) -> int:
        seen = self._bitmap()
        kernels = kernels_for(len(keys))
        if kernels is not None:
            new = np.empty(len(keys), dtype=np.int64)
            new = np.sort(new[: kernels.insert_dense(seen, keys, new)])
        else:
            new = keys[~seen[keys]]
            if len(new) > 1:
                new = np.sort(new)
                new = new[first_of_each(new)]
            seen[new] = True
        self._append(self._space.decode(new), len(new))
        return len(new)

    @property
    def _is_dense(self) -> bool:
        return self._space.domain <= _DENSE_DOMAIN and self.distinct_by == "auto"

    def _bitmap(self) -> BoolArray:
        """A byte for every possible row; made when first asked for."""
        if self._seen is None:
            self._seen = np.zeros(self._space.domain, dtype=np.bool_)
            if self.size:
                keys = self._space.encode([self.column(c) for c in range(self.arity)])
                self._seen[keys] = True
                self._runs = SortedRuns()
        return self._seen

    def _insert_sorted(self, keys: Keys, columns: Sequence[IntArray]) -> int:
        order = _NO_ROWS
        if self._space.is_direct:
            new = np.sort(keys)
        else:
            order = np.argsort(keys, kind="stable")
            new = keys[order]
        first = first_of_each(new)
        if self._runs.runs:
            places = np.flatnonzero(first)
            first[places] = self._runs.unseen(new[places])
        new, order = new[first], order[first] if len(order) else order
        if not len(new):
            return 0
        if self._space.is_direct:
            self._append(self._space.decode(new), len(new))
        else:
            self._append([column[order] for column in columns], len(new))
        self._runs.add(new)
        return len(new)

    def _insert_hashed(self, keys: Keys) -> int:
        if self._hashed is None:
            from planner.engine.hashed.key_set import KeySet

            self._hashed = KeySet()
            for run in self._runs.runs:
                self._hashed.insert(run)
            self._runs = SortedRuns()
        new = self._hashed.insert(keys)
        self._append(self._space.decode(new), len(new))
        return len(new)

    @property
    def _is_hashed(self) -> bool:
        """Whether a hash set tells rows apart: it pays from the second batch on, if compiled."""
        if not self._space.is_direct or self.distinct_by == "runs":
            return False
        if self._hashed is not None or self.distinct_by == "hash":
            return True
        return bool(self._runs.runs) and is_loaded()

    def _append(self, columns: Sequence[IntArray], count: int) -> None:
        end = self.size + count
        self._packed = None
        if end > _ROW_LIMIT:
            raise LimitError(f"`{self.name}` has more than {_ROW_LIMIT:,} rows")
        for number, column in enumerate(columns):
            store = self._columns[number]
            if len(store) < end:
                room = max(end, 2 * len(store))
                require_room(self.name, self.size, 4 * room * (self.arity - number))
                store = np.empty(room, dtype=np.int32)
                store[: self.size] = self._columns[number][: self.size]
                self._columns[number] = store
            store[self.size : end] = column
        self.size = end

    # Reading.

    def has_index(self, columns: tuple[int, ...]) -> bool:
        """Whether there is an index on some columns already."""
        return columns in self._indexes

    def index(self, columns: tuple[int, ...]) -> GrowingIndex:
        """The index on some columns, over all visible rows."""
        index = self._indexes.get(columns)
        if index is None:
            index = self._indexes[columns] = GrowingIndex(self.bits, len(columns))
        index.cover(
            lambda start, end: [self.column(c, start, end) for c in columns],
            self.settled,
            self.visible,
        )
        return index

    def contains(self, columns: Sequence[IntArray], end: int) -> BoolArray:
        """Which of the rows given by columns are among the first ``end`` ones."""
        if end == self.size and self._is_dense and not self.is_unique:
            many = self._space.domain <= _SPARSE * len(columns[0])
            if self._seen is not None or many:
                return self._bitmap()[self._space.encode(columns)]
        if self._space.domain <= _PLACED_DOMAIN:
            place = self._placement()[self._space.encode(columns)]
            found: BoolArray = (place > 0) & (place <= end)
            return found
        if end == self.settled and self._packing_pays(len(columns[0])):
            keys = self._space.encode(columns)
            bits = np.right_shift(self._bits()[keys >> 3], (keys & 7).astype(np.uint8))
            is_there: BoolArray = np.not_equal(bits & 1, 0)
            return is_there
        every = tuple(range(self.arity))
        some: BoolArray = self.index(every).counts(columns, end) > 0
        return some

    def _packing_pays(self, probes: int) -> bool:
        if self.settled < self.size or self._space.domain > _PACKED_DOMAIN:
            return False
        return self._packed is not None or self._space.domain <= _BITS_A_PROBE * probes

    def _bits(self) -> npt.NDArray[np.uint8]:
        """A bit for every possible row, made when first asked for and thrown away by growth."""
        if self._packed is None:
            self._packed = np.zeros((self._space.domain + 7) >> 3, dtype=np.uint8)
            keys = self._space.encode([self.column(c) for c in range(self.arity)])
            # Rows are distinct, so adding is setting; `bitwise_or.at` takes ten times as long.
            np.add.at(self._packed, keys >> 3, np.left_shift(1, keys & 7).astype(np.uint8))
        return self._packed

    def _placement(self) -> IntArray:
        """For every possible row its position among the visible rows plus one, or 0."""
        if self._place is None:
            self._place = np.zeros(self._space.domain, dtype=np.int32)
        if self._placed < self.visible:
            start, end = self._placed, self.visible
            keys = self._space.encode([self.column(c, start, end) for c in range(self.arity)])
            self._place[keys] = np.arange(start + 1, end + 1, dtype=np.int32)
            self._placed = end
        return self._place

    def distinct(self) -> tuple[int, ...]:
        """Roughly how many different codes each column has; renewed as the relation grows."""
        measured, counts = self._distinct
        if measured * 2 < self.size or not counts:
            counts = tuple(_distinct_codes(self.column(c)) for c in range(self.arity))
            self._distinct = (self.size, counts)
        return counts


def _distinct_codes(column: IntArray) -> int:
    if not len(column):
        return 1
    if len(column) > 2 * _SAMPLE:
        column = column[:: len(column) // _SAMPLE]
    seen = np.zeros(int(column.max()) + 1, dtype=np.bool_)
    seen[column] = True
    return int(np.count_nonzero(seen))
