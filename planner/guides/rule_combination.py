"""The cheapest binding of a control rule's steps: branch and bound over the rows of its parts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from planner.guides.rule_legs import ANY, Leg, known_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.matching import Row
    from planner.guides.rule_body import RuleBody
    from planner.guides.rule_parts import Part

__all__ = ["Combination"]


class Combination:
    """Branch and bound over one row of each part.

    Args:
        work: rows looked at, after which the best combination so far is good enough.
    """

    def __init__(
        self,
        body: RuleBody,
        parts: Sequence[Part],
        legs: Sequence[Sequence[Leg]],
        lists: Sequence[Sequence[Row]],
        first: bool,
        avoid: frozenset[Row],
        work: int,
    ) -> None:
        self._work = work
        self._body = body
        self._parts = parts
        self._legs = legs
        self._lists = lists
        self._first = first
        self._avoid = avoid
        self._binding = [-1] * body.width
        self._below = self._bound = (0, 0)
        # Whether any suggestion is at hand, of this rule or of another.
        self._known = False
        self._best: tuple[int, int, Row] | None = None

    def run(self, start: tuple[int, int], below: tuple[int, int]) -> tuple[int, int, Row] | None:
        """The cheapest combination below a bound."""
        self._below = below
        self._known = below < ANY
        self._extend(0, *start)
        return self._best

    def _extend(self, depth: int, measure: int, total: int) -> None:
        if depth == len(self._parts):
            binding = tuple(self._binding)
            if binding not in self._avoid:
                self._best = (measure, total, binding)
                self._below = (measure, total)
                self._known = True
            return
        for extended, row in self._extended(depth, measure, total):
            if extended >= self._below:
                break
            self._fill(depth, row)
            self._extend(depth + 1, *extended)
            if self._work < 0 and self._known:
                break

    def _extended(self, depth: int, measure: int, total: int) -> list[tuple[tuple[int, int], Row]]:
        """The rows of a part with the costs so far, the cheapest first."""
        legs, rows = self._legs[depth], self._lists[depth]
        self._work -= len(rows)
        if not legs:
            return [((measure, total), row) for row in rows]
        found = []
        below = self._below
        is_last = depth == len(self._parts) - 1 and not self._avoid
        for row, costs in self._costs(depth, measure, total):
            if costs is None:
                continue
            first, steps = costs
            key = (first if self._first else steps, steps)
            if key < below:
                found.append((key, row))
                if is_last:
                    # Nothing follows that could make a dearer row the better one.
                    self._bound = below = key
        found.sort(key=lambda pair: pair[0])
        return found

    def _costs(
        self, depth: int, measure: int, total: int
    ) -> Iterator[tuple[Row, tuple[int, int] | None]]:
        """The rows of a part with the costs of the steps so far, walks included.

        While it is read, ``_bound`` may fall: dearer rows are of no use.
        """
        legs, rows = self._legs[depth], self._lists[depth]
        self._bound = self._below
        if len(legs) == 1 and legs[0].end >= 0:
            (leg,) = legs
            places = self._parts[depth].places
            if leg.end in places and leg.start not in places and leg.mover not in places:
                yield from self._costs_by_end(leg, places.index(leg.end), rows, measure, total)
                return
        for row in rows:
            self._fill(depth, row)
            most = (self._bound[0], sys.maxsize) if self._first else (sys.maxsize, self._bound[0])
            yield row, self._body.add(legs, self._binding, measure, total, most)

    def _costs_by_end(
        self, leg: Leg, place: int, rows: Sequence[Row], measure: int, total: int
    ) -> Iterator[tuple[Row, tuple[int, int] | None]]:
        """As `_costs` where only the end of one walk differs from row to row."""
        binding = self._binding
        start = binding[leg.start] if leg.start >= 0 else ~leg.start
        mover = leg.mover
        if mover is not None:
            mover = known_code(binding[mover] if mover >= 0 else ~mover)
        distance = self._body.distances(leg.predicate, mover, start)
        bounded = leg.leads or not self._first
        for row in rows:
            bound = sys.maxsize
            if bounded:
                bound = self._bound[0] - (measure if self._first else total)
            steps = distance(row[place], bound)
            if steps is None:
                yield row, None
            else:
                yield row, (measure + steps if leg.leads else measure, total + steps)

    def _fill(self, depth: int, row: Row) -> None:
        binding = self._binding
        for place, code in zip(self._parts[depth].places, row, strict=True):
            binding[place] = code
