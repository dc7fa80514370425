"""Gathering in the runs tier, over columns of codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, assert_never

import numpy as np

from planner.engine.gather.classes import connected
from planner.engine.gather.extremes import Patience, number_of
from planner.engine.gather.faults import second_value
from planner.engine.gather.kinds import Call, Keep, Merge, Single
from planner.engine.runs.joins import MoreBitsNeededError
from planner.engine.runs.packing import KeySpace, first_of_each
from planner.engine.runs.relation import Relation
from planner.engine.runs.view import RunsExtension

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.engine.extension import Extension
    from planner.engine.symbols import SymbolTable
    from planner.interfaces import BoolArray, IntArray

    Numbers: TypeAlias = npt.NDArray[np.int64]
    Relations: TypeAlias = dict[str, Relation]

__all__ = ["ColumnGatherer", "gatherer_of"]


class ColumnGatherer(Protocol):
    """Gathers for one declaration during one evaluation."""

    def update(self) -> None:
        """Take in the rows that became visible since the last call."""
        ...

    def finish(self) -> None:
        """Called when the layer is complete."""
        ...


def gatherer_of(
    kind: Merge | Keep | Single | Call, relations: Relations, symbols: SymbolTable
) -> ColumnGatherer:
    """The gatherer of a declaration."""
    match kind:
        case Merge():
            return _MergeColumns(kind, relations)
        case Keep():
            return _KeepColumns(kind, relations, symbols)
        case Single():
            return _SingleColumns(kind, relations)
        case Call():
            return _CallColumns(kind, relations, symbols)
        case _:
            assert_never(kind)


class _New:
    """The rows of a relation that were not looked at yet."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self._done = 0

    def columns(self) -> list[IntArray]:
        """Their columns; the next call begins behind them."""
        start, end = self._done, self.relation.visible
        self._done = end
        return [self.relation.column(c, start, end) for c in range(self.relation.arity)]

    def rows(self) -> list[tuple[int, ...]]:
        """The same row by row."""
        count = self.relation.visible - self._done
        columns = [column.tolist() for column in self.columns()]
        return list(zip(*columns, strict=True)) if columns else [()] * count


class _MergeColumns:
    def __init__(self, kind: Merge, relations: Relations) -> None:
        self._head = relations[kind.head.predicate]
        self._new = _New(relations[kind.stated])
        # By code the constant that stands for its class, -1 for what is in none.
        self._root: Numbers = np.zeros(0, dtype=np.int64)

    def update(self) -> None:
        first, second = self._new.columns()
        if not len(first):
            return
        changed = self._make_room(np.concatenate([first, second]))
        left, right = self._root[first], self._root[second]
        involved = np.sort(np.concatenate([left, right]))
        involved = involved[first_of_each(involved)]
        places = np.searchsorted(involved, left), np.searchsorted(involved, right)
        component = connected(*places, len(involved))
        becomes = np.arange(len(self._root) + 1, dtype=np.int64)
        becomes[involved] = involved[self._largest(involved, component)][component]
        # What is in no class has the root -1, and takes the last place.
        becomes[-1] = -1
        moved = becomes[self._root]
        changed |= moved != self._root
        self._root = moved
        members = np.flatnonzero(changed)
        columns = [members.astype(np.int32), moved[members].astype(np.int32)]
        self._head.insert(columns, len(members))

    def finish(self) -> None:
        pass

    def _make_room(self, codes: IntArray) -> BoolArray:
        """Let every constant stand for itself that was in no class; which those are."""
        more = int(codes.max()) + 1 - len(self._root)
        if more > 0:
            self._root = np.concatenate([self._root, np.full(more, -1, dtype=np.int64)])
        is_new: BoolArray = np.zeros(len(self._root), dtype=np.bool_)
        is_new[codes[self._root[codes] < 0]] = True
        self._root[is_new] = np.flatnonzero(is_new)
        return is_new

    def _largest(self, involved: Numbers, component: Numbers) -> Numbers:
        """For each class number the place of the root with most members, the first on ties."""
        sizes = np.bincount(self._root[self._root >= 0], minlength=len(self._root))[involved]
        order = np.lexsort((involved, -sizes, component))
        first = first_of_each(component[order])
        largest = np.zeros(len(involved), dtype=np.int64)
        largest[component[order[first]]] = order[first]
        return largest


