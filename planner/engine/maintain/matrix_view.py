"""Bit rows of a live model behind the interface of `planner.engine.extension`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.matrix import count_bits, listed_bits
from planner.engine.runs.relation import Relation
from planner.engine.runs.view import RunsExtension

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.engine.tiny.relation import Row
    from planner.interfaces import IntArray

__all__ = ["MatrixExtension"]


class MatrixExtension:
    """The rows of one predicate as they were when this was made.

    Args:
        name: of the predicate.
        arity: of the predicate.
        column: that is bits.
        keys: the codes of the other columns, for each matrix row.
        values: the code of each bit.
        words: the matrix rows, owned from now on.
        code_bits: that a code may take.
    """

    def __init__(
        self,
        name: str,
        arity: int,
        column: int,
        keys: Sequence[Row],
        values: Sequence[int],
        words: npt.NDArray[np.uint64],
        code_bits: int,
    ) -> None:
        self._name, self._arity, self._column = name, arity, column
        self._code_bits = code_bits
        self._keys = keys
        self._values = values
        self._words = words
        self._size = count_bits(words)
        self._columns: RunsExtension | None = None

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        return f"bit rows, a bit for each value of column {self._column + 1}"

    def __len__(self) -> int:
        return self._size

    @property
    def columns(self) -> RunsExtension:
        """The same rows as columns, made at the first call."""
        if self._columns is None:
            places, bits = listed_bits(self._words)
            others = np.array(self._keys, dtype=np.int32).reshape(-1, self._arity - 1)[places]
            value = np.array(self._values, dtype=np.int32)[bits]
            rows = np.insert(others, self._column, value, axis=1)
            self._columns = RunsExtension(Relation.of(self._name, rows, self._code_bits))
        return self._columns

    def rows(self) -> IntArray:
        """All rows as codes, shape (n, arity), in lexicographic order."""
        return self.columns.rows()

    def contains(self, row: Row) -> bool:
        """Whether a row is there."""
        return self.columns.contains(row)

    def matching(self, columns: tuple[int, ...], key: Row) -> list[Row]:
        """Rows that have the key in those columns, in the order of this representation."""
        return self.columns.matching(columns, key)

    def matching_count(self, columns: tuple[int, ...], key: Row) -> int:
        """How many rows have the key in those columns."""
        return self.columns.matching_count(columns, key)

    def round_of(self, row: Row) -> int:
        """Rounds are not kept on bit rows: 1 for every row that is there."""
        return 1
