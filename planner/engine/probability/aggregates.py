"""Aggregates over uncertain atoms: their possible values, and the ways to each.

Counts and sums are built up member by member, each of which is there or not; a least value needs
a member that has it and none that is less. Certain members are taken together at once.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.values import fold as fold_values
from planner.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.probability.uncertain import UncertainFold
    from planner.engine.symbols import SymbolTable
    from planner.kr.terms import Constant

    Row: TypeAlias = tuple[int, ...]
    Node: TypeAlias = tuple[str, Row]
    # Adds a way for a node to hold: what must hold, and what must not.
    AddWay: TypeAlias = Callable[[Node, tuple[Node, ...], tuple[Node, ...]], None]

__all__ = ["Folder"]

_PARTIAL_LIMIT = 200_000


class Folder:
    """Works out one aggregate after the other, adding ways for its values to ``add``."""

    def __init__(self, symbols: SymbolTable, add: AddWay) -> None:
        self._symbols = symbols
        self._add = add
        self._partial_count = 0

    def values(
        self,
        fold: UncertainFold,
        binding: Row,
        members: Sequence[Row],
        certain: Collection[Row],
    ) -> list[Row]:
        """The rows that the aggregate may have for a binding.

        ``members`` are the rows of ``fold.member`` that may hold for the binding, in a fixed
        order; those in ``certain`` always hold.

        Raises:
            InputError: when there are too many partial sums, or one does not fit into 64 bits.
        """
        if fold.function in ("count", "sum"):
            return self._sums(fold, binding, members, certain)
        return self._extrema(fold, binding, members, certain)

    def _sums(
        self,
        fold: UncertainFold,
        binding: Row,
        members: Sequence[Row],
        certain: Collection[Row],
    ) -> list[Row]:
        always = [self._terms(fold, row) for row in members if row in certain]
        start = fold_values(fold.function, always, self._symbols)
        name = fold.value.replace("fold", "partial")
        step, totals = 0, {self._code(start): start}
        self._add((name, (*binding, step, self._code(start))), (), ())
        for row in members:
            if row in certain:
                continue
            step += 1
            totals = self._next(fold, (name, (*binding, step)), row, totals)
        last = (*binding, step)
        for code in totals:
            self._add((fold.value, (*binding, code)), ((name, (*last, code)),), ())
        return [(*binding, code) for code in totals]

    def _next(
        self, fold: UncertainFold, place: Node, row: Row, totals: dict[int, Constant | None]
    ) -> dict[int, Constant | None]:
        """The totals once a member more has been looked at."""
        name, (*binding, step) = place
        member = (fold.member, row)
        more = self._terms(fold, row)
        following: dict[int, Constant | None] = {}
        for code, total in totals.items():
            before = (name, (*binding, step - 1, code))
            taken = self._added(fold, total, more)
            following[code] = total
            following[self._code(taken)] = taken
            self._add((name, (*binding, step, code)), (before,), (member,))
            self._add((name, (*binding, step, self._code(taken))), (before, member), ())
        self._partial_count += len(following)
        if self._partial_count > _PARTIAL_LIMIT:
            raise InputError(
                f"a {fold.function} over uncertain facts has more than {_PARTIAL_LIMIT:,} partial "
                "values: ask about fewer of them"
            )
        return following

    def _added(
        self, fold: UncertainFold, total: Constant | None, more: tuple[Constant, ...]
    ) -> Constant | None:
        assert isinstance(total, int | Fraction)
        if fold.function == "count":
            return total + 1
        if not isinstance(more[0], int | Fraction):
            return total
        # The members are distinct, and so are these two, whatever their values.
        return fold_values("sum", [(total, 0), (more[0], 1)], self._symbols)

    def _extrema(
        self,
        fold: UncertainFold,
        binding: Row,
        members: Sequence[Row],
        certain: Collection[Row],
    ) -> list[Row]:
        waiting: dict[int, list[Row]] = {}
        for row in members:
            waiting.setdefault(row[fold.width], []).append(row)
        name = fold.value.replace("fold", "has")
        better: list[Node] = []
        found: list[Row] = []
        while waiting:
            constants = [(self._symbols.constant(code),) for code in waiting]
            best = fold_values(fold.function, constants, self._symbols)
            code = self._code(best)
            has = (name, (*binding, code))
            rows = waiting.pop(code)
            for row in rows:
                self._add(has, ((fold.member, row),), ())
            self._add((fold.value, (*binding, code)), (has,), tuple(better))
            found.append((*binding, code))
            if any(row in certain for row in rows):
                break
            better.append(has)
        return found

    def _terms(self, fold: UncertainFold, row: Row) -> tuple[Constant, ...]:
        return tuple(self._symbols.constant(code) for code in row[fold.width :])

    def _code(self, value: Constant | None) -> int:
        assert value is not None
        return self._symbols.code(value)
