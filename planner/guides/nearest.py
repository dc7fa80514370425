"""The nearest row of a part where a walk leads to one of very many places: found place by place.

On a large map with many open goals the nearest is a few steps away. Looking from the mover
outwards until a place answers the condition takes what the way takes; measuring the way to each
place that answers it would take the whole map, step after step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.guides.rule_legs import known_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.engine.matching import Row
    from planner.guides.rule_legs import Leg
    from planner.guides.rule_parts import Part
    from planner.guides.walks import Walks

__all__ = ["NearestRows", "nearest_rows"]

_MANY = 100
"""Rows of an atom from which on looking outwards pays."""

_PLACES = 512
"""Places from which on it does; on smaller maps distances are known once and for all."""


@dataclass(frozen=True, slots=True)
class NearestRows:
    """A part of a condition whose cost is a walk to one of its places and nothing else.

    Attributes:
        end: the slot of that place in the part's query.
    """

    part: Part
    leg: Leg
    end: int

    @property
    def is_wanted(self) -> bool:
        """Whether there are so many rows now that looking outwards pays."""
        index = self.part.query.facts.index
        counts = [
            (
                len(index.rows(pattern.predicate)),
                len(index.column(pattern.predicate, pattern.arguments.index(~self.end))),
            )
            for pattern in self.part.query.patterns
            if ~self.end in pattern.arguments and not pattern.closure
        ]
        return min(counts, default=(0, 0))[0] > _MANY and min(n for _, n in counts) > _PLACES

    def best(self, walks: Walks, binding: Sequence[int], most: int) -> tuple[int, Row] | None:
        """Steps to the nearest place that answers the condition, at most so many, and its row.

        Of places equally near the first declared counts.
        """
        leg = self.leg
        start = binding[leg.start] if leg.start >= 0 else ~leg.start
        mover = leg.mover
        if mover is not None:
            mover = known_code(binding[mover] if mover >= 0 else ~mover)
        for steps, places in enumerate(walks.layers(leg.predicate, mover, start)):
            if steps > most:
                break
            for place in sorted(places):
                row = self._row_at(place)
                if row is not None:
                    return steps, row
        return None

    def _row_at(self, place: int) -> Row | None:
        match = next(self.part.query.matches([(self.end, place)]), None)
        return None if match is None else tuple([match[slot] for slot in self.part.slots])


def nearest_rows(parts: Sequence[Part], legs: Sequence[Sequence[Leg]]) -> NearestRows | None:
    """How to look for rows of the last part outwards, where its cost allows that."""
    if not parts or len(legs[-1]) != 1:
        return None
    part, (leg,) = parts[-1], legs[-1]
    if leg.end not in part.places or {leg.start, leg.mover} & {*part.places}:
        return None
    if [part.places[i] for i in part.measured] != [leg.end]:
        return None
    return NearestRows(part, leg, part.slots[part.places.index(leg.end)])
