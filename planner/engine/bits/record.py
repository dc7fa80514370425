"""What an evaluation on bit rows leaves for explanations: how its rows are numbered, and its edges.

Nothing of it is made before it is asked for. The edges are joined again from what is complete,
each with the clause it came from and the tuples of the layer that it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.runs.order import order_body
from planner.engine.runs.packing import stable_order
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from planner.engine.bits.rows import RowNumbers
    from planner.engine.bits.shape import BitLayer, RowClause
    from planner.engine.runs.joins import Joiner
    from planner.engine.runs.relation import Relation
    from planner.engine.runs.table import Table
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]

__all__ = ["BitEdges", "BitRecord", "Incoming"]


@dataclass(frozen=True, slots=True)
class BitEdges:
    """Edges between rows, each from one binding of a clause's body without what carries.

    Attributes:
        clauses: for each edge the position of its clause in the layer's.
        sources: rows that bits come from.
        targets: rows that bits go to.
        rests_on: tuples of the layer that an edge rests on, as rows and bits of shape (edges, k);
            -1 where an edge has fewer than k.
    """

    clauses: IntArray
    sources: IntArray
    targets: IntArray
    rests_on: tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True)
class Incoming:
    """Edges in the order of their targets.

    Attributes:
        edges: their places among `BitEdges`.
        ends: where the edges of each row begin, and where the last one's end; shape (rows + 1).
        rows: of the tuples an edge rests on, its source first; -1 for none; shape (edges, k + 1).
        bits: of the same; that of the source is any bit.
    """

    edges: Keys
    ends: Keys
    rows: IntArray
    bits: IntArray


class BitRecord:
    """A layer that was evaluated on bit rows."""

    def __init__(
        self,
        layer: BitLayer,
        joiner: Joiner,
        base: Mapping[str, Relation],
        numbers: Mapping[str, RowNumbers],
        values: IntArray,
        row_count: int,
    ) -> None:
        """Take in what the evaluation used.

        Args:
            layer: the layer.
            joiner: over complete relations; of the layer, those that are read one by one.
            base: tuples that the layer began with.
            numbers: of the rows of each predicate.
            values: the code of each bit.
            row_count: how many rows there are.
        """
        self.layer = layer
        self.row_count = row_count
        self.values = values
        self._joiner = joiner
        self._base = base
        self._numbers = numbers

    def bit(self, code: int) -> int:
        """The bit of a carried value that some row has."""
        return int(np.searchsorted(self.values, code))

    def row(self, predicate: str, row: tuple[int, ...]) -> int:
        """The number of the matrix row that a tuple is in."""
        column = self.layer.carried[predicate]
        numbers = self._numbers[predicate]
        return int(numbers.find(numbers.key((*row[:column], *row[column + 1 :])))[0])

    def fact(self, row: int, bit: int) -> tuple[str, tuple[int, ...]]:
        """The predicate and the codes of a tuple."""
        owner, place = self._owners
        name = list(self.layer.carried)[owner[row]]
        codes = [int(column[place[row]]) for column in self._combinations[name]]
        codes.insert(self.layer.carried[name], int(self.values[bit]))
        return name, tuple(codes)

    def facts(self, rows: IntArray, bits: IntArray) -> list[tuple[str, tuple[int, ...]]]:
        """The predicates and the codes of many tuples."""
        found: list[tuple[str, tuple[int, ...]]] = [("", ())] * len(rows)
        owner = self._owners[0][rows]
        for position, name in enumerate(self.layer.carried):
            places = np.flatnonzero(owner == position)
            columns = (c.tolist() for c in self.columns(name, rows[places], bits[places]))
            for place, row in zip(places.tolist(), zip(*columns, strict=True), strict=True):
                found[place] = name, row
        return found

    def columns(self, predicate: str, rows: IntArray, bits: IntArray) -> list[IntArray]:
        """The columns of tuples of a predicate: the inverse of `cells`."""
        places = self._owners[1][rows]
        found = [column[places] for column in self._combinations[predicate]]
        found.insert(self.layer.carried[predicate], self.values[bits])
        return found

    @cached_property
    def _combinations(self) -> dict[str, list[IntArray]]:
        return {name: numbers.all()[1] for name, numbers in self._numbers.items()}

    @cached_property
    def _owners(self) -> tuple[IntArray, IntArray]:
        """Of each row the position of its predicate, and its place among that predicate's rows."""
        owner = np.zeros(self.row_count, dtype=np.int32)
        place = np.zeros(self.row_count, dtype=np.int32)
        for position, name in enumerate(self.layer.carried):
            rows = self._numbers[name].all()[0]
            owner[rows] = position
            place[rows] = np.arange(len(rows), dtype=np.int32)
        return owner, place

    def base_cells(self, predicate: str) -> tuple[IntArray, IntArray]:
        """Rows and bits of the tuples that the layer began with."""
        relation = self._base[predicate]
        columns = [relation.column(c) for c in range(relation.arity)]
        return self.cells(predicate, columns)

    def cells(self, predicate: str, columns: list[IntArray]) -> tuple[IntArray, IntArray]:
        """Rows and bits of tuples that are there, given by columns."""
        column = self.layer.carried[predicate]
        others = [*columns[:column], *columns[column + 1 :]]
        bits = np.searchsorted(self.values, columns[column]).astype(np.int32)
        return self._row_numbers(predicate, others), bits

    def _row_numbers(self, predicate: str, columns: list[IntArray]) -> IntArray:
        numbers = self._numbers[predicate]
        return numbers.find(numbers.keys(columns))

    @cached_property
    def edges(self) -> BitEdges:
        """All edges, those of the first clause first."""
        width = max([1, *(len(clause.recursive) for clause in self.layer.clauses)])
        parts = [
            self._edges_of(position, clause, table, width)
            for position, clause in enumerate(self.layer.clauses)
            for table in self._bindings(clause)
        ]
        none = np.zeros((0, 3 + 2 * width), dtype=np.int32)
        found = np.concatenate([none, *parts])
        clauses, sources, targets = (np.ascontiguousarray(found[:, i]) for i in range(3))
        return BitEdges(clauses, sources, targets, (found[:, 3::2], found[:, 4::2]))

    @cached_property
    def incoming(self) -> Incoming:
        """All edges by target, those of the first clause first."""
        edges = self.edges
        ends = np.zeros(self.row_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(edges.targets, minlength=self.row_count), out=ends[1:])
        order = stable_order(edges.targets.astype(np.int64), self.row_count)
        rows = np.concatenate([edges.sources[:, None], edges.rests_on[0]], axis=1)[order]
        bits = np.concatenate([np.zeros_like(rows[:, :1]), edges.rests_on[1][order]], axis=1)
        return Incoming(order, ends, rows, bits)

    def _bindings(self, clause: RowClause) -> list[Table]:
        read = [clause.rest[position] for position in clause.recursive]
        atoms = [clause.source, clause.target, *(a for a in read if isinstance(a, Atom))]
        wanted = [t.name for atom in atoms for t in atom.arguments if isinstance(t, Variable)]
        planned = order_body(clause.rest, (), wanted, self._joiner.relations.__getitem__)
        return list(self._joiner.solve(planned))

    def _edges_of(self, position: int, clause: RowClause, table: Table, width: int) -> IntArray:
        found = np.full((table.count, 3 + 2 * width), -1, dtype=np.int32)
        found[:, 0] = position
        for place, atom in ((1, clause.source), (2, clause.target)):
            found[:, place] = self._row_numbers(atom.predicate, self._columns(atom, table))
        for number, place in enumerate(clause.recursive):
            read = clause.rest[place]
            assert isinstance(read, Atom)
            cells = self.cells(read.predicate, self._columns(read, table))
            found[:, 3 + 2 * number], found[:, 4 + 2 * number] = cells
        # Rows of which nothing is known have no numbers, and carry nothing.
        is_there: IntArray = found[(found[:, 1] >= 0) & (found[:, 2] >= 0)]
        return is_there

    def _columns(self, atom: Atom, table: Table) -> list[IntArray]:
        columns = [self._joiner.given(argument, table) for argument in atom.arguments]
        return [column for column in columns if column is not None]
