"""The values that a few variables of a conjunction take, by eliminating all others.

Where literals share few variables, their matches multiply long before the variables wanted are
told apart: which rover can take which picture from where, through objectives, cameras and modes.
Variable elimination (Dechter 1999) joins the literals of one variable, forgets it, and goes on
with what is left, so that nothing is larger than the widest of these joins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.matching import agrees

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from planner.engine.matching import FactIndex, Pattern, Row

__all__ = ["combinations", "expected_matches", "most_combinations"]


@dataclass(frozen=True, slots=True)
class _Factor:
    """Rows of values of some slots, each once."""

    scope: Row
    rows: Collection[Row]


def combinations(
    index: FactIndex, patterns: Iterable[Pattern], wanted: Sequence[int], most: int
) -> list[Row]:
    """Values of some slots with which a conjunction has a match, each once.

    Args:
        index: what is true.
        patterns: the atoms that must hold together; none may be a closure.
        wanted: the slots, all of which the patterns mention.
        most: combinations that are enough.
    """
    factors = [_factor(index, pattern) for pattern in patterns]
    others = dict.fromkeys(s for f in factors for s in f.scope if s not in wanted)
    while others:
        slot = min(others, key=lambda s: _width(factors, s))
        del others[slot]
        touched = [factor for factor in factors if slot in factor.scope]
        factors = [factor for factor in factors if slot not in factor.scope]
        factors.append(_joined(touched, {*wanted, *others}))
    whole = _joined(factors, set(wanted))
    places = [whole.scope.index(slot) for slot in wanted]
    rows = [tuple([row[place] for place in places]) for row in whole.rows]
    return rows[:most]


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


def _factor(index: FactIndex, pattern: Pattern) -> _Factor:
    arguments = pattern.arguments
    rows: Collection[Row] = index.rows(pattern.predicate)
    for place, argument in enumerate(arguments):
        if argument >= 0:
            rows = [row for row in rows if row[place] == argument]
    free = [(place, ~a) for place, a in enumerate(arguments) if a < 0]
    scope = tuple(dict.fromkeys(slot for _, slot in free))
    if len(scope) < len(free):
        rows = [row for row in rows if agrees(row, free)]
    if len(scope) == len(arguments):
        return _Factor(scope, rows)
    places = [next(place for place, other in free if other == slot) for slot in scope]
    return _Factor(scope, dict.fromkeys(tuple([row[p] for p in places]) for row in rows))


def _width(factors: Sequence[_Factor], slot: int) -> tuple[float, int]:
    """How much there is to join before a slot can be forgotten: at most, if nothing else agrees."""
    product = 1.0
    for factor in factors:
        if slot in factor.scope:
            place = factor.scope.index(slot)
            values = len({row[place] for row in factor.rows}) or 1
            product *= max(1.0, len(factor.rows) / values)
    return product, slot


def _joined(factors: Sequence[_Factor], wanted: Collection[int]) -> _Factor:
    """The join of factors, without slots that are not wanted."""
    left = sorted(factors, key=lambda factor: len(factor.rows))
    found = left.pop(0)
    while left:
        # What shares slots narrows; the smallest of these comes first.
        shared = [f for f in left if set(f.scope) & set(found.scope)] or left
        following = shared[0]
        left.remove(following)
        read = {*wanted, *(slot for factor in left for slot in factor.scope)}
        found = _join(found, following, read)
    if set(found.scope) <= set(wanted):
        return found
    return _projected(found, wanted)


def _join(first: _Factor, second: _Factor, read: Collection[int]) -> _Factor:
    """The join of two factors on the slots that are read later."""
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
    scope = tuple([first.scope[p] for p in kept] + [second.scope[p] for p in added])
    return _Factor(scope, [head + tail for head, tails in heads.items() for tail in tails])


def _projected(factor: _Factor, wanted: Collection[int]) -> _Factor:
    places = [place for place, slot in enumerate(factor.scope) if slot in wanted]
    rows = dict.fromkeys(tuple([row[place] for place in places]) for row in factor.rows)
    return _Factor(tuple([factor.scope[place] for place in places]), rows)
