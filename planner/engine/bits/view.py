"""A relation on bit rows behind the interface of `planner.engine.extension`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.lists import RowLists
from planner.engine.runs.relation import Relation
from planner.engine.runs.room import require_room
from planner.engine.runs.view import RunsExtension

if TYPE_CHECKING:
    from planner.engine.bits.matrix import BitMatrix
    from planner.engine.bits.rows import RowNumbers
    from planner.interfaces import IntArray

__all__ = ["BitExtension", "BitRelation"]


class BitRelation:
    """The tuples of one predicate in a bit matrix; columns are made when they are asked for."""

    def __init__(
        self,
        name: str,
        column: int,
        numbers: RowNumbers,
        matrix: BitMatrix | RowLists,
        values: IntArray,
    ) -> None:
        self.name = name
        self.column = column
        self._numbers = numbers
        self._matrix = matrix
        self._values = values
        self._size = -1
        self._relation: Relation | None = None

    @property
    def representation(self) -> str:
        """How the tuples are kept, in a few words."""
        each = "for" if isinstance(self._matrix, RowLists) else "a bit for"
        return f"{self._matrix.kind}, {each} each value of column {self.column + 1}"

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

    __slots__ = ("_bits", "_columns")

    def __init__(self, bits: BitRelation) -> None:
        self._bits = bits
        self._columns: RunsExtension | None = None

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        return self._bits.representation

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
        return self.columns.matching(columns, key)

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        return self.columns.matching_count(columns, key)

    def round_of(self, row: tuple[int, ...]) -> int:
        """Rounds are not kept on bit rows: 1 for every row that is there."""
        return 1
