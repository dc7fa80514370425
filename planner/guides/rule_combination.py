"""The cheapest binding of a control rule's steps: branch and bound over the rows of its parts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.leg_costs import FEW_ROWS, LegCosts
from planner.guides.rule_legs import ANY, Leg, known_code
from planner.guides.walk_table import FAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.matching import Row
    from planner.guides.nearest import NearestRows
    from planner.guides.rule_body import RuleBody
    from planner.guides.rule_parts import Part

__all__ = ["Combination"]

_TOGETHER, _CHUNK = 4, 64
"""Rows of the last part but one for which the last is taken at once: at least, at a time."""


class Combination:
    """Branch and bound over one row of each part.

    Args:
        lists: the rows of each part, without the last where ``nearest`` finds these.
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
        nearest: NearestRows | None = None,
    ) -> None:
        self._nearest = nearest
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
        self._measured: dict[int, LegCosts] = {}

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
        following = self._extended(depth, measure, total)
        if depth == len(self._parts) - 2 and not self._avoid and self._end_together(following):
            return
        for extended, row in following:
            if extended >= self._below:
                break
            self._fill(depth, row)
            self._extend(depth + 1, *extended)
            if self._work < 0 and self._known:
                break

    def _extended(self, depth: int, measure: int, total: int) -> list[tuple[tuple[int, int], Row]]:
        """The rows of a part with the costs so far, the cheapest first."""
        if depth == len(self._lists):
            return self._nearest_end(measure, total)
        legs, rows = self._legs[depth], self._lists[depth]
        self._work -= len(rows)
        if not legs:
            return [((measure, total), row) for row in rows]
        is_last = depth == len(self._parts) - 1 and not self._avoid
        if len(rows) > FEW_ROWS:
            at_once = self._at_once(depth, measure, total, only_best=is_last)
            if at_once is not None:
                return at_once
        found = []
        below = self._below
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

    def _end_together(self, before: Sequence[tuple[tuple[int, int], Row]]) -> bool:
        """Take the last part for all rows of the one before it at once; False where one must not.

        What is found is what one row after the other would find.
        """
        last = len(self._parts) - 1
        if self._nearest is not None:
            return False
        rows = self._lists[last]
        if len(before) < _TOGETHER or len(rows) <= FEW_ROWS or not self._legs[last]:
            return False
        for start in range(0, len(before), _CHUNK):
            chunk = before[start : start + _CHUNK]
            columns = np.array([row for _, row in chunk], dtype=np.int64).T
            others = dict(zip(self._parts[last - 1].places, columns, strict=True))
            added = self._leg_costs(last).steps_of_many(self._binding, others)
            if added is None:
                return False
            costs = np.array([costs for costs, _ in chunk], dtype=np.int64)
            steps = costs[:, 1:] + added[1]
            key = costs[:, :1] + added[0] if self._first else steps
            best = (np.maximum(key, steps & -FAR) * FAR + steps).argmin(axis=1)
            lines = np.arange(len(chunk))
            found = zip(key[lines, best].tolist(), steps[lines, best].tolist(), strict=True)
            for (extended, row), ends, number in zip(chunk, found, best.tolist(), strict=True):
                if extended >= self._below or (self._work < 0 and self._known):
                    return True
                self._work -= len(rows)
                if ends[1] < FAR and ends < self._below:
                    self._fill(last - 1, row)
                    self._fill(last, rows[number])
                    self._extend(last + 1, *ends)
        return True

    def _nearest_end(self, measure: int, total: int) -> list[tuple[tuple[int, int], Row]]:
        """The cheapest row of the last part, which is found by looking outwards."""
        assert self._nearest is not None
        leads = self._nearest.leg.leads
        bounded = leads or not self._first
        most = self._below[0] - (measure if self._first else total) if bounded else sys.maxsize
        found = self._body.nearest(self._nearest, self._binding, most)
        if found is None:
            return []
        steps, row = found
        self._work -= 1 + steps
        first, total = measure + steps if leads else measure, total + steps
        key = (first if self._first else total, total)
        return [(key, row)] if key < self._below else []

    def _leg_costs(self, depth: int) -> LegCosts:
        """The walks of a part over all its rows, prepared once."""
        costs = self._measured.get(depth)
        if costs is None:
            places = self._parts[depth].places
            costs = self._body.leg_costs(self._legs[depth], places, self._lists[depth])
            self._measured[depth] = costs
        return costs

    def _at_once(
        self, depth: int, measure: int, total: int, *, only_best: bool
    ) -> list[tuple[tuple[int, int], Row]] | None:
        """The rows with their costs, measured together; ``None`` where that cannot be done."""
        rows = self._lists[depth]
        added = self._leg_costs(depth).steps(self._binding)
        if added is None:
            return None
        steps = total + added[1]
        key = measure + added[0] if self._first else steps
        most, most_steps = self._below
        if only_best:
            # Without a way the steps are too many, however near the first of them is.
            order = np.maximum(key, steps & -FAR) * FAR + steps if self._first else steps
            best = int(order.argmin())
            found = int(key[best]), int(steps[best])
            return [(found, rows[best])] if found[1] < FAR and found < self._below else []
        fits = (steps < FAR) & ((key < most) | ((key == most) & (steps < most_steps)))
        chosen = np.flatnonzero(fits)
        chosen = chosen[np.lexsort((steps[chosen], key[chosen]))]
        pairs = zip(key[chosen].tolist(), steps[chosen].tolist(), strict=True)
        return [(pair, rows[i]) for pair, i in zip(pairs, chosen.tolist(), strict=True)]

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
