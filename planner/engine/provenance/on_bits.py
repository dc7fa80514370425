"""Least proofs of what was derived on bit rows.

A tuple comes along an edge from another one with the same bit. Where edges rest on nothing that
the layer derives, a least proof is a shortest way through the edges, found breadth first for the
one bit asked about. Else the levels of tuples are found by a kernel
(`planner.engine.bits.levels`), and edges are followed back from level to lower level.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.bits.levels import Levels, levels_can_be_found
from planner.engine.clauses import open_variables
from planner.engine.provenance.derivations import Derivation
from planner.engine.provenance.near import GIVEN
from planner.engine.runs.packing import stable_order
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from planner.engine.bits.record import BitRecord
    from planner.engine.bits.shape import RowClause
    from planner.engine.provenance.derivations import Fact
    from planner.engine.provenance.near import Backwards, Support
    from planner.interfaces import IntArray

    Keys = npt.NDArray[np.int64]
    Cells = tuple[IntArray, IntArray]

__all__ = ["BitProofs", "shortest_way"]


# Rows up to which levels are found sooner than a few derivations are looked at.
_FEW_ROWS = 4_000


class BitProofs:
    """The proofs of one layer's tuples."""

    def __init__(self, record: BitRecord, backwards: Backwards) -> None:
        self._is_by_search = not record.layer.enumerated
        self._record = record
        self._backwards = backwards
        self._levels: Levels | None = None

    @property
    def is_quick(self) -> bool:
        """Whether to ask for a proof at once, before any other way to find one is tried."""
        if self._is_by_search or self._levels is not None:
            return True
        return self._record.row_count <= _FEW_ROWS and levels_can_be_found(self._record)

    @staticmethod
    def can_prove(record: BitRecord, backwards: Backwards) -> bool:
        """Whether the layer reads nothing but facts and itself, and only passes bits on."""
        layer, clauses = record.layer, backwards.model.plan.clauses
        if any(clause.bits is not None for clause in layer.clauses):
            return False
        read = [*(clauses[index].body for index in layer.base), *(c.rest for c in layer.clauses)]
        names = {part.predicate for body in read for part in body if isinstance(part, Atom)}
        return all(name in layer.carried or name not in backwards.by_head for name in names)

    def support(self, goal: Fact) -> Support | None:
        """A least proof of a tuple that is there, ``None`` where that takes too long."""
        record = self._record
        row, bit = record.row(*goal), record.bit(goal[1][record.layer.carried[goal[0]]])
        if self._is_by_search:
            return self._along_way(row, bit)
        if self._levels is None and levels_can_be_found(record):
            self._levels = Levels(record, *self._seeds)
        if self._levels is None:
            return None
        self._levels.find(row, bit)
        return self._down(self._levels, row, bit)

    @cached_property
    def _seeds(self) -> tuple[list[Cells], list[Cells]]:
        """Rows and bits of what is stated, and of all that the layer began with."""
        record, facts = self._record, self._backwards.model.facts
        stated = [
            record.cells(name, list(facts.array(name).T))
            for name in record.layer.carried
            if facts.arity(name) is not None
        ]
        return stated, [record.base_cells(name) for name in record.layer.carried]

    # One bit, along edges.

    def _along_way(self, row: int, bit: int) -> Support:
        stated, base = (
            [place for rows, bits in cells for place in rows[bits == bit].tolist()]
            for cells in self._seeds
        )
        order, ends, targets = self._outgoing
        numbers, places = np.array(shortest_way(stated, base, ends, targets, row)).T
        facts = self._record.facts(numbers, np.full(len(numbers), bit))
        is_along = places >= 0
        along = iter(self._by_edges(order[places[is_along]], np.full(len(numbers), bit)[is_along]))
        support: dict[Fact, Derivation] = {}
        for fact, is_by_edge in zip(facts, is_along.tolist(), strict=True):
            self._add(support, fact, next(along) if is_by_edge else self._of_base(fact))
        return list(support.items())

    @cached_property
    def _outgoing(self) -> tuple[npt.NDArray[np.int64], list[int], list[int]]:
        """Edges by source, where those of each row begin and end, and their targets."""
        edges = self._record.edges
        order = stable_order(edges.sources.astype(np.int64), self._record.row_count)
        ends = np.zeros(self._record.row_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(edges.sources, minlength=len(ends) - 1), out=ends[1:])
        return order, ends.tolist(), edges.targets[order].tolist()

    # All bits, from level to level.

    def _down(self, levels: Levels, row: int, bit: int) -> Support:
        below = levels.below(row, bit)
        facts = self._record.facts(below.rows, below.bits)
        is_along = below.edges >= 0
        edges = self._record.incoming.edges[below.edges[is_along]]
        along = iter(self._by_edges(edges, below.bits[is_along]))
        support: dict[Fact, Derivation] = {}
        for fact, is_by_edge in zip(facts, is_along.tolist(), strict=True):
            self._add(support, fact, next(along) if is_by_edge else self._of_base(fact))
        return list(support.items())

    # Derivations.

    def _add(self, support: dict[Fact, Derivation], fact: Fact, way: Derivation) -> None:
        """Add a fact after those of its premises that are stated outside of the layer."""
        for premise in way.premises:
            if premise[0] not in self._record.layer.carried:
                support[premise] = GIVEN
        support[fact] = way

    def _of_base(self, fact: Fact) -> Derivation:
        """The derivation of a tuple that the layer began with."""
        backwards = self._backwards
        if backwards.is_given(fact):
            return GIVEN
        clauses = backwards.model.plan.clauses
        for clause in (clauses[index] for index in self._record.layer.base):
            if clause.head.predicate == fact[0]:
                binding = backwards.backtracker.unify(clause.head.arguments, fact[1], {})
                if binding is not None:
                    for way in backwards.instances(clause, binding):
                        return way
        raise AssertionError(f"nothing derives {fact}")

    def _by_edges(self, chosen: Keys, bits: IntArray) -> list[Derivation]:
        """The instances of clauses that edges stand for where certain bits go along them."""
        numbers = self._record.edges.clauses[chosen]
        found: dict[int, Derivation] = {}
        for number, row_clause in enumerate(self._record.layer.clauses):
            places = np.flatnonzero(numbers == number)
            if len(places):
                ways = self._instances(row_clause, chosen[places], bits[places])
                found.update(zip(places.tolist(), ways, strict=True))
        return [found[place] for place in range(len(chosen))]

    def _instances(self, row_clause: RowClause, edges: Keys, bits: IntArray) -> list[Derivation]:
        """Instances of a clause, whose variables are filled in many at a time."""
        clause = self._backwards.model.plan.clauses[row_clause.index]
        codes = {name: column.tolist() for name, column in self._codes(row_clause, edges, bits)}
        bindings = [dict(zip(codes, row, strict=True)) for row in zip(*codes.values(), strict=True)]
        if not all(name in codes for part in row_clause.rest for name in open_variables(part)):
            solutions, premises = self._backwards.backtracker.solutions, self._backwards.premises
            bindings = [next(solutions(row_clause.rest, binding)) for binding in bindings]
            return [Derivation(clause, one, premises(clause, one)) for one in bindings]
        rests_on = zip(
            *(
                self._rows_of(part, codes, len(edges))
                for part in clause.body
                if isinstance(part, Atom)
            ),
            strict=True,
        )
        return [
            Derivation(clause, one, premises)
            for one, premises in zip(bindings, rests_on, strict=True)
        ]

    def _codes(
        self, row_clause: RowClause, edges: Keys, bits: IntArray
    ) -> Iterator[tuple[str, IntArray]]:
        """The values that edges give variables; some variables come several times."""
        record, every = self._record, self._record.edges
        head = self._backwards.model.plan.clauses[row_clause.index].head
        parts = [(head.arguments, record.columns(head.predicate, every.targets[edges], bits))]
        source = row_clause.source
        columns = record.columns(source.predicate, every.sources[edges], bits)
        del columns[record.layer.carried[source.predicate]]
        parts.append((source.arguments, columns))
        for number, position in enumerate(row_clause.recursive):
            atom = row_clause.rest[position]
            assert isinstance(atom, Atom)
            rows, needed = (part[edges, number] for part in every.rests_on)
            parts.append((atom.arguments, record.columns(atom.predicate, rows, needed)))
        for arguments, columns in parts:
            for argument, column in zip(arguments, columns, strict=True):
                if isinstance(argument, Variable):
                    yield argument.name, column

    def _rows_of(self, atom: Atom, codes: Mapping[str, list[int]], count: int) -> list[Fact]:
        """The facts that an atom stands for where variables have certain values."""
        code_of = self._backwards.model.symbols.code_of
        columns = [
            codes[argument.name] if isinstance(argument, Variable) else [code_of(argument)] * count
            for argument in atom.arguments
        ]
        rows = zip(*columns, strict=True) if columns else [()] * count
        return [(atom.predicate, row) for row in rows]


