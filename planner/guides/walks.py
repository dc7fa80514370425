"""Walks filled in: shortest ways over the places that a movement connects.

A walk's steps are found by breadth-first search from the mover's place, over a map that is read
once from the static facts. Where only these say which moves are possible, ways are searched once
for a task, else once for a state.
"""

from __future__ import annotations

import itertools
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from planner.guides.walk_map import read_map
from planner.guides.walk_table import WalkTable
from planner.guides.ways import Ways
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.engine.matching import FactIndex, Row
    from planner.guides.state_facts import StateFacts
    from planner.guides.walk_map import GroundAction, WalkMap
    from planner.guides.ways import Admission, Moves
    from planner.kr.task import RuleBase

__all__ = ["Walks"]

_ROOM = 1_000_000
"""Places that free ways from all starts may lead to; 100 bytes each."""

_SMALL = 512
"""Places of a map whose distances are kept in a table."""


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
        self._free: dict[tuple[object, ...], Ways] = {}
        self._admissions: dict[int, Admission] = {}
        self._known: dict[_Key, list[tuple[Ways, tuple[str, int, Row]]]] = {}
        self._tables: dict[tuple[object, ...], WalkTable | None] = {}
        self._tables_of: dict[tuple[str, int | None], WalkTable | None] = {}

    def __bool__(self) -> bool:
        return bool(self._groups)

    def new_state(self) -> None:
        """Forget the ways that depend on the state."""
        if self._changing:
            self._dynamic.clear()
            self._admissions.clear()
            self._known.clear()

    def distance(
        self, predicate: str, mover: int | None, start: int, end: int, most: int = sys.maxsize
    ) -> int | None:
        """Steps of a shortest walk, ``None`` when there is none of at most ``most`` steps."""
        if start == end:
            return 0
        for ways, _ in self._ways(predicate, mover, start):
            found = ways.distance(end, most)
            if found is not None:
                return found
        return None

    def distances(
        self, predicate: str, mover: int | None, start: int
    ) -> Callable[[int, int], int | None]:
        """As `distance` from one place: a function of the end and of the most steps."""
        found = [ways.distance for ways, _ in self._ways(predicate, mover, start)]
        if len(found) == 1:
            return found[0]

        def shortest(end: int, most: int) -> int | None:
            if end == start:
                return 0
            lengths = (distance(end, most) for distance in found)
            return next((length for length in lengths if length is not None), None)

        return shortest

    @property
    def changing(self) -> bool:
        """Whether any ways depend on the state."""
        return self._changing

    def layers(self, predicate: str, mover: int | None, start: int) -> Iterator[list[int]]:
        """Places by their distance from one, that one first."""
        every = [ways.layers() for ways, _ in self._ways(predicate, mover, start)]
        if not every:
            yield [start]
        for layers in itertools.zip_longest(*every, fillvalue=()):
            yield [place for layer in layers for place in layer]

    def table(self, predicate: str, mover: int | None) -> WalkTable | None:
        """All distances of a mover; ``None`` on a large map, or one that changes or is not alone.

        What it says agrees with `distance`.
        """
        asked = (predicate, mover)
        if asked not in self._tables_of:
            self._tables_of[asked] = self._table(predicate, mover)
        return self._tables_of[asked]

    def _table(self, predicate: str, mover: int | None) -> WalkTable | None:
        groups = [key for key in self._groups if not predicate or key[0] == predicate]
        if len(groups) != 1:
            return None
        (name, place), group = groups[0], self._groups[groups[0]]
        if any(m.dynamic for m in group) or group[0].arity != (1 if mover is None else 2):
            return None
        row = (0,) if mover is None else (0, mover) if place == 0 else (mover, 0)
        movers = tuple(m.mover_key(self._facts.index, row) for m in group)
        key = (name, place, movers)
        if key not in self._tables:
            maps = [m.moves(k) for m, k in zip(group, movers, strict=True) if k is not None]
            places = {end for moves in maps for here in moves for end in (here, *moves[here])}
            table = None
            if len(places) <= _SMALL:
                rows = (row[:place], row[place + 1 :])
                table = WalkTable(places, lambda start: self._everywhere(name, place, rows, start))
            self._tables[key] = table
        return self._tables[key]

    def _everywhere(
        self, name: str, place: int, around: tuple[Row, Row], start: int
    ) -> Mapping[int, int]:
        return self._search(name, place, (*around[0], start, *around[1])).everywhere()

    def path(
        self, predicate: str, mover: int | None, start: int, end: int
    ) -> tuple[GroundAction, ...]:
        """The actions of the walk that `distance` measured."""
        if start == end:
            return ()
        for ways, (name, place, row) in self._ways(predicate, mover, start):
            if ways.distance(end, sys.maxsize) is not None:
                group, index = self._groups[name, place], self._facts.index
                return tuple(
                    _action(group, row, here, there, index)
                    for here, there in pairwise(ways.places(end))
                )
        return ()

    def fixed_places(self) -> dict[str, int]:
        """By predicate, the place that movements change, and nothing else, on fixed ways."""
        found: dict[str, int] = {}
        for (name, place), group in self._groups.items():
            if all(m.is_plain for m in group):
                found.setdefault(name, place)
        return found

    def is_mover(self, predicate: str, place: int, row: Row) -> bool:
        """Whether the mover of an atom can move at all."""
        index = self._facts.index
        group = self._groups.get((predicate, place), ())
        return any(m.mover_key(index, row) is not None for m in group)

    def route(
        self, predicate: str, place: int, row: Row, end: int
    ) -> tuple[GroundAction, ...] | None:
        """The actions that bring the mover of an atom to another place, ``None`` without a way."""
        ways = self._search(predicate, place, row)
        if ways.distance(end, sys.maxsize) is None:
            return None
        group, index = self._groups[predicate, place], self._facts.index
        return tuple(
            _action(group, row, here, there, index) for here, there in pairwise(ways.places(end))
        )

    def _ways(
        self, predicate: str, mover: int | None, start: int
    ) -> list[tuple[Ways, tuple[str, int, Row]]]:
        """The ways of each movement that fits."""
        key = (predicate, mover, start)
        found = self._known.get(key)
        if found is None:
            fitting = self._fitting(predicate, mover, start)
            found = self._known[key] = [(self._search(*g), g) for g in fitting]
        return found

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
        """The ways of a mover from its place."""
        group = self._groups[name, place]
        index = self._facts.index
        # Movers that no static fact tells apart share their ways.
        movers = tuple(m.mover_key(index, row) for m in group)
        key = (name, place, movers, row[place])
        dynamic = any(m.dynamic for m in group)
        kept = self._dynamic if dynamic else self._static
        ways = kept.get(key)
        if ways is None:
            maps = [(m, m.moves(k)) for m, k in zip(group, movers, strict=True) if k is not None]
            free = self._free_ways(key, row[place], maps) if dynamic else None
            ways = kept[key] = Ways(row[place], maps, index, free, self._admissions)
        return ways

    def _free_ways(
        self, key: tuple[object, ...], start: int, maps: list[tuple[WalkMap, Moves]]
    ) -> Ways:
        """The ways if nothing that changes were in the way, kept as far as there is room."""
        ways = self._free.get(key)
        if ways is None:
            places = sum(len(moves) for _, moves in maps)
            if (len(self._free) + 1) * places > _ROOM:
                self._free.clear()
            ways = self._free[key] = Ways(start, maps, self._facts.index)
        return ways


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
