"""Shortest ways from a place, over the map of one movement or of several."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from planner.engine.matching import FactIndex, Row
    from planner.guides.walk_map import WalkMap

__all__ = ["Admission", "Moves", "Ways"]

Moves: TypeAlias = "dict[int, dict[int, Row]]"
"""From each place, the places one move away with the arguments of a move."""

Admission: TypeAlias = "tuple[set[int] | None, Collection[int]]"
"""Places that let movers in, ``None`` for all, and places that keep them out."""


class Ways:
    """The shortest ways from a place, searched layer by layer and no farther than asked.

    Args:
        start: the place.
        maps: movements with the moves of each.
        index: the facts of the state, which may keep movers out of places.
        free: the ways there would be if nothing kept movers out; a bound that is known for all
            states, so that most questions need no search. ``None`` where nothing does.
        admissions: which places let movers in, by movement; filled in as it is asked for.
    """

    __slots__ = (
        "_admissions",
        "_depth",
        "_distance",
        "_free",
        "_index",
        "_layer",
        "_layers",
        "_maps",
        "_origin",
        "start",
    )

    def __init__(
        self,
        start: int,
        maps: list[tuple[WalkMap, Moves]],
        index: FactIndex,
        free: Ways | None = None,
        admissions: dict[int, Admission] | None = None,
    ) -> None:
        self.start = start
        self._admissions = {} if admissions is None else admissions
        self._maps = maps
        self._index = index
        self._free = free
        self._distance = {start: 0}
        self._origin: dict[int, int] = {}
        self._layer = [start]
        self._layers = [self._layer]
        self._depth = 0

    def distance(self, end: int, most: int) -> int | None:
        """Steps to a place, ``None`` when there is no way of at most so many steps."""
        found = self._distance.get(end)
        if found is not None or self._depth >= most or not self._may_reach(end, most):
            return found
        while found is None and self._layer and self._depth < most:
            self._grow()
            found = self._distance.get(end)
        return found

    def _may_reach(self, end: int, most: int) -> bool:
        """Whether a place lets movers in, and is near enough if all others did."""
        if self._free is None:
            return True
        if self._free.distance(end, most) is None:
            return False
        return any(walk_map.admits(self._index, end) for walk_map, _ in self._maps)

    def layers(self) -> Iterator[list[int]]:
        """The places by their distance, searched as they are asked for."""
        for depth in itertools.count():
            if depth == len(self._layers):
                self._grow()
            if not self._layers[depth]:
                return
            yield self._layers[depth]

    def everywhere(self) -> Mapping[int, int]:
        """Steps to every place that can be reached."""
        while self._layer:
            self._grow()
        return self._distance

    def places(self, end: int) -> list[int]:
        """The places on a way that was found, both ends included."""
        way = [end]
        while way[-1] != self.start:
            way.append(self._origin[way[-1]])
        return way[::-1]

    def _grow(self) -> None:
        """One more layer, moves in the order of schemas and of places."""
        distance, origin = self._distance, self._origin
        self._depth += 1
        following = []
        open_maps = [(moves, *self._admission(walk_map)) for walk_map, moves in self._maps]
        for here in self._layer:
            for moves, let_in, kept_out in open_maps:
                for there in moves.get(here, ()):
                    if (
                        there not in distance
                        and (let_in is None or there in let_in)
                        and there not in kept_out
                    ):
                        distance[there] = self._depth
                        origin[there] = here
                        following.append(there)
        self._layer = following
        self._layers.append(following)

    def _admission(self, walk_map: WalkMap) -> Admission:
        """The places that let movers in, read once for a state."""
        if self._free is None:
            return None, ()
        found = self._admissions.get(walk_map.schema)
        if found is None:
            found = self._admissions[walk_map.schema] = walk_map.admission(self._index)
        return found
