"""A rule's condition in parts that share no variable, matched apart and then combined by cost.

Matching the parts apart avoids their product. Of a part only what the cost reads is kept, with
one witness: of all nuts at a gate one is enough to know how far the walk is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.view_tree import ViewTree

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from planner.engine.matching import Row
    from planner.guides.queries import Query

__all__ = ["MOST_ROWS", "Part", "split"]

MOST_ROWS = 1000
"""Matches of a part that are compared in a state; more are not asked for."""

_DRAWN = 20
"""Matches among which a random one is drawn where the cost is the same for all."""


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a condition.

    Attributes:
        places: places of the rule's binding that it fills.
        slots: the query's slots for them.
        measured: positions within ``places`` that the cost reads.
        question: the same for parts of any rules whose `rows` are the same in every state;
            ``None`` where these hang on more than the patterns.
    """

    query: Query
    places: tuple[int, ...]
    slots: tuple[int, ...]
    measured: tuple[int, ...]
    question: object

    def rows(self, ties: random.Random | None = None) -> list[Row]:
        """Values of the places, one row for each combination that the cost tells apart."""
        if not self.measured:
            return self._any_row(ties)
        found: dict[Row, list[int]] = {}
        slots = self._told_apart
        matches = self.query.some_matches(MOST_ROWS, slots if ties is None else self.slots)
        if ties is not None:
            matches = [match.copy() for match in matches]
            ties.shuffle(matches)
        for match in matches:
            key = tuple([match[slot] for slot in slots])
            if key not in found:
                found[key] = match.copy()
        return [tuple([match[slot] for slot in self.slots]) for match in found.values()]

    def ordered(self, rows: list[Row]) -> list[Row]:
        """Rows in ascending order of what the cost reads: that is, as declared."""
        measured = self.measured
        return sorted(rows, key=lambda row: [row[place] for place in measured])

    def views(self, most: int) -> ViewTree | None:
        """What finds `rows` state after state; ``None`` where it would take too much.

        In its rows places that the cost does not read are -1 (see `completed`).
        """
        query = self.query
        if any(p.closure for p in query.patterns):
            return None
        wanted = [slot if i in self.measured else None for i, slot in enumerate(self.slots)]
        tree = ViewTree(query.facts.index, query.patterns, wanted, most)
        return tree if tree.is_complete else None

    @property
    def is_wide(self) -> bool:
        """Whether there are too many matches to be gone through."""
        return bool(self.measured) and self.query.is_wide(self._told_apart)

    @property
    def _told_apart(self) -> list[int]:
        return [self.slots[i] for i in self.measured]

    def completed(self, row: Row) -> Row:
        """A row with a witness for the places that are -1."""
        if -1 not in row:
            return row
        bound = [(slot, code) for slot, code in zip(self.slots, row, strict=True) if code >= 0]
        match = next(iter(self.query.matches(bound)))
        return tuple([match[slot] for slot in self.slots])

    def all_rows(self) -> list[Row]:
        """Values of the places, every match."""
        return list(dict.fromkeys(self._matches()))

    def _any_row(self, ties: random.Random | None) -> list[Row]:
        most = 1 if ties is None or not self.places else _DRAWN
        told_apart = () if most == 1 else self.slots
        matches = self.query.some_matches(most, told_apart)
        rows = [tuple([match[slot] for slot in self.slots]) for match in matches]
        if ties is not None and len(rows) > 1:
            return [ties.choice(rows)]
        return rows

    def _matches(self) -> Iterator[Row]:
        slots = self.slots
        for count, match in enumerate(self.query.matches()):
            if count >= MOST_ROWS:
                return
            yield tuple(match[slot] for slot in slots)


def split(query: Query, slots: Sequence[int], measured: frozenset[int]) -> list[Part]:
    """The parts of a condition: those the cost does not read, then in the order of the steps.

    Args:
        query: the condition.
        slots: by place of the rule's binding, the slot of its variable.
        measured: places that the cost reads.
    """
    parts = []
    for component in query.components():
        used = {~a for p in component.patterns for a in p.arguments if a < 0}
        used |= {s for c in component.conditions for s in (*c.reads, c.defines) if s >= 0}
        places = tuple(p for p, slot in enumerate(slots) if slot in used)
        positions = tuple(i for i, p in enumerate(places) if p in measured)
        own = tuple(slots[p] for p in places)
        question = _question(component, own, positions)
        parts.append(Part(component, places, own, positions, question))
    return sorted(parts, key=lambda part: (bool(part.measured), part.places))


def _question(query: Query, slots: Sequence[int], measured: Sequence[int]) -> object:
    """What is asked of a part, with slots numbered as they come."""
    if query.conditions:
        return None
    numbers: dict[int, int] = {}
    asked = [
        (p.predicate, p.closure, *(a if a >= 0 else ~numbers.setdefault(a, len(numbers))
                                   for a in p.arguments))
        for p in query.patterns
    ]  # fmt: skip
    own = tuple(numbers.setdefault(~slot, len(numbers)) for slot in slots)
    return tuple(asked), own, tuple(measured)
