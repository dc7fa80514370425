"""Moves that come nearer to where something is to be done: distances on the map of a movement.

A message travels one place a round, and what it says of several targets at once gets mixed; so a
model learns only roughly which way leads to which of them. The shortest ways over the static facts
are exact at any distance. They are measured to the nearest place

* that an open goal wants something to be at which the mover has (``goal-own``),
* that an open goal names by itself (``goal-free``),
* where something lies that an open goal speaks of and no mover has (``fetch``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.models.terrain import movement_maps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.models.terrain import MovementMap

__all__ = ["APPROACHES", "Approaches"]

APPROACHES = ("goal-own", "goal-free", "fetch")
_OWN, _FREE, _FETCH = range(3)

_Row = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Target:
    """A place to go to, why, and the predicate that says so."""

    reason: int
    predicate: int
    place: int


class Approaches:
    """For each legal move why it comes nearer to some place.

    Args:
        space: where the steps come from.
        goal_rows: predicate (by the rule base) and objects of each literal of the goal.
        maps: of the space's movements, where they are known.
    """

    def __init__(
        self,
        space: StepSpace,
        goal_rows: Sequence[tuple[int, _Row]],
        maps: Sequence[MovementMap] | None = None,
    ) -> None:
        self._space = space
        self._goal = goal_rows
        self._maps = movement_maps(space) if maps is None else list(maps)
        self._places = {p for one in self._maps for p in one.places}
        static = [
            (predicate, tuple(a for a in row if a >= 0))
            for predicate, row in zip(
                space.static.symbol.tolist(), space.static.arguments.tolist(), strict=True
            )
        ]
        asked = {a for _, row in goal_rows for a in row} - self._places
        self._always = [row for row in static if asked.intersection(row[1])]

    def __bool__(self) -> bool:
        return bool(self._maps)

    def of(self, steps: IntArray, true: IntArray, is_open: BoolArray) -> list[tuple[int, int, int]]:
        """Rows (position in ``steps``, reason, predicate) of the moves that come nearer.

        Args:
            steps: legal steps.
            true: the atoms that hold.
            is_open: for each literal of the goal whether it is open.
        """
        found: list[tuple[int, int, int]] = []
        table = self._space.steps
        schemas = table.symbol[steps]
        known: _Situation | None = None
        for each in self._maps:
            positions = np.flatnonzero(schemas == each.schema)
            if not len(positions):
                continue
            if known is None:
                known = self._situation(true, is_open)
            rows = table.arguments[steps[positions]]
            by_mover: dict[tuple[_Row, int], list[tuple[int, int]]] = {}
            for position, row in zip(positions.tolist(), rows.tolist(), strict=True):
                mover = tuple(row[n] for n in each.movers)
                moves = by_mover.setdefault((mover, row[each.start]), [])
                moves.append((position, row[each.end]))
            for (mover, here), moves in by_mover.items():
                found += _nearer(each, mover, here, moves, known.targets(mover))
        return found

    def _situation(self, true: IntArray, is_open: BoolArray) -> _Situation:
        table = self._space.atoms
        rows = [
            (predicate, tuple(a for a in row if a >= 0))
            for predicate, row in zip(
                table.symbol[true].tolist(), table.arguments[true].tolist(), strict=True
            )
        ]
        goal = [self._goal[n] for n in np.flatnonzero(is_open).tolist()]
        return _Situation([*rows, *self._always], goal, self._places)


class _Situation:
    """What a state says of who has what, and where things lie."""

    def __init__(
        self,
        rows: Iterable[tuple[int, _Row]],
        goal: Sequence[tuple[int, _Row]],
        places: set[int],
    ) -> None:
        self._goal = goal
        self._places = places
        self._with: dict[int, set[int]] = {}
        self._lies: dict[int, list[tuple[int, int]]] = {}
        for predicate, row in rows:
            things = [a for a in row if a not in places]
            for a in things:
                self._with.setdefault(a, set()).update(things)
                self._lies.setdefault(a, []).extend((predicate, p) for p in row if p in places)
        self._wanted = sorted({a for _, row in goal for a in row if a not in places})

    def targets(self, mover: _Row) -> list[_Target]:
        """The places of interest to a mover."""
        mine = set(mover).union(*(self._with.get(m, set()) for m in mover))
        found: dict[_Target, None] = {}
        for predicate, row in self._goal:
            places = [a for a in row if a in self._places]
            things = [a for a in row if a not in self._places]
            if not places:
                continue
            if not things:
                found.update(dict.fromkeys(_Target(_FREE, predicate, p) for p in places))
            elif mine.intersection(things):
                found.update(dict.fromkeys(_Target(_OWN, predicate, p) for p in places))
        for thing in self._wanted:
            if thing not in mine:
                for predicate, place in self._lies.get(thing, ()):
                    found.setdefault(_Target(_FETCH, predicate, place))
        return list(found)


def _nearer(
    each: MovementMap,
    mover: _Row,
    here: int,
    moves: Sequence[tuple[int, int]],
    targets: Iterable[_Target],
) -> list[tuple[int, int, int]]:
    """The moves on a shortest way to the nearest place of each kind, all the nearest ones."""
    nearest: dict[tuple[int, int], list[IntArray]] = {}
    for target in targets:
        distance = each.distances(mover, target.place)
        away = int(distance[here])
        if away <= 0:
            continue
        kind = (target.reason, target.predicate)
        known = nearest.get(kind)
        if known is None or int(known[0][here]) > away:
            nearest[kind] = [distance]
        elif int(known[0][here]) == away:
            known.append(distance)
    found = []
    for (reason, predicate), distances in nearest.items():
        for position, there in moves:
            if any(0 <= int(d[there]) < int(d[here]) for d in distances):
                found.append((position, reason, predicate))
    return found
