"""Queries: conditions of the rule language in the form that is matched against a state's facts.

`planner.guides.matching` makes them. A query is patterns, which a join binds, and conditions, which
are asked of each match. Variables are slots of one list; codes stand for constants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.batch_matching import all_matches
from planner.engine.join_estimates import expected_matches, most_combinations
from planner.engine.matching import UNBOUND, Pattern, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.guides.state_facts import StateFacts

__all__ = ["Condition", "Query", "Slots", "Test"]

_MANY = 4
"""Literals below which no partial matches pile up."""

_WIDE = 20_000
"""Partial matches at a time from which variables are eliminated instead."""

_OFTEN = 15
"""How many of these for each combination of the slots wanted."""

Test: TypeAlias = Callable[[list[int]], bool]
"""Asked of a match; may bind a slot that is still free, where a condition defines its value."""


class Slots:
    """Places of variables in a binding, in order of first mention."""

    def __init__(self) -> None:
        self.place: dict[str, int] = {}
        self._fresh = 0

    def of(self, variable: str) -> int:
        """The slot of a variable."""
        return self.place.setdefault(variable, len(self.place))

    def fresh(self, name: str = "") -> str:
        """A variable that nothing else uses."""
        self._fresh += 1
        return f"{name}#{self._fresh}"

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class Condition:
    """A test with the slots it reads.

    Attributes:
        defines: the slot it binds when free, or -1.
    """

    holds: Test
    reads: frozenset[int]
    defines: int = -1


@dataclass(frozen=True, slots=True)
class Query:
    """A conjunction ready to be matched; a disjunction is several."""

    facts: StateFacts
    slots: Slots
    patterns: tuple[Pattern, ...]
    conditions: tuple[Condition, ...]

    def matches(self, bound: Iterable[tuple[int, int]] = ()) -> Iterator[list[int]]:
        """Bindings that hold in the facts' current state; copy what is kept."""
        given = list(bound)
        found = matches(self.facts.index, self.patterns, len(self.slots), given)
        fixed = {slot for slot, _ in given} | {~a for p in self.patterns for a in p.arguments}
        defined = [c.defines for c in self.conditions if c.defines not in fixed]
        tests = [condition.holds for condition in self.conditions]
        for binding in found:
            for slot in defined:
                if slot >= 0:
                    binding[slot] = UNBOUND
            for test in tests:
                if not test(binding):
                    break
            else:
                yield binding

    def some_matches(self, most: int, told_apart: Sequence[int]) -> Iterable[list[int]]:
        """The first matches, as many at a time as is fast; do not change them.

        Of matches that agree in the slots told apart some may be left out.
        """
        if self.conditions or len(self.patterns) < 2 or any(p.closure for p in self.patterns):
            return islice(self.matches(), most)
        return all_matches(self.facts.index, self.patterns, len(self.slots), most, told_apart)

    def is_wide(self, told_apart: Sequence[int]) -> bool:
        """Whether matches are so many that variables are rather eliminated."""
        index = self.facts.index
        if self.conditions or len(self.patterns) < _MANY or any(p.closure for p in self.patterns):
            return False
        few = most_combinations(index, self.patterns, told_apart)
        return expected_matches(index, self.patterns) >= max(_WIDE, _OFTEN * few)

    def holds(self, bound: Iterable[tuple[int, int]] = ()) -> bool:
        """Whether there is a match."""
        return next(self.matches(bound), None) is not None

    def components(self) -> list[Query]:
        """Parts that share no variable: matching them apart avoids their product."""
        groups: list[tuple[set[int], list[Pattern], list[Condition]]] = []
        parts: list[Pattern | Condition] = [*self.patterns, *self.conditions]
        for part in parts:
            if isinstance(part, Pattern):
                used = {~a for a in part.arguments if a < 0}
                group: tuple[set[int], list[Pattern], list[Condition]] = (used, [part], [])
            else:
                group = ({*part.reads, *([part.defines] if part.defines >= 0 else [])}, [], [part])
            for other in [g for g in groups if g[0] & group[0]]:
                groups.remove(other)
                group = (other[0] | group[0], other[1] + group[1], other[2] + group[2])
            groups.append(group)
        return [Query(self.facts, self.slots, tuple(p), tuple(c)) for _, p, c in groups]
