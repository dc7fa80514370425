"""Matching a conjunction against a changing set of facts: for lifted states and control rules.

Facts are rows of codes in dictionaries by predicate and by argument. A match is found by
backtracking, the literal with the fewest candidate rows first, judged anew at each step; that
order, and not the order of the literals, decides the cost. Rows come in the order they were
added, so results are the same in every run. Where there are many matches,
`planner.engine.batch_matching` is faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["UNBOUND", "Bucket", "FactIndex", "Pattern", "Row", "SlotTest", "agrees", "matches"]

Row: TypeAlias = "tuple[int, ...]"
Bucket: TypeAlias = "dict[Row, None]"
UNBOUND = -1

_REMEMBERED = 5_000
"""Changes of a watched predicate that are remembered at least."""


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


@dataclass(frozen=True, slots=True)
class SlotTest:
    """A test of a match.

    Attributes:
        slots: that it reads.
    """

    slots: Row
    holds: Callable[[Sequence[int]], bool]


class FactIndex:
    """A changing set of ground atoms; each argument place of each predicate has an index."""

    __slots__ = ("_columns", "_rows", "_touched", "_versions")

    def __init__(self, facts: Iterable[tuple[int, Row]] = ()) -> None:
        self._rows: dict[int, Bucket] = {}
        self._columns: dict[int, list[dict[int, Bucket]]] = {}
        self._versions: dict[int, int] = {}
        # By watched predicate, the rows that came or went, and the version before the first.
        self._touched: dict[int, tuple[int, list[Row]]] = {}
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
        self._versions[predicate] = self._versions.get(predicate, 0) + 1
        if predicate in self._touched:
            self._note(predicate, row)
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
        self._versions[predicate] += 1
        if predicate in self._touched:
            self._note(predicate, row)
        for column, value in zip(self._columns[predicate], row, strict=True):
            del column[value][row]
        return True

    def version(self, predicate: int) -> int:
        """A number that grows whenever atoms of a predicate change."""
        return self._versions.get(predicate, 0)

    def watch(self, predicate: int) -> int:
        """Remember from now on which atoms of a predicate change; its version."""
        version = self.version(predicate)
        self._touched.setdefault(predicate, (version, []))
        return version

    def touched(self, predicate: int, version: int) -> list[Row] | None:
        """The rows of a watched predicate that came or went since a version, in that order.

        ``None`` where that is too long ago.
        """
        first, rows = self._touched[predicate]
        return rows[version - first :] if version >= first else None

    def _note(self, predicate: int, row: Row) -> None:
        first, rows = self._touched[predicate]
        if len(rows) > 2 * _REMEMBERED:
            self._touched[predicate] = first + _REMEMBERED, rows[_REMEMBERED:]
            rows = self._touched[predicate][1]
        rows.append(row)

    def holds(self, predicate: int, row: Row) -> bool:
        """Whether an atom is true."""
        rows = self._rows.get(predicate)
        return rows is not None and row in rows

    def rows(self, predicate: int) -> Bucket:
        """The rows of a predicate; do not change it."""
        return self._rows.get(predicate, {})

    def bucket(self, predicate: int, place: int, value: int) -> Bucket:
        """The rows of a predicate with a value in an argument place; do not change it."""
        columns = self._columns.get(predicate)
        return {} if columns is None else columns[place].get(value, {})

    def column(self, predicate: int, place: int) -> dict[int, Bucket]:
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

    def candidates(self, pattern: Pattern, binding: Sequence[int]) -> tuple[Bucket, bool]:
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


_NOTHING: Bucket = {}


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
    binding = [UNBOUND] * slots
    for slot, code in bound:
        binding[slot] = code
    found = _extend(index, list(patterns), binding)
    return found if accepts is None else filter(accepts, found)


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
    if len(fixed) == 1:
        # The bucket is that of the one value, or of all rows where all have it.
        fixed = []
    repeated = len(free) > 1 and len({slot for _, slot in free}) < len(free)
    # The innermost loop of control rules: no calls and no generators within it.
    for row in list(bucket):
        for place, value in fixed:
            if row[place] != value:
                break
        else:
            if repeated and not agrees(row, free):
                continue
            for place, slot in free:
                binding[slot] = row[place]
            if rest:
                yield from _extend(index, rest, binding)
            else:
                yield binding
    for _, slot in free:
        binding[slot] = UNBOUND


def _select(
    index: FactIndex, remaining: list[Pattern], binding: list[int]
) -> tuple[int, Bucket, bool] | None:
    """The pattern with the fewest candidates; ``None`` when one has none."""
    best: tuple[int, Bucket, bool] | None = None
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
) -> tuple[Bucket | None, bool]:
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


def agrees(row: Row, free: Sequence[tuple[int, int]]) -> bool:
    """Whether places that share a variable hold the same value."""
    seen: dict[int, int] = {}
    return all(seen.setdefault(slot, row[place]) == row[place] for place, slot in free)
