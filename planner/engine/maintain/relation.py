"""The rows of one predicate that come and go."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from planner.engine.tiny.relation import TinyRelation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.engine.maintain.change import Difference
    from planner.engine.tiny.relation import Index, Row

__all__ = ["ChangingRelation", "Relations"]

_NO_LIMIT = 2**62


class ChangingRelation(TinyRelation):
    """A relation whose rows can be taken away, from its indexes too, in constant time each.

    Attributes:
        rows: each row with its rank (`planner.engine.maintain.losing`).
        is_ranked: whether the numbers kept with the rows are ranks.
        version: grows with every change.
    """

    __slots__ = ("_keyed", "is_ranked", "version")

    def __init__(self, name: str, arity: int) -> None:
        super().__init__(name, arity)
        self._keyed: list[dict[int | Row, dict[Row, None]] | None] = []
        self.is_ranked = False
        self.version = 0

    def index_on(self, columns: Row) -> int:
        """The number of the index on these columns."""
        number = super().index_on(columns)
        if number == len(self._keyed):
            self._keyed.append(None)
        return number

    def reset(self, rows: Iterable[Row], room: int = _NO_LIMIT) -> None:
        """Begin with these rows."""
        super().reset(rows, room)
        self.version += 1
        self.is_ranked = False
        self._keyed = [None] * len(self.columns)

    def resume(self, ranks: dict[Row, int], *, is_ranked: bool) -> None:
        """Have the rows and ranks of before."""
        self.reset(())
        self.rows, self.is_ranked = ranks, is_ranked

    def build(self, number: int) -> Index:
        """Build an index over the rows there are."""
        index: dict[int | Row, dict[Row, None]] = {}
        key_of = itemgetter(*self.columns[number])
        for row in self.rows:
            index.setdefault(key_of(row), {})[row] = None
        self._keyed[number] = self.indexes[number] = index
        return index

    def flush(self, round_number: int) -> int:
        """Take in what was derived; returns how many rows were added."""
        self.delta = list(self.fresh)
        self.fresh = {}
        self.put(self.delta, round_number)
        return len(self.delta)

    def put(self, rows: Iterable[Row], rank: int = 0) -> None:
        """Add rows that are not there."""
        self.restore(dict.fromkeys(rows, rank))

    def restore(self, ranks: Mapping[Row, int]) -> None:
        """Have these rows, with these ranks."""
        self.version += 1
        rows = [row for row in ranks if row not in self.rows]
        self.rows.update(ranks)
        for columns, index in zip(self.columns, self._keyed, strict=True):
            if index is not None:
                key_of = itemgetter(*columns)
                for row in rows:
                    index.setdefault(key_of(row), {})[row] = None

    def take(self, rows: Iterable[Row]) -> None:
        """Remove rows that are there."""
        rows = list(rows)
        self.version += 1
        for row in rows:
            del self.rows[row]
        for columns, index in zip(self.columns, self._keyed, strict=True):
            if index is not None:
                key_of = itemgetter(*columns)
                for row in rows:
                    del index[key_of(row)][row]

    def drop(self, rows: Iterable[Row]) -> None:
        """Remove rows that are there, between two layers."""
        self.take(rows)

    def way_back(self, difference: Difference) -> Callable[[], None]:
        """What takes a change back."""

        def take_back() -> None:
            self.take(difference.added)
            self.put(difference.removed)

        return take_back


class Relations(dict[str, ChangingRelation]):
    """Relations by predicate, made when they are first asked for.

    Attributes:
        clock: no rank of a row is higher.
    """

    clock = 0

    def of(self, name: str, arity: int) -> ChangingRelation:
        """The relation of a predicate."""
        found = self.get(name)
        if found is None:
            found = self[name] = ChangingRelation(name, arity)
            found.reset(())
        return found
