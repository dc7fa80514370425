"""How much there is to join, estimated from the facts there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from planner.engine.matching import FactIndex, Pattern

__all__ = ["expected_matches", "most_combinations"]


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
