"""Bindings and the rows they meet, put side by side."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.engine.runs.compiled import kernels_for
from planner.engine.runs.table import Table
from planner.kr.terms import Arithmetic, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import numpy.typing as npt

    from planner.engine.runs.index import GrowingIndex
    from planner.engine.runs.relation import Relation
    from planner.interfaces import IntArray
    from planner.kr.formulas import Atom
    from planner.kr.terms import Expression

    Keys: TypeAlias = npt.NDArray[np.int64]

__all__ = ["is_covered", "joined", "matched", "multiplied", "variables_in"]

# Larger joins are worked off in pieces of about this many bindings, so that memory stays bounded.
_PIECE = 1 << 18


def matched(
    index: GrowingIndex, probes: Sequence[IntArray], end: int, check: Callable[[], None]
) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs of a row before ``end`` and the binding that meets it, in pieces.

    ``check`` is called between the pieces of a large join; it raises to stop.
    """
    for order, first, counts in index.probe(probes, end):
        totals = np.cumsum(counts)
        total = int(totals[-1]) if len(totals) else 0
        if not total:
            continue
        cuts = [0, len(counts)]
        if total > _PIECE:
            marks = np.searchsorted(totals, np.arange(_PIECE, total, _PIECE))
            cuts = sorted({0, *(marks + 1).tolist(), len(counts)})
        for start, stop in pairwise(cuts):
            yield _expanded(order, first[start:stop], counts[start:stop], start)
            if len(cuts) > 2:
                check()


def multiplied(table: Table, other: Table, live: Collection[str]) -> Iterator[Table]:
    """Every binding beside every one of another table, in pieces; of the first only ``live``."""
    step = max(1, _PIECE // max(1, other.count))
    for start in range(0, table.count, step):
        part = table.slice(start, min(start + step, table.count))
        left = np.repeat(np.arange(part.count), other.count)
        columns = {n: np.tile(c, part.count) for n, c in other.columns.items()}
        taken = part.take(left, live)
        yield Table(taken.count, {**taken.columns, **columns})


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


def _expanded(order: IntArray, first: Keys, counts: Keys, start: int) -> tuple[IntArray, IntArray]:
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
