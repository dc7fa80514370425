"""Maps of movements: which places lead to which for each mover, by static facts."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from planner.kr.terms import Variable
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.formulas import Atom
    from planner.kr.task import RuleBase
    from planner.kr.walks import Movement

__all__ = ["MovementMap", "movement_maps", "shortest_ways", "static_links"]

_Row = tuple[int, ...]


class MovementMap:
    """The places of one movement: which lead to which, for each kind of mover.

    Attributes:
        schema: the movement, as a number of an action.
        predicate: says where the mover is, as a number of the rule base.
        place: the argument of that predicate that is the place.
        start, end, movers: columns of the movement's parameters.
        places: the places that have a way in or out.
    """

    def __init__(self, movement: Movement, links: Sequence[Atom], space: StepSpace) -> None:
        names = [p.name for p in movement.schema.parameters]
        start, end = (a.arguments[movement.place] for a in (movement.source, movement.target))
        assert isinstance(start, Variable)
        assert isinstance(end, Variable)
        self.schema = next(
            n for n, a in enumerate(space.task.rules.actions) if a.name == movement.schema.name
        )
        self.predicate = list(space.task.rules.predicates).index(movement.predicate)
        self.place = movement.place
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

    def sources(self, mover: _Row) -> Mapping[int, Sequence[int]]:
        """From each place the places that lead to it."""
        return self._sources.get(tuple(mover[n] for n in self._key), {})

    def distances(self, mover: _Row, target: int) -> IntArray:
        """Steps to a place from every object, -1 where there is no way."""
        key = tuple(mover[n] for n in self._key)
        found = self._distances.get((key, target))
        if found is None:
            found = shortest_ways(self._sources.get(key, {}), target, self._size)
            self._distances[key, target] = found
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


def movement_maps(space: StepSpace) -> list[MovementMap]:
    """The maps of the movements whose ends static facts name, in the order of the actions."""
    rules: RuleBase = space.task.rules
    changing = rules.fluents | rules.derived
    found = []
    for movement in movements(rules):
        links = static_links(movement, changing)
        if links:
            found.append(MovementMap(movement, links, space))
    return found


def shortest_ways(edges: Mapping[int, Sequence[int]], start: int, size: int) -> IntArray:
    """Edges on a shortest way from a place to each of ``size`` objects, -1 without one."""
    distance = np.full(size, -1, dtype=np.int32)
    distance[start] = 0
    queue = deque([start])
    while queue:
        place = queue.popleft()
        for other in edges.get(place, ()):
            if distance[other] < 0:
                distance[other] = distance[place] + 1
                queue.append(other)
    return distance


def static_links(movement: Movement, changing: frozenset[str]) -> list[Atom]:
    """The static conditions of a movement that name both ends; ``changing`` are not static."""
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
