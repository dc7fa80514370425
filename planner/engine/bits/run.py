"""Evaluates a recursive layer on bit rows.

Tuples that do not come from the layer are derived first: only their values can ever be carried,
so they are the bits. What the bodies find without the atom that carries are edges. Where these
bodies read the layer itself, rounds alternate: bits spread as far as the known edges lead, and
the tuples that are new give further edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.matrix import BitMatrix, MatrixFullError, listed_bits
from planner.engine.bits.rows import RowNumbers
from planner.engine.bits.view import BitRelation
from planner.engine.runs.order import order_body
from planner.engine.runs.packing import first_of_each
from planner.engine.runs.relation import Relation
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.engine.bits.shape import BitLayer, RowClause
    from planner.engine.runs.joins import Joiner
    from planner.engine.runs.table import Table
    from planner.interfaces import IntArray
    from planner.kr.formulas import Atom

    Solve = Callable[["RowClause", int], Iterator[Table]]

__all__ = ["run_bit_layer"]


def run_bit_layer(
    layer: BitLayer, joiner: Joiner, check: Callable[[], None]
) -> dict[str, BitRelation] | None:
    """The fixpoint of a layer whose base clauses have been evaluated.

    Returns ``None``, with nothing changed, where the matrix would be too large.
    """
    try:
        return _BitRun(layer, joiner, check).run()
    except MatrixFullError:
        return None


@dataclass(slots=True)
class _Carried:
    """One predicate of the layer."""

    column: int
    numbers: RowNumbers
    tuples: Relation | None


class _BitRun:
    def __init__(self, layer: BitLayer, joiner: Joiner, check: Callable[[], None]) -> None:
        self.layer = layer
        self.check = check
        self.base: Mapping[str, Relation] = joiner.relations
        self.symbols_of = joiner.code
        bits = joiner.bits
        self.values = self._values()
        self.matrix = BitMatrix(max(1, len(self.values)))
        self.carried = {
            name: _Carried(
                column,
                RowNumbers(bits, self.base[name].arity - 1),
                Relation(name, self.base[name].arity, bits) if name in layer.enumerated else None,
            )
            for name, column in layer.carried.items()
        }
        # While the layer runs its clauses read the tuples listed so far.
        listed = {name: c.tuples for name, c in self.carried.items() if c.tuples is not None}
        self.joiner = joiner.over({**joiner.relations, **listed})
        self.listed_words = np.zeros((0, self.matrix.width), dtype=np.uint64)

    def _values(self) -> IntArray:
        """The codes that are carried, in order."""
        columns = [self.base[n].column(c) for n, c in self.layer.carried.items()]
        values = np.sort(np.concatenate(columns))
        return values[first_of_each(values)]

    def run(self) -> dict[str, BitRelation]:
        for name, carried in self.carried.items():
            relation = self.base[name]
            columns = [relation.column(c) for c in range(relation.arity)]
            carried_codes = columns.pop(carried.column)
            bits = np.searchsorted(self.values, carried_codes).astype(np.int32)
            self.matrix.set_bits(carried.numbers.numbers(columns, self.matrix), bits)
        for clause in self.layer.clauses:
            if not clause.recursive:
                self._connect(clause, -1, ())
        self.matrix.spread()
        round_number = 0
        while self.layer.enumerated and self._list_new(round_number):
            round_number += 1
            self.check()
            for clause in self.layer.clauses:
                for number, first in enumerate(clause.recursive):
                    self._connect(clause, first, clause.recursive[:number])
            self.matrix.spread()
        return {
            name: BitRelation(name, carried.column, carried.numbers, self.matrix, self.values)
            for name, carried in self.carried.items()
        }

    def _connect(self, clause: RowClause, first: int, old: tuple[int, ...]) -> None:
        """Add the edges that a clause's body finds, from new tuples of literal ``first``."""
        atoms = (*clause.source.arguments, *clause.target.arguments)
        wanted = [a.name for a in atoms if isinstance(a, Variable)]
        planned = order_body(clause.rest, (), wanted, self.joiner.relations.__getitem__, first)
        for table in self.joiner.solve(planned, delta_first=first >= 0, old=old):
            self.check()
            sources = self._rows(clause.source, table)
            targets = self._rows(clause.target, table)
            self.matrix.connect(sources, targets)

    def _rows(self, atom: Atom, table: Table) -> IntArray:
        columns = [
            table.columns[a.name]
            if isinstance(a, Variable)
            else np.full(table.count, self.symbols_of(a), dtype=np.int32)
            for a in atom.arguments
        ]
        return self.carried[atom.predicate].numbers.numbers(columns, self.matrix)

    def _list_new(self, round_number: int) -> bool:
        """Make tuples of the new bits that clauses read one by one; whether there are any."""
        before = np.zeros_like(self.matrix.words[: self.matrix.count])
        before[: len(self.listed_words)] = self.listed_words
        found = False
        for name in self.layer.enumerated:
            carried = self.carried[name]
            relation = carried.tuples
            assert relation is not None
            rows, columns = carried.numbers.all()
            places, bits = listed_bits(self.matrix.words[rows] & ~before[rows])
            new = [column[places] for column in columns]
            new.insert(carried.column, self.values[bits])
            relation.is_unique = True
            relation.insert(new, len(places))
            found |= relation.advance(round_number) > 0
        self.listed_words = self.matrix.words[: self.matrix.count].copy()
        return found
