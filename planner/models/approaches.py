"""Moves that come nearer to where something is to be done: distances on the map of a movement.

A message travels one place a round, and what it says of several targets at once gets mixed; so a
model learns only roughly which way leads to which of them. The shortest ways over the static facts
are exact at any distance. They are measured to the nearest place

* that an open goal wants something to be at which the mover has (``goal-own``),
* that an open goal names by itself (``goal-free``),
* where something lies that an open goal speaks of and no mover has (``fetch``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.kr.terms import Variable
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.kr.formulas import Atom
    from planner.kr.walks import Movement

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


class _Map:
    """The places of one movement: which lead to which, for each kind of mover."""

    def __init__(self, movement: Movement, links: Sequence[Atom], space: StepSpace) -> None:
        names = [p.name for p in movement.schema.parameters]
        start, end = (a.arguments[movement.place] for a in (movement.source, movement.target))
        assert isinstance(start, Variable)
        assert isinstance(end, Variable)
        self.schema = next(
            n for n, a in enumerate(space.task.rules.actions) if a.name == movement.schema.name
        )
        self.start, self.end = names.index(start.name), names.index(end.name)
        others = [a for n, a in enumerate(movement.source.arguments) if n != movement.place]
        movers = [a.name for a in others if isinstance(a, Variable)]
        self.movers = [names.index(name) for name in movers]
        keyed = {a.name for atom in links for a in atom.arguments if isinstance(a, Variable)}
        self._key = [n for n, name in enumerate(movers) if name in keyed]
        self._sources = self._read(links, [movers[n] for n in self._key], start, end, space)
        self._distances: dict[tuple[_Row, int], IntArray] = {}
        self._size = len(space.constants)
        self.places = {p for edges in self._sources.values() for p in edges}

    def distances(self, mover: _Row, target: int) -> IntArray:
        """Steps to a place from every object, -1 where there is no way."""
        key = tuple(mover[n] for n in self._key)
        found = self._distances.get((key, target))
        if found is None:
            found = self._distances[key, target] = self._search(self._sources.get(key, {}), target)
        return found

    def _read(
        self,
        links: Sequence[Atom],
        keyed: Sequence[str],
        start: Variable,
        end: Variable,
        space: StepSpace,
    ) -> dict[_Row, dict[int, list[int]]]:
        """From each place, by what the mover is, the places that lead to it."""
        pairs: set[_Row] | None = None
        for atom in links:
            rows = _rows_of(space, atom.predicate)
            names = [a.name if isinstance(a, Variable) else "" for a in atom.arguments]
            at = [names.index(v) if v in names else -1 for v in (*keyed, start.name, end.name)]
            found = {tuple(row[n] if n >= 0 else -1 for n in at) for row in rows}
            pairs = found if pairs is None else _matching(pairs, found)
        edges: dict[_Row, dict[int, list[int]]] = {}
        for *key, here, there in sorted(pairs or ()):
            sources = edges.setdefault(tuple(key), {})
            sources.setdefault(there, []).append(here)
            sources.setdefault(here, [])
        return edges

    def _search(self, sources: dict[int, list[int]], target: int) -> IntArray:
        distance = np.full(self._size, -1, dtype=np.int32)
        distance[target] = 0
        queue = deque([target])
        while queue:
            place = queue.popleft()
            for before in sources.get(place, ()):
                if distance[before] < 0:
                    distance[before] = distance[place] + 1
                    queue.append(before)
        return distance


class Approaches:
    """For each legal move why it comes nearer to some place.

    Args:
        space: where the steps come from.
        goal_rows: predicate (by the rule base) and objects of each literal of the goal.
    """

    def __init__(self, space: StepSpace, goal_rows: Sequence[tuple[int, _Row]]) -> None:
        self._space = space
        self._goal = goal_rows
        rules = space.task.rules
        changing = rules.fluents | rules.derived
        self._maps = []
        for movement in movements(rules):
            links = _links(movement, changing)
            if links:
                self._maps.append(_Map(movement, links, space))
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
    each: _Map,
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


def _links(movement: Movement, changing: frozenset[str]) -> list[Atom]:
    """The static conditions that name both ends."""
    start, end = (a.arguments[movement.place] for a in (movement.source, movement.target))
    return [
        atom
        for atom in movement.schema.positive
        if atom.predicate not in changing and start in atom.arguments and end in atom.arguments
    ]


def _rows_of(space: StepSpace, predicate: str) -> list[_Row]:
    number = list(space.task.rules.predicates).index(predicate)
    rows = space.static.arguments[space.static.symbol == number]
    return [tuple(a for a in row if a >= 0) for row in rows.tolist()]


def _matching(left: set[_Row], right: set[_Row]) -> set[_Row]:
    """Pairs that both relations have, where -1 stands for any mover."""
    found = set()
    ends: dict[_Row, list[_Row]] = {}
    for row in right:
        ends.setdefault(row[-2:], []).append(row)
    for row in left:
        for other in ends.get(row[-2:], ()):
            keys = zip(row[:-2], other[:-2], strict=True)
            if all(a in (-1, b) or b == -1 for a, b in keys):
                found.add(tuple(max(a, b) for a, b in zip(row, other, strict=True)))
    return found
