"""Bindings and the rows they meet, put side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.engine.runs.compiled import kernels_for
from planner.engine.runs.table import Table
from planner.kr.terms import Arithmetic, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import numpy.typing as npt

    from planner.engine.runs.relation import Relation
    from planner.interfaces import IntArray
    from planner.kr.formulas import Atom
    from planner.kr.terms import Expression

    Keys: TypeAlias = npt.NDArray[np.int64]

__all__ = ["expanded", "is_covered", "joined", "variables_in"]


def expanded(order: IntArray, first: Keys, counts: Keys, start: int) -> tuple[IntArray, IntArray]:
    """The rows that probes from ``start`` on meet, each with its probe."""
    ends = np.cumsum(counts)
    total = int(ends[-1])
    kernels = kernels_for(total)
    if kernels is not None:
        left = np.empty(total, dtype=np.int32)
        rows = np.empty(total, dtype=np.int32)
        kernels.expand(first, counts, order, start, left, rows)
        return rows, left
    left = np.repeat(np.arange(start, start + len(counts), dtype=np.int32), counts)
    shift = np.repeat(first - (ends - counts), counts)
    return order[np.arange(total) + shift], left


def joined(
    relation: Relation,
    table: Table,
    left: IntArray,
    rows: IntArray,
    new: Sequence[tuple[int, str]],
    repeated: Sequence[tuple[int, int]],
    live: Collection[str],
) -> Table:
    """The bindings with the values the rows give; rows that repeat a variable must agree.

    Each pair is a binding of ``left`` and the row of ``rows`` that it meets. ``new`` lists column
    and variable of the values taken over, ``repeated`` pairs of columns that hold one variable.
    """
    if repeated:
        mask = np.ones(len(rows), dtype=np.bool_)
        for number, other in repeated:
            mask &= relation.column(number)[rows] == relation.column(other)[rows]
        left, rows = left[mask], rows[mask]
    columns = dict(table.take(left, live).columns)
    for number, name in new:
        if name in live:
            columns[name] = relation.column(number)[rows]
    return Table(len(rows), columns)


def is_covered(atom: Atom, names: Collection[str]) -> bool:
    """Whether all variables of an atom are among the names."""
    return all(not isinstance(t, Variable) or t.name in names for t in atom.arguments)


def variables_in(expressions: Sequence[Expression]) -> Iterator[Variable]:
    """Every variable of some expressions, where it stands."""
    for expression in expressions:
        if isinstance(expression, Variable):
            yield expression
        elif isinstance(expression, Arithmetic):
            yield from variables_in((expression.left, expression.right))
