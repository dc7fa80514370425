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
    waiting, ready = _due(tests, _with_free(sample, pattern)) if tests else ([], [])
    read: set[int] | None = None
    if told_apart is not None:
        read = {slot for test in waiting for slot in test.slots}.union(told_apart)
        read.update(~a for later in rest for a in later.arguments if a < 0)
    start, chunk = 0, _FIRST_CHUNK if most == 1 else _CHUNK
    while start < len(bindings) and len(found) < most:
        some = bindings[start : start + chunk]
        if ready:
            extended = _joined(index, pattern, some, None)
            extended = [b for b in extended if all(test.holds(b) for test in ready)]
            if len(extended) > 1 and read is not None:
                extended = _merged(extended, read)
        else:
            extended = _joined(index, pattern, some, read)
        if extended:
            _grow(index, rest, extended, wanted, waiting, found)
        start, chunk = start + chunk, _CHUNK


def _with_free(binding: Sequence[int], pattern: Pattern) -> list[int]:
    """A binding in which the pattern's variables count as bound."""
    free = {~a for a in pattern.arguments if a < 0}
    return [max(value, 0) if slot in free else value for slot, value in enumerate(binding)]


def _merged(bindings: list[list[int]], read: Collection[int]) -> list[list[int]]:
    """One of the bindings that agree in all that is still read."""
    slots = [slot for slot, value in enumerate(bindings[0]) if value >= 0 and slot in read]
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


def _joined(
    index: FactIndex, pattern: Pattern, bindings: list[list[int]], read: Collection[int] | None
) -> list[list[int]]:
    """Every binding extended by every row that agrees with it; all bind the same slots.

    Of those that agree in the slots that are still read only the first is made, as rows are many
    and what they tell apart is not; ``None`` makes all.
    """
    sample = bindings[0]
    arguments = pattern.arguments
    rows = index.rows(pattern.predicate)
    free = [(p, ~a) for p, a in enumerate(arguments) if a < 0 and sample[~a] < 0]
    if not free:
        fitting = [b for b in bindings if tuple(a if a >= 0 else b[~a] for a in arguments) in rows]
        return fitting if read is None or len(fitting) < 2 else _merged(fitting, read)
    fixed = [(p, a) for p, a in enumerate(arguments) if a >= 0 or sample[~a] >= 0]
    repeated = len({slot for _, slot in free}) < len(free)
    column: dict[int, Bucket] | None = None
    key = 0
    if fixed:
        place, key = max(fixed, key=lambda f: len(index.column(pattern.predicate, f[0])))
        column = index.column(pattern.predicate, place)
        fixed = [f for f in fixed if f[0] != place]
    kept, told = _told_apart(sample, free, read)
    known: dict[tuple[int, ...], set[int | Row]] = {}
    extended = []
    for binding in bindings:
        bucket: Iterable[Row] = rows
        if column is not None:
            bucket = column.get(key if key >= 0 else binding[~key], ())
        if fixed:
            wanted = [(p, a if a >= 0 else binding[~a]) for p, a in fixed]
            bucket = [row for row in bucket if all(row[p] == code for p, code in wanted)]
        if repeated:
            bucket = [row for row in bucket if agrees(row, free)]
        if kept is not None:
            group = known.setdefault(tuple([binding[slot] for slot in kept]), set())
            bucket = _new_rows(bucket, told, group)
        for row in bucket:
            longer = binding.copy()
            for place, slot in free:
                longer[slot] = row[place]
            extended.append(longer)
    return extended


def _told_apart(
    sample: Sequence[int], free: Sequence[tuple[int, int]], read: Collection[int] | None
) -> tuple[list[int] | None, list[int]]:
    """Slots of a binding and places of a row that tell results apart; no slots where all do."""
    bound = [slot for slot, value in enumerate(sample) if value >= 0]
    if read is None or (all(s in read for s in bound) and all(s in read for _, s in free)):
        return None, []
    return [s for s in bound if s in read], [p for p, slot in free if slot in read]


def _new_rows(bucket: Iterable[Row], places: Sequence[int], known: set[int | Row]) -> list[Row]:
    """The first row of each kind that is not known yet; all kinds are known then."""
    found = []
    only = places[0] if len(places) == 1 else -1
    for row in bucket:
        kind = row[only] if only >= 0 else tuple([row[place] for place in places])
        if kind not in known:
            known.add(kind)
            found.append(row)
    return found
