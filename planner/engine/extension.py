"""What a predicate holds: the one interface behind which its representations stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from planner.interfaces import IntArray

__all__ = ["Extension", "TinyExtension", "sort_rows"]


class Extension(Protocol):
    """The rows of one predicate after an evaluation."""

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def rows(self) -> IntArray:
        """All rows as codes, shape (n, arity), in lexicographic order."""
        ...

    def contains(self, row: tuple[int, ...]) -> bool:
        """Whether a row is there."""
        ...

    def matching(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Rows that have the key in those columns, in an order of this representation's."""
        ...

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        ...

    def round_of(self, row: tuple[int, ...]) -> int:
        """The round in which a row that is there was derived, 0 for facts."""
        ...


class TinyExtension:
    """Rows in a dictionary, each with the round it was derived in (0 for facts)."""

    __slots__ = ("_indexes", "arity", "rounds")

    def __init__(self, rounds: dict[tuple[int, ...], int], arity: int) -> None:
        self.rounds = rounds
        self.arity = arity
        self._indexes: dict[tuple[int, ...], dict[tuple[int, ...], list[tuple[int, ...]]]] = {}

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        return "dictionaries"

    def __len__(self) -> int:
        return len(self.rounds)

    def rows(self) -> IntArray:
        """All rows as codes, shape (n, arity), in lexicographic order."""
        import numpy as np

        ordered = sorted(self.rounds)
        return np.array(ordered, dtype=np.int32).reshape(len(ordered), self.arity)

    def contains(self, row: tuple[int, ...]) -> bool:
        """Whether a row is there."""
        return row in self.rounds

    def matching(self, columns: tuple[int, ...], key: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Rows that have the key in those columns, in order of derivation."""
        if not columns:
            return list(self.rounds)
        index = self._indexes.get(columns)
        if index is None:
            index = self._indexes[columns] = {}
            for row in self.rounds:
                index.setdefault(tuple(row[c] for c in columns), []).append(row)
        return index.get(key, [])

    def matching_count(self, columns: tuple[int, ...], key: tuple[int, ...]) -> int:
        """How many rows have the key in those columns."""
        if len(columns) == self.arity:
            return int(key in self.rounds)
        return len(self.matching(columns, key)) if columns else len(self.rounds)

    def round_of(self, row: tuple[int, ...]) -> int:
        """The round in which a row was derived, 0 for facts."""
        return self.rounds[row]


def sort_rows(rows: IntArray) -> IntArray:
    """Rows in lexicographic order, first column first."""
    import numpy as np

    if rows.shape[1] == 0 or len(rows) < 2:
        return rows
    return rows[np.lexsort(rows.T[::-1])]
