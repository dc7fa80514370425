"""What walks cost for all rows of a part at a time: columns of steps, not one question a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.guides.rule_legs import known_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from planner.engine.matching import Row
    from planner.guides.rule_legs import Leg
    from planner.guides.walk_table import WalkTable
    from planner.guides.walks import Walks

__all__ = ["FEW_ROWS", "LegCosts"]

LongArray: TypeAlias = "npt.NDArray[np.int64]"

FEW_ROWS = 12
"""So many rows are measured one by one as fast."""

_ROOM = 1 << 16
"""Steps that are kept for one walk."""

_Ends: TypeAlias = "tuple[int, ...]"


class LegCosts:
    """The walks of a part of a condition, over all its rows.

    Args:
        walks: say how far it is.
        legs: the walks, of which other parts may bind some ends.
        places: places of the rule's binding that the rows fill.
        rows: codes of these places.
    """

    def __init__(
        self, walks: Walks, legs: Sequence[Leg], places: Sequence[int], rows: Sequence[Row]
    ) -> None:
        self._walks = walks
        self._legs = legs
        self._place = {place: i for i, place in enumerate(places)}
        self._columns: LongArray = np.array(rows, dtype=np.int64).T
        self._rows = len(rows)
        self._known: list[dict[_Ends, LongArray | None]] = [{} for _ in legs]
        # Mover, start and end of each walk: a place of the binding, or the code where it is fixed.
        self._given = [
            tuple(self._source(place) for place in (leg.mover, leg.start, leg.end)) for leg in legs
        ]
        # Movers that no static fact tells apart share a table.
        self._tables_of: dict[tuple[str, int], list[tuple[WalkTable, LongArray]] | None] = {}
        self._none: LongArray = np.zeros(self._rows, dtype=np.int64)

    def steps(self, binding: Sequence[int]) -> tuple[LongArray, LongArray] | None:
        """By row, the steps of walks up to the first real one, and of all walks.

        Where there is no way they are at least `planner.guides.walk_table.FAR`. ``None`` where some
        walk must be measured row by row.

        Args:
            binding: codes of the places that other parts fill.
        """
        first = total = self._none
        for leg, sources, known in zip(self._legs, self._given, self._known, strict=True):
            key = tuple([code if place < 0 else binding[place] for place, code in sources])
            if key in known:
                found = known[key]
            else:
                if len(known) * self._rows > _ROOM:
                    known.clear()
                found = known[key] = self._measured(leg, key)
            if found is None:
                return None
            total = total + found
            if leg.leads:
                first = first + found
        return first, total

    def steps_of_many(
        self, binding: Sequence[int], others: Mapping[int, LongArray]
    ) -> tuple[LongArray, LongArray] | None:
        """As `steps` for many bindings at a time: a line for each of them, a column for each row.

        Args:
            binding: codes of the places that are the same in all of them.
            others: by place, the codes in which they differ.
        """
        first = total = self._none[None, :]
        for leg in self._legs:
            if leg.mover is not None and (leg.mover in others or leg.mover in self._place):
                return None
            mover, start, end = (
                self._lines(place, binding, others) for place in (leg.mover, leg.start, leg.end)
            )
            assert isinstance(mover, int)
            table = self._walks.table(leg.predicate, known_code(mover))
            if table is None:
                return None
            found = table.steps(start, end)
            total = total + found
            if leg.leads:
                first = first + found
        return first, total

    def _lines(
        self, place: int | None, binding: Sequence[int], others: Mapping[int, LongArray]
    ) -> int | LongArray:
        """Codes of a place by binding and row; one code where all agree, -1 for no place."""
        if place is None:
            return -1
        if place in self._place:
            column: LongArray = self._columns[self._place[place]][None, :]
            return column
        if place in others:
            line: LongArray = others[place][:, None]
            return line
        return binding[place] if place >= 0 else ~place

    def _source(self, place: int | None) -> tuple[int, int]:
        """The place that another part fills, or -1 and a code; that is -1 where rows differ."""
        if place is None or place in self._place:
            return -1, -1
        return (place, -1) if place >= 0 else (-1, ~place)

    def _measured(self, leg: Leg, given: _Ends) -> LongArray | None:
        """The steps of one walk by row."""
        mover, start, end = given
        ends = self._column(leg.end, end)
        starts = self._column(leg.start, start)
        if leg.mover is None or leg.mover not in self._place:
            table = self._walks.table(leg.predicate, known_code(mover))
            return None if table is None else table.steps(starts, ends)
        tables = self._tables(leg)
        if tables is None:
            return None
        if len(tables) == 1:
            return tables[0][0].steps(starts, ends)
        found: LongArray = np.zeros(self._rows, dtype=np.int64)
        for table, rows in tables:
            found[rows] = table.steps(
                starts[rows] if isinstance(starts, np.ndarray) else starts,
                ends[rows] if isinstance(ends, np.ndarray) else ends,
            )
        return found

    def _tables(self, leg: Leg) -> list[tuple[WalkTable, LongArray]] | None:
        """The tables of the movers in the rows, each with its rows; ``None`` if one has none."""
        assert leg.mover is not None
        place = self._place[leg.mover]
        key = (leg.predicate, place)
        if key not in self._tables_of:
            movers = self._columns[place]
            by_table: dict[int, tuple[WalkTable, list[int]]] = {}
            for code in np.unique(movers).tolist():
                table = self._walks.table(leg.predicate, known_code(code))
                if table is None:
                    self._tables_of[key] = None
                    return None
                by_table.setdefault(id(table), (table, []))[1].append(code)
            self._tables_of[key] = [
                (table, np.flatnonzero(np.isin(movers, codes)))
                for table, codes in by_table.values()
            ]
        return self._tables_of[key]

    def _column(self, place: int, code: int) -> int | LongArray:
        if place not in self._place:
            return code
        column: LongArray = self._columns[self._place[place]]
        return column
