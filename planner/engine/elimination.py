"""The values that a few variables of a conjunction take, by eliminating all others.

Where literals share few variables, their matches multiply long before the variables wanted are
told apart: which rover can take which picture from where, through objectives, cameras and modes.
Variable elimination (Dechter 1999) joins the literals of one variable, forgets it, and goes on
with what is left, so that nothing is larger than the widest of these joins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from planner.engine.matching import agrees

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.matching import FactIndex, Pattern, Row

__all__ = ["Elimination", "expected_matches", "most_combinations"]


@dataclass(frozen=True, slots=True)
class _Factor:
    """Rows of values of some slots, each once.

    Attributes:
        origin: numbers of the literals it comes from.
        values: how many values each slot has.
    """

    origin: tuple[int, ...]
    scope: Row
    rows: Collection[Row]
    values: tuple[int, ...]

    @staticmethod
    def of(origin: tuple[int, ...], scope: Row, rows: Collection[Row]) -> _Factor:
        """With its values counted."""
        counts = [len(dict.fromkeys([row[place] for row in rows])) for place in range(len(scope))]
        return _Factor(origin, scope, rows, tuple(counts))


class Elimination:
    """Finds the combinations of some slots' values, state after state.

    What comes from facts that have not changed is kept from one state to the next.

    Args:
        patterns: the atoms that must hold together; none may be a closure.
        wanted: the slots, all of which the patterns mention.
    """

    def __init__(self, patterns: Sequence[Pattern], wanted: Sequence[int]) -> None:
        self._patterns = patterns
        self._wanted = tuple(wanted)
        self._kept: dict[tuple[object, ...], tuple[tuple[int, ...], _Factor]] = {}

    def combinations(self, index: FactIndex, most: int) -> list[Row]:
        """Values of the slots with which the conjunction has a match, each once, up to ``most``."""
        factors = [self._factor(index, number) for number in range(len(self._patterns))]
        others = dict.fromkeys(s for f in factors for s in f.scope if s not in self._wanted)
        while others:
            slot = min(others, key=lambda s: (_width(factors, s), s))
            del others[slot]
            touched = [factor for factor in factors if slot in factor.scope]
            factors = [factor for factor in factors if slot not in factor.scope]
            factors.append(self._joined(index, touched, {*self._wanted, *others}))
        whole = self._joined(index, factors, set(self._wanted))
        places = [whole.scope.index(slot) for slot in self._wanted]
        return [tuple([row[place] for place in places]) for row in islice(whole.rows, most)]

    def _factor(self, index: FactIndex, number: int) -> _Factor:
        return self._made(index, (number,), (), lambda: _factor(index, self._patterns[number]))

    def _joined(
        self, index: FactIndex, factors: Sequence[_Factor], wanted: Collection[int]
    ) -> _Factor:
        """The join of factors, without slots that are not wanted."""
        left = sorted(factors, key=lambda factor: len(factor.rows))
        found = left.pop(0)
        while left:
            # What shares slots narrows; the smallest of these comes first.
            shared = [f for f in left if set(f.scope) & set(found.scope)] or left
            following = shared[0]
            left.remove(following)
            read = {*wanted, *(slot for factor in left for slot in factor.scope)}
            found = self._join(index, found, following, read)
        if set(found.scope) <= set(wanted):
            return found
        return _projected(found, wanted)

    def _join(
        self, index: FactIndex, first: _Factor, second: _Factor, read: Collection[int]
    ) -> _Factor:
        scope = _scope(first, second, read)
        origin = (*first.origin, *second.origin)
        return self._made(index, origin, scope, lambda: (scope, _join(first, second, read)))

    def _made(
        self,
        index: FactIndex,
        origin: tuple[int, ...],
        scope: Row,
        make: Callable[[], tuple[Row, Collection[Row]]],
    ) -> _Factor:
        """A factor, made again only where facts of its literals have changed."""
        state = tuple([index.version(self._patterns[number].predicate) for number in origin])
        kept = self._kept.get((origin, scope))
        if kept is not None and kept[0] == state:
            return kept[1]
        factor = _Factor.of(origin, *make())
        self._kept[origin, scope] = state, factor
        return factor


def expected_matches(index: FactIndex, patterns: Sequence[Pattern]) -> float:
    """The most partial matches to expect at a time when literals are joined one by one."""
    bound: set[int] = set()
    left = list(patterns)
    product = most = 1.0
    while left:
        expected, pattern = min(
            ((_expected(index, p, bound), p) for p in left), key=lambda pair: pair[0]
        )
        left.remove(pattern)
        product *= expected
        most = max(most, product)
        bound.update(~a for a in pattern.arguments if a < 0)
    return most


def most_combinations(
    index: FactIndex, patterns: Sequence[Pattern], wanted: Sequence[int]
) -> float:
    """How many values some slots can take together, by the literals that mention no others."""
    slots = [{~a for a in pattern.arguments if a < 0} for pattern in patterns]
    rows = [len(index.rows(pattern.predicate)) for pattern in patterns]
    product, covered = 1.0, set[int]()
    for own, count in sorted(zip(slots, rows, strict=True), key=lambda pair: pair[1]):
        if own <= set(wanted) and not own <= covered:
            product *= count
            covered |= own
    for slot in wanted:
        if slot not in covered:
            columns = (
                len(index.column(pattern.predicate, place))
                for pattern in patterns
                for place, argument in enumerate(pattern.arguments)
                if argument == ~slot
            )
            product *= min(columns)
    return product


def _expected(index: FactIndex, pattern: Pattern, bound: Collection[int]) -> float:
    """Rows of a literal for one partial match, its columns taken as independent."""
    rows = index.rows(pattern.predicate)
    expected = float(len(rows))
    for place, argument in enumerate(pattern.arguments):
        if argument >= 0 or ~argument in bound:
            expected /= max(1, len(index.column(pattern.predicate, place)))
    return expected


def _factor(index: FactIndex, pattern: Pattern) -> tuple[Row, Collection[Row]]:
    """The slots of a literal, and the rows of values that make it true."""
    arguments = pattern.arguments
    rows: Collection[Row] = tuple(index.rows(pattern.predicate))
    for place, argument in enumerate(arguments):
        if argument >= 0:
            rows = [row for row in rows if row[place] == argument]
    free = [(place, ~a) for place, a in enumerate(arguments) if a < 0]
    scope = tuple(dict.fromkeys(slot for _, slot in free))
    if len(scope) < len(free):
        rows = [row for row in rows if agrees(row, free)]
    if len(scope) == len(arguments):
        return scope, rows
    places = [next(place for place, other in free if other == slot) for slot in scope]
    return scope, list(dict.fromkeys(tuple([row[p] for p in places]) for row in rows))


def _width(factors: Sequence[_Factor], slot: int) -> float:
    """How much there is to join before a slot can be forgotten: at most, if nothing else agrees."""
    product = 1.0
    for factor in factors:
        if slot in factor.scope:
            values = factor.values[factor.scope.index(slot)] or 1
            product *= max(1.0, len(factor.rows) / values)
    return product


def _scope(first: _Factor, second: _Factor, read: Collection[int]) -> Row:
    """The slots of a join that are read later."""
    kept = [slot for slot in first.scope if slot in read]
    added = [slot for slot in second.scope if slot in read and slot not in first.scope]
    return (*kept, *added)


def _join(first: _Factor, second: _Factor, read: Collection[int]) -> list[Row]:
    """The rows of a join, of the slots that are read later."""
    shared = [slot for slot in first.scope if slot in second.scope]
    on_first = [first.scope.index(slot) for slot in shared]
    on_second = [second.scope.index(slot) for slot in shared]
    kept = [place for place, slot in enumerate(first.scope) if slot in read]
    added = [p for p, slot in enumerate(second.scope) if slot in read and slot not in shared]
    tails: dict[Row, dict[Row, None]] = {}
    for row in second.rows:
        key = tuple([row[place] for place in on_second])
        tails.setdefault(key, {})[tuple([row[place] for place in added])] = None
    heads: dict[Row, dict[Row, None]] = {}
    for row in first.rows:
        tail = tails.get(tuple([row[place] for place in on_first]))
        if tail is not None:
            heads.setdefault(tuple([row[place] for place in kept]), {}).update(tail)
    return [head + tail for head, tails in heads.items() for tail in tails]


def _projected(factor: _Factor, wanted: Collection[int]) -> _Factor:
    places = [place for place, slot in enumerate(factor.scope) if slot in wanted]
    rows = dict.fromkeys(tuple([row[place] for place in places]) for row in factor.rows)
    return _Factor.of(factor.origin, tuple([factor.scope[place] for place in places]), list(rows))
