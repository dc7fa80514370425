"""The values that a few variables of a conjunction take, kept up to date by what changes.

From one state to the next a few facts change. Joins of two views at a time, each of which forgets
the variables that nothing above it reads, count by how many pairs of rows a row is supported; a
change goes up the tree only where a row appears or disappears (variable elimination: Dechter
1999; its maintenance: Gupta, Mumick and Subrahmanian 1993, Nikolic and Olteanu 2018).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from planner.engine.matching import FactIndex, Pattern, Row

__all__ = ["ViewTree"]


class _View:
    """Rows of values of some slots, each with the number of pairs that support it.

    Attributes:
        join: where it is joined with another view; ``None`` at the root.
        buckets: its rows by the values of the slots it shares with that one.
    """

    __slots__ = ("buckets", "counts", "join", "scope", "shared")

    def __init__(self, scope: Row) -> None:
        self.scope = scope
        self.counts: dict[Row, int] = {}
        self.join: _Join | None = None
        self.shared: tuple[int, ...] = ()
        self.buckets: dict[Row, dict[Row, None]] = {}

    @staticmethod
    def of_nothing() -> _View:
        """No slots, and the one row of these: joined with another it changes nothing."""
        view = _View(())
        view.counts[()] = 1
        return view

    def changed(self, rows: Iterable[Row], sign: int) -> list[Row]:
        """Count support that comes or goes; the rows that appear or disappear."""
        counts, turned = self.counts, []
        for row in rows:
            count = counts.get(row, 0) + sign
            if count:
                counts[row] = count
            else:
                del counts[row]
            if count == (sign > 0):
                turned.append(row)
                if self.join is not None:
                    self.note(row, sign)
        return turned

    def note(self, row: Row, sign: int) -> None:
        """Keep the buckets in step with a row that appears or disappears."""
        key = tuple([row[place] for place in self.shared])
        if sign > 0:
            self.buckets.setdefault(key, {})[row] = None
            return
        bucket = self.buckets[key]
        del bucket[row]
        if not bucket:
            del self.buckets[key]


class _Join:
    """Two views, and the view of their join without the slots that nothing reads later."""

    __slots__ = ("kept", "left", "result", "right")

    def __init__(self, left: _View, right: _View, scope: Row) -> None:
        self.left, self.right = left, right
        self.result = _View(scope)
        both = [slot for slot in left.scope if slot in right.scope]
        left.shared = tuple([left.scope.index(slot) for slot in both])
        right.shared = tuple([right.scope.index(slot) for slot in both])
        left.join = right.join = self
        # Places of the result's slots in a row of the left view followed by one of the right.
        places = (*left.scope, *right.scope)
        self.kept = tuple([places.index(slot) for slot in scope])

    def pairs(self, view: _View, rows: Iterable[Row]) -> list[Row]:
        """What rows of one view and all rows of the other support, once for each pair."""
        kept, shared = self.kept, view.shared
        found: list[Row] = []
        from_left = view is self.left
        buckets = (self.right if from_left else self.left).buckets
        for row in rows:
            bucket = buckets.get(tuple([row[place] for place in shared]))
            if bucket is None:
                continue
            for other in bucket:
                pair = row + other if from_left else other + row
                found.append(tuple([pair[place] for place in kept]))
        return found


class _Leaf:
    """The rows of a predicate that a pattern fits, as values of its slots.

    A row and its values determine each other, as the other arguments are constants or repeat.
    """

    __slots__ = ("_fixed", "_places", "_repeated", "pattern", "view")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        first: dict[int, int] = {}
        for place, argument in enumerate(pattern.arguments):
            if argument < 0:
                first.setdefault(~argument, place)
        self.view = _View(tuple(first))
        self._places = tuple(first.values())
        self._fixed = [(p, a) for p, a in enumerate(pattern.arguments) if a >= 0]
        self._repeated = [
            (p, first[~a]) for p, a in enumerate(pattern.arguments) if a < 0 and first[~a] != p
        ]

    def values(self, row: Row) -> Row | None:
        """The values of the slots, ``None`` where the pattern does not fit."""
        if any(row[place] != code for place, code in self._fixed):
            return None
        if any(row[place] != row[first] for place, first in self._repeated):
            return None
        return tuple([row[place] for place in self._places])

    def difference(
        self, changed: Iterable[Row], holding: Container[Row]
    ) -> tuple[list[Row], list[Row]]:
        """Values of rows that hold no longer, and of those that hold now."""
        gone: list[Row] = []
        come: list[Row] = []
        for row in changed:
            values = self.values(row)
            if values is not None and (row in holding) != (values in self.view.counts):
                (come if row in holding else gone).append(values)
        return gone, come


class ViewTree:
    """The combinations of some slots' values with which patterns have a match.

    Args:
        index: what is true; it changes between calls, and is watched.
        patterns: the atoms that must hold together; none may be a closure.
        wanted: slots that the patterns mention, each once; a row has -1 for each ``None`` among
            them.
        most: pairs of rows at the start beyond which nothing is kept.

    Attributes:
        rows: values of the wanted slots, each combination once, in ascending order; it is changed
            in place.
        work: pairs of rows that were looked at so far.
        is_complete: whether they were few enough.
    """

    def __init__(
        self, index: FactIndex, patterns: Sequence[Pattern], wanted: Sequence[int | None], most: int
    ) -> None:
        self._index = index
        self._wanted = tuple([slot for slot in wanted if slot is not None])
        self._gaps = tuple([place for place, slot in enumerate(wanted) if slot is None])
        self._most = most
        self._predicates = tuple(dict.fromkeys(p.predicate for p in patterns))
        self._seen = [index.watch(predicate) for predicate in self._predicates]
        self._leaves = [_Leaf(pattern) for pattern in patterns]
        self.rows: list[Row] = []
        self.work = 0
        for leaf in self._leaves:
            rows = index.rows(leaf.pattern.predicate)
            values = [leaf.values(row) for row in rows]
            leaf.view.counts = dict.fromkeys([row for row in values if row is not None], 1)
        self.is_complete = self._grow()

    @property
    def size(self) -> int:
        """Rows of the literals."""
        return sum(len(leaf.view.counts) for leaf in self._leaves)

    def update(self) -> bool:
        """Follow the index; False where it forgot what has changed."""
        for number, predicate in enumerate(self._predicates):
            touched = self._index.touched(predicate, self._seen[number])
            if touched is None:
                return False
            if not touched:
                continue
            self._seen[number] = self._index.version(predicate)
            holding = self._index.rows(predicate)
            changed = dict.fromkeys(touched)
            for leaf in self._leaves:
                if leaf.pattern.predicate != predicate:
                    continue
                gone, come = leaf.difference(changed, holding)
                if gone:
                    self._climb(leaf.view, gone, -1)
                if come:
                    self._climb(leaf.view, come, 1)
        return True

    def _climb(self, view: _View, rows: Iterable[Row], sign: int) -> None:
        """Support for rows of a view comes or goes; go on with those that appear or disappear."""
        turned = view.changed(rows, sign)
        while turned and view.join is not None:
            pairs = view.join.pairs(view, turned)
            self.work += len(pairs)
            view = view.join.result
            turned = view.changed(pairs, sign)
        if view.join is not None:
            return
        for row in turned:
            told = self._told(row)
            if sign > 0:
                insort(self.rows, told)
            else:
                del self.rows[bisect_left(self.rows, told)]

    def _told(self, row: Row) -> Row:
        """A row of the root, with -1 in the gaps."""
        if not self._gaps:
            return row
        values = list(row)
        for place in self._gaps:
            values.insert(place, -1)
        return tuple(values)

    def _grow(self) -> bool:
        """Join the leaves to one view; False where that takes too much."""
        views = [leaf.view for leaf in self._leaves]
        others = dict.fromkeys(s for view in views for s in view.scope if s not in self._wanted)
        while others:
            slot = min(others, key=lambda s: (_width(views, s), s))
            del others[slot]
            touched = [view for view in views if slot in view.scope]
            views = [view for view in views if slot not in view.scope]
            joined = self._joined(touched, (*self._wanted, *others))
            if joined is None:
                return False
            views.append(joined)
        root = self._joined(views, self._wanted)
        if root is None:
            return False
        self.rows = sorted([self._told(row) for row in root.counts])
        return True

    def _joined(self, views: Sequence[_View], wanted: Row) -> _View | None:
        """One view of several, with those of its slots that are wanted, in that order."""
        left = sorted(views, key=lambda view: len(view.counts))
        found = left.pop(0)
        while left or found.scope != tuple([slot for slot in wanted if slot in found.scope]):
            # What shares slots narrows; the smallest of these comes first.
            following = next((v for v in left if set(v.scope) & set(found.scope)), None)
            following = following or (left[0] if left else _View.of_nothing())
            left = [view for view in left if view is not following]
            both = {*found.scope, *following.scope}
            read = dict.fromkeys((*wanted, *(slot for view in left for slot in view.scope)))
            found = self._join(found, following, tuple([slot for slot in read if slot in both]))
            if self.work > self._most:
                return None
        return found

    def _join(self, left: _View, right: _View, scope: Row) -> _View:
        join = _Join(left, right, scope)
        for view in (left, right):
            for row in view.counts:
                view.note(row, 1)
        pairs = join.pairs(left, left.counts)
        self.work += len(pairs)
        join.result.changed(pairs, 1)
        return join.result


def _width(views: Sequence[_View], slot: int) -> float:
    """How much there is to join for one value of a slot: at most, if nothing else agrees."""
    product = 1.0
    for view in views:
        if slot in view.scope:
            place = view.scope.index(slot)
            values = len(dict.fromkeys([row[place] for row in view.counts]))
            product *= max(1.0, len(view.counts) / max(1, values))
    return product
