"""Matching a conjunction against a changing set of facts: for lifted states and control rules.

Facts are rows of codes in dictionaries by predicate and by argument. A match is found by
backtracking, the literal with the fewest candidate rows first, judged anew at each step; that
order, and not the order of the literals, decides the cost. Rows come in the order they were
added, so results are the same in every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

__all__ = ["FactIndex", "Pattern", "Row", "SlotTest", "all_matches", "matches"]

Row: TypeAlias = "tuple[int, ...]"
_Bucket: TypeAlias = "dict[Row, None]"
_UNBOUND = -1


@dataclass(frozen=True, slots=True)
class Pattern:
    """An atom to be matched.

    Attributes:
        predicate: any integer the index knows.
        arguments: a code at least 0 is a constant; ``~slot`` is the variable in ``slot``.
        closure: match the transitive closure of the binary predicate instead; one of its ends
            must be bound by other literals or a constant.
    """

    predicate: int
    arguments: Row
    closure: bool = False


class FactIndex:
    """A changing set of ground atoms; each argument place of each predicate has an index."""

    __slots__ = ("_columns", "_rows")

    def __init__(self, facts: Iterable[tuple[int, Row]] = ()) -> None:
        self._rows: dict[int, _Bucket] = {}
        self._columns: dict[int, list[dict[int, _Bucket]]] = {}
        for predicate, row in facts:
            self.add(predicate, row)

    def add(self, predicate: int, row: Row) -> bool:
        """Make an atom true; say whether it was false before."""
        rows = self._rows.get(predicate)
        if rows is None:
            rows = self._rows[predicate] = {}
            self._columns[predicate] = [{} for _ in row]
        elif row in rows:
            return False
        rows[row] = None
        for column, value in zip(self._columns[predicate], row, strict=True):
            bucket = column.get(value)
            if bucket is None:
                column[value] = {row: None}
            else:
                bucket[row] = None
        return True

    def discard(self, predicate: int, row: Row) -> bool:
        """Make an atom false; say whether it was true before."""
        rows = self._rows.get(predicate)
        if rows is None or row not in rows:
            return False
        del rows[row]
        for column, value in zip(self._columns[predicate], row, strict=True):
            del column[value][row]
        return True

    def holds(self, predicate: int, row: Row) -> bool:
        """Whether an atom is true."""
        rows = self._rows.get(predicate)
        return rows is not None and row in rows

    def rows(self, predicate: int) -> _Bucket:
        """The rows of a predicate; do not change it."""
        return self._rows.get(predicate, {})

    def bucket(self, predicate: int, place: int, value: int) -> _Bucket:
        """The rows of a predicate with a value in an argument place; do not change it."""
        columns = self._columns.get(predicate)
        return {} if columns is None else columns[place].get(value, {})

    def column(self, predicate: int, place: int) -> dict[int, _Bucket]:
        """The rows of a predicate by the value of an argument; do not change it."""
        columns = self._columns.get(predicate)
        return {} if columns is None else columns[place]

    def reach(self, predicate: int, start: int, *, backwards: bool = False) -> dict[int, None]:
        """Everything reached from ``start`` by one or more rows of a binary predicate."""
        near, far = (1, 0) if backwards else (0, 1)
        found: dict[int, None] = {}
        stack = [start]
        while stack:
            for row in self.bucket(predicate, near, stack.pop()):
                if row[far] not in found:
                    found[row[far]] = None
                    stack.append(row[far])
        return found

    def candidates(self, pattern: Pattern, binding: Sequence[int]) -> tuple[_Bucket, bool]:
        """The smallest bucket that holds every match of a pattern, and whether it is exact.

        An exact bucket has one row, for a pattern whose arguments are all bound.
        """
        rows = self._rows.get(pattern.predicate)
        if not rows:
            return _NOTHING, True
        best = rows
        columns = self._columns[pattern.predicate]
        bound = True
        for column, argument in zip(columns, pattern.arguments, strict=True):
            value = argument if argument >= 0 else binding[~argument]
            if value < 0:
                bound = False
                continue
            bucket = column.get(value)
            if not bucket:
                return _NOTHING, True
            if len(bucket) < len(best):
                best = bucket
        if bound:
            row = tuple(a if a >= 0 else binding[~a] for a in pattern.arguments)
            return ({row: None} if row in rows else _NOTHING), True
        return best, False


_NOTHING: _Bucket = {}


def matches(
    index: FactIndex,
    patterns: Sequence[Pattern],
    slots: int,
    bound: Iterable[tuple[int, int]] = (),
    accepts: Callable[[list[int]], bool] | None = None,
) -> Iterator[list[int]]:
    """Every way to bind the variables so that all patterns hold.

    The list that is yielded is changed by the next step: copy what is kept. Cost grows with the
    partial matches, which the order by smallest bucket keeps few.

    Args:
        index: what is true.
        patterns: the atoms that must hold together.
        slots: number of variables.
        bound: slots bound beforehand, with their codes.
        accepts: asked once all patterns hold; a match it refuses is left out.
    """
    binding = [_UNBOUND] * slots
    for slot, code in bound:
        binding[slot] = code
    for match in _extend(index, list(patterns), binding):
        if accepts is None or accepts(match):
            yield match


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
    start = [_UNBOUND] * slots
    for slot, code in bound:
        start[slot] = code
    open_tests, ready = _due(tests, start)
    found: list[list[int]] = []
    if all(test.holds(start) for test in ready):
        _grow(index, list(patterns), [start], _Wanted(most, told_apart, check), open_tests, found)
    return found


@dataclass(frozen=True, slots=True)
class SlotTest:
    """A test of a match.

    Attributes:
        slots: that it reads.
    """

    slots: Row
    holds: Callable[[Sequence[int]], bool]


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


_FIRST_CHUNK, _CHUNK = 16, 256
_PRODUCT = 8.0


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
            best = min(best, float(len(column.get(argument, _NOTHING))))
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
    column: dict[int, _Bucket] | None = None
    key = 0
    if fixed:
        place, key = max(fixed, key=lambda f: len(index.column(pattern.predicate, f[0])))
        column = index.column(pattern.predicate, place)
        fixed = [f for f in fixed if f[0] != place]
    extended = []
    for binding in bindings:
        bucket: _Bucket = rows
        if column is not None:
            bucket = column.get(key if key >= 0 else binding[~key], _NOTHING)
        for row in bucket:
            if fixed and any(row[p] != (a if a >= 0 else binding[~a]) for p, a in fixed):
                continue
            if repeated and not _agrees(row, free):
                continue
            longer = binding.copy()
            for place, slot in free:
                longer[slot] = row[place]
            extended.append(longer)
    return extended


def _extend(index: FactIndex, remaining: list[Pattern], binding: list[int]) -> Iterator[list[int]]:
    if not remaining:
        yield binding
        return
    choice = _select(index, remaining, binding)
    if choice is None:
        return
    position, bucket, exact = choice
    pattern = remaining[position]
    rest = remaining[:position] + remaining[position + 1 :]
    if exact:
        yield from _extend(index, rest, binding)
        return
    free = [(place, ~a) for place, a in enumerate(pattern.arguments) if a < 0 and binding[~a] < 0]
    fixed = [
        (place, a if a >= 0 else binding[~a])
        for place, a in enumerate(pattern.arguments)
        if a >= 0 or binding[~a] >= 0
    ]
    repeated = len({slot for _, slot in free}) < len(free)
    # The innermost loop of control rules: no calls and no generators within it.
    for row in list(bucket):
        for place, value in fixed:
            if row[place] != value:
                break
        else:
            if repeated and not _agrees(row, free):
                continue
            for place, slot in free:
                binding[slot] = row[place]
            if rest:
                yield from _extend(index, rest, binding)
            else:
                yield binding
    for _, slot in free:
        binding[slot] = _UNBOUND


def _select(
    index: FactIndex, remaining: list[Pattern], binding: list[int]
) -> tuple[int, _Bucket, bool] | None:
    """The pattern with the fewest candidates; ``None`` when one has none."""
    best: tuple[int, _Bucket, bool] | None = None
    for position, pattern in enumerate(remaining):
        if pattern.closure:
            bucket, exact = _closure_candidates(index, pattern, binding)
            if bucket is None:
                continue
        else:
            bucket, exact = index.candidates(pattern, binding)
        if not bucket:
            return None
        if exact:
            return position, bucket, True
        if best is None or len(bucket) < len(best[1]):
            best = position, bucket, False
    assert best is not None, "a closure whose ends nothing binds"
    return best


def _closure_candidates(
    index: FactIndex, pattern: Pattern, binding: list[int]
) -> tuple[_Bucket | None, bool]:
    """Rows of the closure with one end bound; ``None`` while neither end is."""
    first, second = (a if a >= 0 else binding[~a] for a in pattern.arguments)
    if first >= 0:
        reached = index.reach(pattern.predicate, first)
        if second >= 0:
            return ({(first, second): None} if second in reached else _NOTHING), True
        return {(first, end): None for end in reached}, False
    if second >= 0:
        found = index.reach(pattern.predicate, second, backwards=True)
        return {(start, second): None for start in found}, False
    return None, False


def _agrees(row: Row, free: Sequence[tuple[int, int]]) -> bool:
    """Whether places that share a variable hold the same value."""
    seen: dict[int, int] = {}
    return all(seen.setdefault(slot, row[place]) == row[place] for place, slot in free)