class _KeepColumns:
    def __init__(self, kind: Keep, relations: Relations, symbols: SymbolTable) -> None:
        self._kind, self._relations, self._symbols = kind, relations, symbols
        self._head = relations[kind.head.predicate]
        self._new = _New(relations[kind.stated])
        self._keys = _Numbering(self._head.bits, self._head.arity - 1)
        self._sign = 1 if kind.extreme == "min" else -1
        # By number of the key the best number and the row that has it; multiplied by the sign,
        # less is better.
        self._best: npt.NDArray[np.generic] = np.zeros(0, dtype=np.int64)
        self._row: Numbers = np.zeros(0, dtype=np.int64)
        self._patience = Patience()

    def update(self) -> None:
        columns = self._new.columns()
        if not len(columns[0]):
            return
        before = len(self._best)
        keys = self._keys.of(columns[:-1], len(columns[-1]))
        values = self._numbers(columns[-1])
        # The best of each key first; the first row wins among equals, which are not there.
        order = np.lexsort((_ranks(values), keys))
        order = order[first_of_each(keys[order])]
        known = keys[order] < before
        better = ~known
        better[known] = np.less(values[order[known]], self._best[keys[order[known]]])
        order = order[better]
        if not len(order):
            return
        self._note(keys[order], values[order])
        self._head.insert([column[order] for column in columns], len(order))
        if self._patience.is_lost(len(self._best), len(self._best) - before):
            row = tuple(int(column[order[-1]]) for column in columns)
            raise self._patience.fault(self._kind, row, self._extension)

    def finish(self) -> None:
        """Drop the rows that were the best once."""
        head = self._head
        columns = [head.column(c) for c in range(head.arity)]
        if head.size == len(self._best):
            return
        keys = self._keys.of(columns[:-1], head.size)
        is_best: BoolArray = np.asarray(self._numbers(columns[-1]) == self._best[keys], np.bool_)
        rows = np.stack([column[is_best] for column in columns], axis=1)
        self._relations[head.name] = Relation.of(head.name, rows, head.bits)

    def _note(self, keys: Numbers, values: npt.NDArray[np.generic]) -> None:
        more = int(keys.max()) + 1 - len(self._best)
        if values.dtype == object and self._best.dtype != object:
            self._best = self._best.astype(object)
        if more > 0:
            self._best = np.concatenate([self._best, np.zeros(more, dtype=self._best.dtype)])
        self._best[keys] = values

    def _numbers(self, codes: IntArray) -> npt.NDArray[np.generic]:
        """Numbers of codes, negated where the greatest is kept: int64, or objects for others."""
        values, is_integer = self._symbols.integers()
        if self._best.dtype != object and is_integer[codes].all():
            return np.asarray(values[codes] * self._sign)
        found = np.empty(len(codes), dtype=object)
        found[:] = [number_of(code, self._symbols, self._kind) for code in codes.tolist()]
        return np.asarray(found * self._sign)

    def _extension(self, name: str) -> Extension:
        return RunsExtension(self._relations[name])


class _Numbering:
    """Numbers for the keys of rows, in order of first meeting within sorted batches."""

    def __init__(self, bits: int, width: int) -> None:
        self._space = KeySpace(bits, max(1, width))
        self._keys: Numbers = np.zeros(0, dtype=np.int64)
        self._numbers: Numbers = np.zeros(0, dtype=np.int64)

    def of(self, columns: list[IntArray], count: int) -> Numbers:
        """The number of each row; new ones count on."""
        if not columns:
            return np.zeros(count, dtype=np.int64)
        keys = self._space.encode(columns)
        new = np.sort(keys[~self._has(keys)])
        new = new[first_of_each(new)]
        if len(new):
            fresh = np.arange(len(self._keys), len(self._keys) + len(new), dtype=np.int64)
            merged = np.concatenate([self._keys, new])
            order = np.argsort(merged, kind="stable")
            self._numbers = np.concatenate([self._numbers, fresh])[order]
            self._keys = merged[order]
        return self._numbers[np.searchsorted(self._keys, keys)]

    def _has(self, keys: Numbers) -> BoolArray:
        if not len(self._keys):
            return np.zeros(len(keys), dtype=np.bool_)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found: BoolArray = self._keys[place] == keys
        return found


def _ranks(values: npt.NDArray[np.generic]) -> Numbers:
    """Values as integers in the same order."""
    if values.dtype != object:
        return values.astype(np.int64)
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = np.zeros(len(values), dtype=np.int64)
    ranks[order] = np.arange(len(values))
    return ranks


class _SingleColumns:
    def __init__(self, kind: Single, relations: Relations) -> None:
        self._relations = relations
        self._head = relations[kind.head.predicate]
        self._new = _New(self._head)

    def update(self) -> None:
        *keys, values = self._new.columns()
        end = self._head.visible
        if not len(values):
            return
        columns = tuple(range(len(keys)))
        if keys:
            several = np.flatnonzero(self._head.index(columns).counts(keys, end) > 1)
        else:
            several = np.zeros(int(end > 1), dtype=np.int64)
        if len(several):
            row = tuple(int(column[several[0]]) for column in (*keys, values))
            same = RunsExtension(self._head).matching(columns, row[:-1])
            other = next(found for found in same if found != row)
            raise second_value(self._head.name, (other, row), self._extension)

    def finish(self) -> None:
        pass

    def _extension(self, name: str) -> Extension:
        return RunsExtension(self._relations[name])


class _CallColumns:
    def __init__(self, kind: Call, relations: Relations, symbols: SymbolTable) -> None:
        self._kind, self._symbols = kind, symbols
        self._head = relations[kind.head.predicate]
        self._new = _New(relations[kind.asked])

    def update(self) -> None:
        rows = self._new.rows()
        if not rows:
            return
        answers = self._kind.function.answer(rows, self._symbols)
        if len(self._symbols) > 1 << self._head.bits:
            raise MoreBitsNeededError
        found = np.array(answers, dtype=np.int32).reshape(len(answers), self._head.arity)
        self._head.insert(list(np.ascontiguousarray(found.T)), len(answers))

    def finish(self) -> None:
        pass
