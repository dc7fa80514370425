"""Walks filled in: shortest ways over the places that a movement connects.

A walk's steps are found by breadth-first search from the mover's place, over a map that is read
once from the static facts. Where only these say which moves are possible, ways are searched once
for a task, else once for a state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.guides.walk_map import read_map
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.engine.matching import FactIndex, Row
    from planner.guides.state_facts import StateFacts
    from planner.guides.walk_map import GroundAction, WalkMap
    from planner.kr.task import RuleBase

__all__ = ["Walks", "Ways"]


@dataclass(frozen=True, slots=True)
class Ways:
    """The shortest ways from a place.

    Attributes:
        distance: steps to each place that can be reached.
        origin: the place before each of them.
    """

    start: int
    distance: dict[int, int]
    origin: dict[int, int]


_NOWHERE = Ways(-1, {}, {})
_Key: TypeAlias = "tuple[str, int | None, int]"


class Walks:
    """The movements of a task, by the predicate and the place that they change."""

    def __init__(self, facts: StateFacts, rules: RuleBase) -> None:
        self._facts = facts
        self._groups: dict[tuple[str, int], list[WalkMap]] = {}
        for movement in movements(rules):
            key = (movement.predicate, movement.place)
            self._groups.setdefault(key, []).append(read_map(movement, facts, rules))
        self._changing = any(m.dynamic for group in self._groups.values() for m in group)
        self._static: dict[tuple[object, ...], Ways] = {}
        self._dynamic: dict[tuple[object, ...], Ways] = {}
        self._known: dict[_Key, Ways] = {}

    def __bool__(self) -> bool:
        return bool(self._groups)

    def new_state(self) -> None:
        """Forget the ways that depend on the state."""
        if self._changing:
            self._dynamic.clear()
            self._known.clear()

    def reach(self, predicate: str, mover: int | None, start: int) -> dict[int, int]:
        """Steps of a shortest walk to each place that the mover can get to from ``start``."""
        return self._ways(predicate, mover, start).distance

    def distance(self, predicate: str, mover: int | None, start: int, end: int) -> int | None:
        """Steps of a shortest walk, ``None`` when there is none."""
        if start == end:
            return 0
        return self._ways(predicate, mover, start).distance.get(end)

    def path(
        self, predicate: str, mover: int | None, start: int, end: int
    ) -> tuple[GroundAction, ...]:
        """The actions of the walk that `distance` measured."""
        ways = self._ways(predicate, mover, start)
        if start == end or end not in ways.distance:
            return ()
        group, row = self._origin(predicate, mover, start, end)
        actions = []
        while end != start:
            here = ways.origin[end]
            actions.append(_action(group, row, here, end, self._facts.index))
            end = here
        return tuple(reversed(actions))

    def _ways(self, predicate: str, mover: int | None, start: int) -> Ways:
        key = (predicate, mover, start)
        ways = self._known.get(key)
        if ways is None:
            found = [self._search(*g) for g in self._fitting(predicate, mover, start)]
            ways = self._known[key] = max(found, key=lambda w: len(w.distance), default=_NOWHERE)
        return ways

    def _origin(
        self, predicate: str, mover: int | None, start: int, end: int
    ) -> tuple[list[WalkMap], Row]:
        ways = self._ways(predicate, mover, start)
        for name, place, row in self._fitting(predicate, mover, start):
            if self._search(name, place, row) is ways:
                return self._groups[name, place], row
        raise AssertionError("the ways were found by one of the movements")

    def _fitting(
        self, predicate: str, mover: int | None, start: int
    ) -> Iterator[tuple[str, int, Row]]:
        """Movements with an atom that would say that the mover is at ``start``."""
        for name, place in self._groups:
            if not predicate or name == predicate:
                for row in self._rows(name, place, mover, start):
                    yield name, place, row

    def _rows(self, name: str, place: int, mover: int | None, start: int) -> Iterator[Row]:
        arity = self._groups[name, place][0].arity
        if arity == 1:
            yield from () if mover is not None else ((start,),)
            return
        if arity == 2 and mover is not None:
            yield (start, mover) if place == 0 else (mover, start)
            return
        index, code = self._facts.index, self._facts.code(name)
        if mover is None:
            known = list(index.rows(code))
        else:
            places = (p for p in range(arity) if p != place)
            known = [row for p in places for row in index.bucket(code, p, mover)]
        yield from dict.fromkeys((*r[:place], start, *r[place + 1 :]) for r in known)

    def _search(self, name: str, place: int, row: Row) -> Ways:
        """Breadth-first from a mover's place, moves in the order of schemas and of places."""
        group = self._groups[name, place]
        index = self._facts.index
        kept = self._dynamic if any(m.dynamic for m in group) else self._static
        # Movers that no static fact tells apart share their ways.
        movers = tuple(m.mover_key(index, row) for m in group)
        key = (name, place, movers, row[place])
        ways = kept.get(key)
        if ways is None:
            maps = [(m, m.moves(k)) for m, k in zip(group, movers, strict=True) if k is not None]
            ways = kept[key] = _breadth_first(row[place], maps, index)
        return ways


def _breadth_first(
    start: int, maps: list[tuple[WalkMap, dict[int, dict[int, Row]]]], index: FactIndex
) -> Ways:
    distance = {start: 0}
    origin: dict[int, int] = {}
    layer = [start]
    steps = 0
    most = 1 + max((m.place_count for m, _ in maps), default=0)
    while layer and len(distance) < most:
        steps += 1
        following = []
        for here in layer:
            for walk_map, moves in maps:
                for there in moves.get(here, ()):
                    if there not in distance and walk_map.admits(index, there):
                        distance[there] = steps
                        origin[there] = here
                        following.append(there)
        layer = following
    return Ways(start, distance, origin)


def _action(
    group: list[WalkMap], row: Row, here: int, there: int, index: FactIndex
) -> GroundAction:
    for walk_map in group:
        key = walk_map.mover_key(index, row)
        if key is None:
            continue
        arguments = walk_map.moves(key).get(here, {}).get(there)
        if arguments is not None and walk_map.admits(index, there):
            return walk_map.schema, walk_map.fill(arguments, row)
    raise AssertionError("a way is made of moves")