def shortest_way(
    stated: Sequence[int],
    base: Sequence[int],
    ends: Sequence[int],
    targets: Sequence[int],
    goal: int,
) -> list[tuple[int, int]]:
    """The rows on a way to a row that can be reached, each with the edge it is entered by.

    Args:
        stated: rows to begin with.
        base: rows to begin with that are as far as those one edge away from the stated ones.
        ends: where the edges of each row begin and end.
        targets: the row that each edge leads to.
        goal: the row to reach.

    Returns:
        Rows and edges, -1 in place of the first edge.
    """
    came = dict.fromkeys(stated, -1)
    source_of = dict.fromkeys(stated, -1)
    fringe, later = list(came), [row for row in dict.fromkeys(base) if row not in came]
    while goal not in came:
        ahead = later
        came.update(dict.fromkeys(later, -1))
        source_of.update(dict.fromkeys(later, -1))
        later = []
        for row in fringe:
            for edge in range(ends[row], ends[row + 1]):
                target = targets[edge]
                if target not in came:
                    came[target] = edge
                    source_of[target] = row
                    ahead.append(target)
        assert ahead, "the goal can be reached"
        fringe = ahead
    way: list[tuple[int, int]] = []
    while goal >= 0:
        way.append((goal, came[goal]))
        goal = source_of[goal]
    return way[::-1]
