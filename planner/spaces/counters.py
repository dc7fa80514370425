"""Counters and totals: which numbers are reachable, and the ground axioms that define them.

With the reachable instances of a group in a row, ``i`` of them looked at, *at least j* holds when
it did before, or when *at least j - 1* did and the instance holds: ``n * k`` axioms, in which
additive heuristics see the cheapest ``j`` instances. Where that is too many, a sorting network
(Batcher 1968; Knuth, volume 3, 5.2.2, algorithm M) takes about ``n * log(n)**2``.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.engine.symbols import SymbolTable
    from planner.interfaces import IntArray
    from planner.spaces.literals import Literals
    from planner.spaces.tables import AggregateTable

__all__ = ["GroundAxiom", "aggregate_axioms", "reachable_results"]

GroundAxiom = tuple[int, tuple[int, ...]]
"""A head, and the codes of the literals it asks for."""

_AXIOMS_LIMIT = 5_000_000
_CHAIN_LIMIT = 40_000
_TOTALS_LIMIT = 20_000


def reachable_results(
    table: AggregateTable, instances: IntArray, symbols: SymbolTable
) -> set[tuple[int, ...]]:
    """Rows of the result predicate, by the reachable rows of the instances.

    Raises:
        LimitError: when a total has too many possible values.
    """
    found: set[tuple[int, ...]] = set()
    for group, rows in _groups(table, instances):
        values: Iterable[int | Fraction]
        if table.kind == "at least":
            values = range(1, _highest(table, len(rows)) + 1)
        else:
            values = _totals([_value(row[table.shared], symbols) for row in rows], table)
        found.update((*group, symbols.code(value)) for value in values)
    return found


def aggregate_axioms(
    table: AggregateTable, literals: Literals, symbols: SymbolTable
) -> list[GroundAxiom]:
    """The axioms of one table's predicate, over the numbers of atoms; new atoms are made."""
    rows = literals.rows(table.instances)
    first = int(literals.atoms.find(table.instances, list(rows[:1].T), 1)[0]) if len(rows) else 0
    axioms: list[GroundAxiom] = []
    for group, members in _groups(table, rows):
        inputs = list(range(first, first + len(members)))
        first += len(members)
        if table.kind == "at least":
            numbers = range(1, _highest(table, len(members)) + 1)
            outputs = _results(table, group, numbers, literals, symbols)
            axioms += _count_axioms(table, inputs, outputs, literals)
        else:
            values = [_value(row[table.shared], symbols) for row in members]
            axioms += _total_axioms(table, group, inputs, values, literals, symbols)
        if len(axioms) > _AXIOMS_LIMIT:
            raise LimitError(f"counting needs more than {_AXIOMS_LIMIT} axioms")
    return axioms


def _groups(
    table: AggregateTable, rows: IntArray
) -> Iterator[tuple[tuple[int, ...], list[list[int]]]]:
    """Rows, which are sorted, by their shared columns."""
    for group, members in groupby(rows.tolist(), key=lambda row: row[: table.shared]):
        yield tuple(group), list(members)


def _highest(table: AggregateTable, count: int) -> int:
    return count if table.highest is None else min(count, table.highest)


def _value(code: int, symbols: SymbolTable) -> int | Fraction:
    constant = symbols.constant(code)
    # What is no number adds nothing.
    return constant if isinstance(constant, int | Fraction) else 0


def _totals(values: Sequence[int | Fraction], table: AggregateTable) -> list[int | Fraction]:
    totals: dict[int | Fraction, None] = {0: None}
    for value in values:
        totals |= {total + value: None for total in totals}
        if len(totals) > _TOTALS_LIMIT:
            raise LimitError(
                f"a sum over {len(values)} facts can have more than {_TOTALS_LIMIT} values"
            )
    return list(totals)


def _results(
    table: AggregateTable,
    group: tuple[int, ...],
    values: Sequence[int | Fraction],
    literals: Literals,
    symbols: SymbolTable,
) -> list[int]:
    """The numbers of the result atoms of a group, for each value."""
    codes: IntArray = np.array([symbols.code(value) for value in values], dtype=np.int32)
    found: list[int] = literals.atoms.find(table.result, [*group, codes], len(codes)).tolist()
    return found


def _count_axioms(
    table: AggregateTable, inputs: list[int], outputs: list[int], literals: Literals
) -> Iterator[GroundAxiom]:
    if len(inputs) * len(outputs) <= _CHAIN_LIMIT:
        return _chain(table, inputs, outputs, literals)
    return _network(table, inputs, outputs, literals)


def _chain(
    table: AggregateTable, inputs: list[int], outputs: list[int], literals: Literals
) -> Iterator[GroundAxiom]:
    before: list[int] = []
    for seen, atom in enumerate(inputs, start=1):
        width = min(seen, len(outputs))
        last = seen == len(inputs)
        heads = outputs if last else literals.made.numbers(table.result, width, literals.atoms)
        for j, head in enumerate(heads):
            if j < len(before):
                yield head, (2 * before[j],)
            yield head, ((2 * before[j - 1], 2 * atom) if j else (2 * atom,))
        before = heads


def _network(
    table: AggregateTable, inputs: list[int], outputs: list[int], literals: Literals
) -> Iterator[GroundAxiom]:
    wires = list(inputs)
    for i, j in _comparators(len(wires)):
        either, both = literals.made.numbers(table.result, 2, literals.atoms)
        yield either, (2 * wires[i],)
        yield either, (2 * wires[j],)
        yield both, (2 * wires[i], 2 * wires[j])
        wires[i], wires[j] = either, both
    for head, wire in zip(outputs, wires, strict=False):
        yield head, (2 * wire,)


def _comparators(count: int) -> Iterator[tuple[int, int]]:
    """Pairs of places to be put in order, one after another, until all are sorted."""
    top = 1 << max(count - 1, 1).bit_length() - 1
    p = top
    while p:
        q, r, distance = top, 0, p
        while distance:
            for i in range(count - distance):
                if i & p == r:
                    yield i, i + distance
            distance, q, r = q - p, q >> 1, p
        p >>= 1


def _total_axioms(
    table: AggregateTable,
    group: tuple[int, ...],
    inputs: list[int],
    values: list[int | Fraction],
    literals: Literals,
    symbols: SymbolTable,
) -> Iterator[GroundAxiom]:
    # The empty sum needs no atom: it holds where nothing has been looked at.
    before: dict[int | Fraction, int] = {0: -1}
    for atom, value in zip(inputs, values, strict=True):
        totals = list(before | {total + value: 0 for total in before})
        made = literals.made.numbers(table.result, len(totals), literals.atoms)
        after = dict(zip(totals, made, strict=True))
        for total, number in before.items():
            known = () if number < 0 else (2 * number,)
            yield after[total], (*known, 2 * atom + 1)
            yield after[total + value], (*known, 2 * atom)
        before = after
    totals = list(before)
    present = int(literals.atoms.find(table.present, list(group), 1)[0])
    for total, head in zip(totals, _results(table, group, totals, literals, symbols), strict=True):
        yield head, (2 * before[total], *((2 * present,) if total == 0 else ()))
