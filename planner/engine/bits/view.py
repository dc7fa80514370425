"""A relation on bit rows behind the interface of `planner.engine.extension`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.lists import RowLists
from planner.engine.runs.relation import Relation
from planner.engine.runs.room import require_room
from planner.engine.runs.view import RunsExtension

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.engine.bits.matrix import BitMatrix
    from planner.engine.bits.record import BitRecord
    from planner.engine.bits.rows import RowNumbers
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["BitExtension", "BitRelation"]

# Searches that take about as long as listing all rows as columns with an index: among bits, lists.
_SEARCHES, _LIST_SEARCHES = 2_000, 50


class BitRelation:
    """The tuples of one predicate in a bit matrix; columns are made when they are asked for.

    Attributes:
        record: what the layer was evaluated from.
    """

    def __init__(
        self,
        name: str,
        record: BitRecord,
        numbers: RowNumbers,
        matrix: BitMatrix | RowLists,
    ) -> None:
        self.name = name
        self.record = record
        self.column = record.layer.carried[name]
        self._numbers = numbers
        self._matrix = matrix
        self._values = record.values
        self._size = -1
        self._relation: Relation | None = None

    @property
    def representation(self) -> str:
        """How the tuples are kept, in a few words."""
        each = "for" if isinstance(self._matrix, RowLists) else "a bit for"
        return f"{self._matrix.kind}, {each} each value of column {self.column + 1}"

    @property
    def searches(self) -> int:
        """How many searches take about as long as making the columns."""
        return _LIST_SEARCHES if isinstance(self._matrix, RowLists) else _SEARCHES

    @property
    def size(self) -> int:
        """Number of rows of the relation."""
        if self._size < 0:
            self._size = self._matrix.bit_count_of(self._numbers.all()[0])
        return self._size

    def contains(self, row: tuple[int, ...]) -> bool:
        """Whether a row is there."""
        others = (*row[: self.column], *row[self.column + 1 :])
        value = row[self.column]
        bit = int(np.searchsorted(self._values, value))
        if max(row) >> self._numbers.bits or bit == len(self._values) or self._values[bit] != value:
            return False
        number = int(self._numbers.find(self._numbers.key(others))[0])
        return number >= 0 and self._matrix.has_bit(number, bit)

    def matching(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Rows that have the key in those columns, found among the bits."""
        rows, others, bit = self._candidates(columns, key)
        if bit is None:
            places, bits = self._matrix.cells(rows)
            found = [column[places] for column in others]
            found.insert(self.column, self._values[bits])
        else:
            chosen = self._matrix.having(rows, bit) if len(rows) else np.zeros(0, dtype=np.bool_)
            found = [column[chosen] for column in others]
            value = np.full(int(np.count_nonzero(chosen)), self._values[bit], dtype=np.int32)
            found.insert(self.column, value)
        return list(zip(*(column.tolist() for column in found), strict=True))

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        rows, _, bit = self._candidates(columns, key)
        if not len(rows):
            return 0
        if bit is None:
            return self._matrix.bit_count_of(rows)
        return int(np.count_nonzero(self._matrix.having(rows, bit)))

    def _candidates(
        self, columns: tuple[int, ...], key: tuple[int, ...]
    ) -> tuple[Keys, list[IntArray], int | None]:
        """The matrix rows that a key leaves, their columns, and the bit it names if it names one.

        No rows are left where the bit, or a code, is none that the relation has.
        """
        places, codes = [], []
        bit: int | None = None
        is_known = max(key, default=0) >> self._numbers.bits == 0
        for column, code in zip(columns, key, strict=True):
            if column == self.column:
                bit = int(np.searchsorted(self._values, code))
                is_known = is_known and bit < len(self._values) and self._values[bit] == code
            else:
                places.append(column - (column > self.column))
                codes.append(code)
        rows, others = self._numbers.matching(places, codes) if is_known else self._numbers.none()
        return rows, others, bit if is_known else None

    def relation(self) -> Relation:
        """The same as columns."""
        if self._relation is None:
            # While bits are listed each takes its two numbers, and a code for each column.
            width = len(self._numbers.all()[1]) + 1
            require_room(self.name, self.size, self.size * (16 + 4 * width))
            rows, columns = self._numbers.all()
            places, bits = self._matrix.cells(rows)
            found = [column[places] for column in columns]
            found.insert(self.column, self._values[bits])
            self._relation = Relation(self.name, len(found), self._numbers.bits)
            self._relation.is_unique = True
            self._relation.insert(found, len(bits))
            self._relation.settle()
        return self._relation


class BitExtension:
    """The rows of one predicate after an evaluation on bit rows."""

    __slots__ = ("_bits", "_columns", "_searches")

    def __init__(self, bits: BitRelation) -> None:
        self._bits = bits
        self._columns: RunsExtension | None = None
        self._searches = 0

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        return self._bits.representation

    @property
    def record(self) -> BitRecord:
        """What the layer was evaluated from."""
        return self._bits.record

    @property
    def columns(self) -> RunsExtension:
        """The same rows as columns, made at the first call."""
        if self._columns is None:
            self._columns = RunsExtension(self._bits.relation())
        return self._columns

    @property
    def relation(self) -> Relation:
        """The same rows as columns."""
        return self._bits.relation()

    def __len__(self) -> int:
        return self._bits.size

    def rows(self) -> IntArray:
        """All rows as codes, shape (n, arity), in lexicographic order."""
        return self.columns.rows()

    def contains(self, row: tuple[int, ...]) -> bool:
        """Whether a row is there."""
        return self._bits.contains(row)

    def matching(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Rows that have the key in those columns, in the order of this representation."""
        if self._is_listed(columns):
            return self.columns.matching(columns, key)
        return self._bits.matching(columns, key)

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        if not columns:
            return len(self)
        if self._is_listed(columns):
            return self.columns.matching_count(columns, key)
        return self._bits.matching_count(columns, key)

    def _is_listed(self, columns: tuple[int, ...]) -> bool:
        """Whether to ask the columns, which have an index: not until many questions were asked."""
        self._searches += 1
        return not columns or self._searches > self._bits.searches

    def round_of(self, row: tuple[int, ...]) -> int:
        """Rounds are not kept on bit rows: 1 for every row that is there."""
        return 1
