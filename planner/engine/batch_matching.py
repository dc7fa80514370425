"""Matching a conjunction many partial matches at a time: for lifted states and control rules.

What `planner.engine.matching` does one match after the other; the literals are taken in the same
order for all of them, and partial matches that nothing tells apart are merged on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.matching import UNBOUND, agrees

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from planner.engine.matching import Bucket, FactIndex, Pattern, Row, SlotTest

__all__ = ["all_matches"]

_FIRST_CHUNK, _CHUNK = 16, 256
_PRODUCT = 8.0


def all_matches(
    index: FactIndex,
    patterns: Sequence[Pattern],
    slots: int,
    most: int,
    told_apart: Sequence[int] | None = None,
    *,
    bound: Iterable[tuple[int, int]] = (),
    tests: Sequence[SlotTest] = (),
    check: Callable[[], None] | None = None,
) -> list[list[int]]:
    """The first ``most`` matches, found many at a time: faster than `matches` where there are many.

    The same literal comes next for all partial matches: the one with the fewest rows to expect.
    No pattern may be a closure.

    Args:
        index: what is true.
        patterns: the atoms that must hold together.
        slots: number of variables.
        most: matches that are enough.
        told_apart: slots in which the matches wanted differ; of others that agree in them one is
            enough, and the rest may be left out. ``None`` for all.
        bound: slots bound beforehand, with their codes.
        tests: of the matches, each asked as soon as its slots are bound.
        check: called between pieces of work; raises to stop.
    """
    start = [UNBOUND] * slots
    for slot, code in bound:
        start[slot] = code
    open_tests, ready = _due(tests, start)
    found: list[list[int]] = []
    if all(test.holds(start) for test in ready):
        _grow(index, list(patterns), [start], _Wanted(most, told_apart, check), open_tests, found)
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    most: int
    told_apart: Sequence[int] | None
    check: Callable[[], None] | None


def _due(tests: Sequence[SlotTest], sample: Sequence[int]) -> tuple[list[SlotTest], list[SlotTest]]:
    """Tests that must wait, and those whose slots are bound."""
    if not tests:
        return [], []
    ready = [test for test in tests if all(sample[slot] >= 0 for slot in test.slots)]
    return [test for test in tests if test not in ready], ready


def _grow(
    index: FactIndex,
    remaining: list[Pattern],
    bindings: list[list[int]],
    wanted: _Wanted,
    tests: Sequence[SlotTest],
    found: list[list[int]],
) -> None:
    most, told_apart = wanted.most, wanted.told_apart
    if not remaining:
        found.extend(bindings[: most - len(found)])
        return
    if wanted.check is not None:
        wanted.check()
    sample = bindings[0]
    position = min(range(len(remaining)), key=lambda i: _expected(index, remaining[i], sample))
    pattern = remaining[position]
    rest = remaining[:position] + remaining[position + 1 :]
    start, chunk = 0, _FIRST_CHUNK if most == 1 else _CHUNK
    while start < len(bindings) and len(found) < most:
        extended = _joined(index, pattern, bindings[start : start + chunk])
        waiting = tests
        if extended and tests:
            waiting, ready = _due(tests, extended[0])
            if ready:
                extended = [b for b in extended if all(test.holds(b) for test in ready)]
        if len(extended) > 1 and told_apart is not None:
            read = {slot for test in waiting for slot in test.slots}.union(told_apart)
            extended = _merged(extended, rest, read)
        if extended:
            _grow(index, rest, extended, wanted, waiting, found)
        start, chunk = start + chunk, _CHUNK


def _merged(
    bindings: list[list[int]], rest: Sequence[Pattern], told_apart: Collection[int]
) -> list[list[int]]:
    """One of the bindings that agree in all that later literals and the caller read."""
    read = {~a for pattern in rest for a in pattern.arguments if a < 0}.union(told_apart)
    sample = bindings[0]
    bound = [slot for slot, value in enumerate(sample) if value >= 0]
    if read.issuperset(bound):
        return bindings
    slots = [slot for slot in bound if slot in read]
    kept: dict[tuple[int, ...], list[int]] = {}
    for binding in bindings:
        key = tuple([binding[slot] for slot in slots])
        if key not in kept:
            kept[key] = binding
    return list(kept.values())


def _expected(index: FactIndex, pattern: Pattern, sample: Sequence[int]) -> float:
    """Rows to expect for one binding; a pattern that only tests comes first."""
    rows = index.rows(pattern.predicate)
    best = float(len(rows))
    bound = 0
    for place, argument in enumerate(pattern.arguments):
        value = argument if argument >= 0 else sample[~argument]
        if value < 0:
            continue
        bound += 1
        column = index.column(pattern.predicate, place)
        if argument >= 0:
            best = min(best, float(len(column.get(argument, ()))))
        else:
            best = min(best, len(rows) / max(1, len(column)))
    if bound == len(pattern.arguments):
        return min(best, 1.0) / 2
    # Rows that no bound argument narrows are taken for every partial match.
    return best if bound or not any(v >= 0 for v in sample) else _PRODUCT * best


def _joined(index: FactIndex, pattern: Pattern, bindings: list[list[int]]) -> list[list[int]]:
    """Every binding extended by every row that agrees with it; all bind the same slots."""
    sample = bindings[0]
    arguments = pattern.arguments
    rows = index.rows(pattern.predicate)
    free = [(p, ~a) for p, a in enumerate(arguments) if a < 0 and sample[~a] < 0]
    if not free:
        return [b for b in bindings if tuple(a if a >= 0 else b[~a] for a in arguments) in rows]
    fixed = [(p, a) for p, a in enumerate(arguments) if a >= 0 or sample[~a] >= 0]
    repeated = len({slot for _, slot in free}) < len(free)
    column: dict[int, Bucket] | None = None
    key = 0
    if fixed:
        place, key = max(fixed, key=lambda f: len(index.column(pattern.predicate, f[0])))
        column = index.column(pattern.predicate, place)
        fixed = [f for f in fixed if f[0] != place]
    extended = []
    for binding in bindings:
        bucket: Iterable[Row] = rows
        if column is not None:
            bucket = column.get(key if key >= 0 else binding[~key], ())
        for row in bucket:
            if fixed and any(row[p] != (a if a >= 0 else binding[~a]) for p, a in fixed):
                continue
            if repeated and not agrees(row, free):
                continue
            longer = binding.copy()
            for place, slot in free:
                longer[slot] = row[place]
            extended.append(longer)
    return extended
