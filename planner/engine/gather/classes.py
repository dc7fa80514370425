"""Classes of an equivalence: union-find, and its pairs as the rows of a relation.

Classes are kept by representatives, and pairs are made only when somebody lists them. The smaller
class joins the larger one (Galler and Fischer 1964; Tarjan 1975), so each constant changes its
representative at most log2 n times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    from planner.engine.extension import Extension
    from planner.interfaces import IntArray

    Row = tuple[int, ...]
    Numbers = npt.NDArray[np.signedinteger]

__all__ = ["Classes", "EquivalenceExtension", "connected"]

_LISTED_LIMIT = 250_000_000


class Classes:
    """Classes of constants given by codes, which grow together."""

    def __init__(self) -> None:
        self._root: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}

    def unite(self, pairs: Iterable[Row]) -> list[Row]:
        """Take in pairs; returns ``(member, representative)`` for each one that is new."""
        changed: dict[Row, None] = {}
        for first, second in pairs:
            for code in (first, second):
                if code not in self._root:
                    self._root[code] = code
                    self._members[code] = [code]
                    changed[code, code] = None
            small, large = self._root[first], self._root[second]
            if small == large:
                continue
            if len(self._members[small]) > len(self._members[large]):
                small, large = large, small
            moved = self._members.pop(small)
            self._members[large] += moved
            for code in moved:
                self._root[code] = large
                changed[code, large] = None
        return list(changed)

    def members(self) -> list[list[int]]:
        """The classes, each with its members."""
        return list(self._members.values())


def connected(first: Numbers, second: Numbers, count: int) -> npt.NDArray[np.int64]:
    """For each of ``count`` nodes the least node it is connected to by the given edges.

    Roots hook onto smaller roots and paths are halved until nothing changes (Shiloach and Vishkin
    1982).
    """
    import numpy as np

    label = np.arange(count, dtype=np.int64)
    while True:
        left, right = label[first], label[second]
        if np.array_equal(left, right):
            return label
        np.minimum.at(label, left, right)
        np.minimum.at(label, right, left)
        above = label[label]
        while not np.array_equal(above, label):
            label, above = above, above[above]


class EquivalenceExtension:
    """The pairs of an equivalence, made from rows of members and representatives.

    Attributes:
        gathered: rows ``(x, r)``; constants that share an r, however indirectly, are equivalent.
    """

    __slots__ = ("_classes", "_root", "gathered")

    def __init__(self, gathered: Extension) -> None:
        self.gathered = gathered
        self._root: dict[int, int] | None = None
        self._classes: dict[int, list[int]] = {}

    @property
    def representation(self) -> str:
        """How the rows are kept, in a few words."""
        return "classes by union-find"

    def _roots(self) -> dict[int, int]:
        """For each constant the one that stands for its class, and the classes, both by code."""
        if self._root is None:
            import numpy as np

            rows = self.gathered.rows()
            codes = np.unique(rows)
            places = np.searchsorted(codes, rows)
            label = connected(places[:, 0], places[:, 1], len(codes))
            self._root = dict(zip(codes.tolist(), codes[label].tolist(), strict=True))
            for code, root in self._root.items():
                self._classes.setdefault(root, []).append(code)
        return self._root

    def classes(self) -> list[list[int]]:
        """The classes, each by ascending codes."""
        self._roots()
        return list(self._classes.values())

    def __len__(self) -> int:
        return sum(len(members) ** 2 for members in self.classes())

    def rows(self) -> IntArray:
        """All pairs as codes, shape (n, 2), in lexicographic order.

        Raises:
            LimitError: when there are too many to be listed.
        """
        import numpy as np

        from planner.engine.extension import sort_rows

        count = len(self)
        if count > _LISTED_LIMIT:
            raise LimitError(f"an equivalence has {count:,} pairs, too many to be listed")
        parts = [np.zeros((0, 2), dtype=np.int32)]
        for members in self.classes():
            column = np.array(members, dtype=np.int32)
            left, right = np.repeat(column, len(column)), np.tile(column, len(column))
            parts.append(np.stack([left, right], axis=1))
        return sort_rows(np.concatenate(parts))

    def contains(self, row: Row) -> bool:
        """Whether two constants are equivalent."""
        roots = self._roots()
        return len(row) == 2 and row[0] in roots and roots[row[0]] == roots.get(row[1])

    def matching(self, columns: Row, key: Row) -> list[Row]:
        """Pairs that have the key in those columns, by ascending codes."""
        if not columns:
            return [(first, second) for first, second in self.rows().tolist()]
        if len(columns) == 2:
            row = key if columns == (0, 1) else (key[1], key[0])
            return [row] if self.contains(row) else []
        root = self._roots().get(key[0])
        members = self._classes[root] if root is not None else []
        return [(key[0], m) if columns == (0,) else (m, key[0]) for m in members]

    def matching_count(self, columns: Row, key: Row) -> int:
        """How many pairs have the key in those columns."""
        if not columns:
            return len(self)
        if len(columns) == 2:
            return len(self.matching(columns, key))
        root = self._roots().get(key[0])
        return len(self._classes[root]) if root is not None else 0

    def round_of(self, row: Row) -> int:
        """The round in which two constants that are equivalent first shared a representative."""
        shared = dict(self._representatives(row[0]))
        rounds = [max(shared[r], n) for r, n in self._representatives(row[1]) if r in shared]
        return min(rounds)

    def _representatives(self, code: int) -> list[tuple[int, int]]:
        """What stood for a constant, each with the round."""
        rows = self.gathered.matching((0,), (code,))
        return [(row[1], self.gathered.round_of(row)) for row in rows]
