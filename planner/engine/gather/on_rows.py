"""Gathering in the tiny tier, over rows in dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, assert_never

from planner.engine.extension import TinyExtension
from planner.engine.gather.classes import Classes
from planner.engine.gather.extremes import Patience, number_of
from planner.engine.gather.faults import second_value
from planner.engine.gather.kinds import Call, Keep, Merge, Single

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from planner.engine.extension import Extension
    from planner.engine.symbols import SymbolTable
    from planner.engine.tiny.relation import TinyRelation

    Row: TypeAlias = tuple[int, ...]

__all__ = ["RowGatherer", "Run", "gatherer_of"]


class RowGatherer(Protocol):
    """Gathers for one declaration, run after run."""

    def begin(self) -> None:
        """Begin a run: take in the rows there are."""
        ...

    def update(self) -> None:
        """Take in the rows of the last round; rows of the head become fresh."""
        ...

    def finish(self) -> None:
        """End a run."""
        ...


class Run:
    """What gatherers know of the program they belong to."""

    def __init__(
        self, relation_of: Callable[[str, int], TinyRelation], symbols: Callable[[], SymbolTable]
    ) -> None:
        self.relation_of = relation_of
        self._symbols = symbols

    @property
    def symbols(self) -> SymbolTable:
        """Of the run in progress."""
        return self._symbols()

    def extension(self, name: str) -> Extension:
        """What a predicate has now."""
        relation = self.relation_of(name, 0)
        return TinyExtension(relation.rows, relation.arity)


def gatherer_of(kind: Merge | Keep | Single | Call, run: Run, *, grows: bool) -> RowGatherer:
    """The gatherer of a declaration; ``grows`` where its layer derives what it reads."""
    head = run.relation_of(kind.head.predicate, len(kind.head.arguments))
    match kind:
        case Merge(_, stated):
            return _MergeRows(head, run.relation_of(stated, 0), grows)
        case Keep(_, stated):
            return _KeepRows(kind, head, run.relation_of(stated, 0), run, grows)
        case Single():
            return _SingleRows(head, run)
        case Call(_, asked):
            return _CallRows(kind, head, run.relation_of(asked, 0), run, grows)
        case _:
            assert_never(kind)


class _MergeRows:
    def __init__(self, head: TinyRelation, stated: TinyRelation, grows: bool) -> None:
        self._head, self._stated, self._grows = head, stated, grows
        self._classes = Classes()

    def begin(self) -> None:
        self._classes = Classes()
        self._take(self._stated.rows)

    def update(self) -> None:
        if self._grows:
            self._take(self._stated.delta)

    def finish(self) -> None:
        pass

    def _take(self, pairs: Iterable[Row]) -> None:
        self._head.fresh.update(dict.fromkeys(self._classes.unite(pairs)))


class _KeepRows:
    def __init__(
        self, kind: Keep, head: TinyRelation, stated: TinyRelation, run: Run, grows: bool
    ) -> None:
        self._kind, self._head, self._stated, self._grows = kind, head, stated, grows
        self._run = run
        self._best: dict[Row, Row] = {}
        self._worse: list[Row] = []
        self._patience = Patience()

    def begin(self) -> None:
        self._best, self._worse, self._patience = {}, [], Patience()
        self._take(self._stated.rows)

    def update(self) -> None:
        if self._grows:
            self._take(self._stated.delta)

    def finish(self) -> None:
        self._head.drop(self._worse)

    def _take(self, rows: Iterable[Row]) -> None:
        known, last = len(self._best), None
        fresh = self._head.fresh
        for row in rows:
            old = self._best.get(row[:-1])
            if not self._improves(row, old):
                continue
            self._best[row[:-1]] = last = row
            fresh[row] = None
            if old in fresh:
                del fresh[old]
            elif old is not None:
                self._worse.append(old)
        if last is not None and self._patience.is_lost(len(self._best), len(self._best) - known):
            raise self._patience.fault(self._kind, last, self._run.extension)

    def _improves(self, row: Row, old: Row | None) -> bool:
        new = number_of(row[-1], self._run.symbols, self._kind)
        if old is None:
            return True
        known = number_of(old[-1], self._run.symbols, self._kind)
        return new < known if self._kind.extreme == "min" else new > known


class _SingleRows:
    def __init__(self, head: TinyRelation, run: Run) -> None:
        self._head, self._run = head, run
        self._values: dict[Row, Row] = {}

    def begin(self) -> None:
        self._values = {}
        self._check(self._head.rows)

    def update(self) -> None:
        self._check(self._head.delta)

    def finish(self) -> None:
        pass

    def _check(self, rows: Iterable[Row]) -> None:
        for row in rows:
            first = self._values.setdefault(row[:-1], row)
            if first != row:
                raise second_value(self._head.name, (first, row), self._run.extension)


class _CallRows:
    def __init__(
        self, kind: Call, head: TinyRelation, asked: TinyRelation, run: Run, grows: bool
    ) -> None:
        self._kind, self._head, self._asked, self._grows = kind, head, asked, grows
        self._run = run

    def begin(self) -> None:
        self._answer(list(self._asked.rows))

    def update(self) -> None:
        if self._grows:
            self._answer(self._asked.delta)

    def finish(self) -> None:
        pass

    def _answer(self, rows: list[Row]) -> None:
        if rows:
            answers = self._kind.function.answer(rows, self._run.symbols)
            self._head.fresh.update(dict.fromkeys(answers))
