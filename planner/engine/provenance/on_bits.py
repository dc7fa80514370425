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
from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.engine.bits.record import BitRecord
    from planner.engine.provenance.derivations import Fact
    from planner.engine.provenance.near import Backwards, Support
    from planner.interfaces import IntArray

    Cell = tuple[int, int]
    Cells = tuple[IntArray, IntArray]

__all__ = ["BitProofs", "shortest_way"]


class BitProofs:
    """The proofs of one layer's tuples.

    Attributes:
        is_by_search: whether a proof is a shortest way, which needs no levels.
    """

    def __init__(self, record: BitRecord, backwards: Backwards) -> None:
        self.is_by_search = not record.layer.enumerated
        self._record = record
        self._backwards = backwards
        self._levels: Levels | None = None

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
        if self.is_by_search:
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
        support: dict[Fact, Derivation] = {}
        for number, place in shortest_way(stated, base, ends, targets, row):
            fact = self._record.fact(number, bit)
            if place < 0:
                self._add(support, fact, self._of_base(fact))
            else:
                self._add(support, fact, self._by_edge(fact, int(order[place]), bit))
        return list(support.items())

    @cached_property
    def _outgoing(self) -> tuple[npt.NDArray[np.int64], list[int], list[int]]:
        """Edges by source, where those of each row begin and end, and their targets."""
        edges = self._record.edges
        order = np.argsort(edges.sources, kind="stable")
        ends = np.zeros(self._record.row_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(edges.sources, minlength=len(ends) - 1), out=ends[1:])
        return order, ends.tolist(), edges.targets[order].tolist()

    # All bits, from level to level.

    def _down(self, levels: Levels, row: int, bit: int) -> Support:
        waiting = [(int(levels.of(*_arrays([(row, bit)]))[0]), row, bit)]
        found: dict[tuple[int, int, int], tuple[Fact, Derivation]] = {}
        for tuple_ in waiting:
            if tuple_ in found:
                continue
            level, row, bit = tuple_
            fact = self._record.fact(row, bit)
            edge, below = self._lower_edge(levels, level, row, bit)
            if edge < 0:
                found[tuple_] = fact, self._of_base(fact)
                continue
            found[tuple_] = fact, self._by_edge(fact, edge, bit)
            waiting += below
        support: dict[Fact, Derivation] = {}
        for tuple_ in sorted(found):
            self._add(support, *found[tuple_])
        return list(support.items())

    def _lower_edge(
        self, levels: Levels, level: int, row: int, bit: int
    ) -> tuple[int, list[tuple[int, int, int]]]:
        """The first edge to a tuple from lower ones, and these with their levels.

        -1 and nothing for a tuple that the layer began with.
        """
        ordered, rows, bits, ends = self._incoming
        start, end = ends[row], ends[row + 1]
        rows, bits = rows[start:end], bits[start:end].copy()
        bits[:, 0] = bit
        below = levels.of(rows.reshape(-1), bits.reshape(-1)).reshape(rows.shape)
        lower = np.logical_and.reduce((below < level) & ((below >= 0) | (rows < 0)), axis=1)
        chosen = np.flatnonzero(lower)
        if not level or not len(chosen):
            return -1, []
        first = int(chosen[0])
        parts = zip(below[first].tolist(), rows[first].tolist(), bits[first].tolist(), strict=True)
        return ordered[start + first], [part for part in parts if part[1] >= 0]

    @cached_property
    def _incoming(self) -> tuple[list[int], IntArray, IntArray, list[int]]:
        """Edges by target: their numbers, what they rest on, and where those of each row begin.

        What an edge rests on begins with its source, of which the bit is not said.
        """
        edges = self._record.edges
        ends = np.zeros(self._record.row_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(edges.targets, minlength=len(ends) - 1), out=ends[1:])
        order = np.argsort(edges.targets, kind="stable")
        rows = np.concatenate([edges.sources[order][:, None], edges.rests_on[0][order]], axis=1)
        bits = np.concatenate([np.zeros_like(rows[:, :1]), edges.rests_on[1][order]], axis=1)
        return order.tolist(), rows, bits, ends.tolist()

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

    def _by_edge(self, fact: Fact, edge: int, bit: int) -> Derivation:
        """The instance of a clause that an edge stands for."""
        record, backwards = self._record, self._backwards
        edges, unify = record.edges, backwards.backtracker.unify
        row_clause = record.layer.clauses[int(edges.clauses[edge])]
        clause = backwards.model.plan.clauses[row_clause.index]
        name, row = record.fact(int(edges.sources[edge]), bit)
        column = record.layer.carried[name]
        known = [
            (clause.head.arguments, fact[1]),
            (row_clause.source.arguments, (*row[:column], *row[column + 1 :])),
        ]
        for number, position in enumerate(row_clause.recursive):
            atom = row_clause.rest[position]
            assert isinstance(atom, Atom)
            cell = (int(part[edge, number]) for part in edges.rests_on)
            known.append((atom.arguments, record.fact(*cell)[1]))
        binding: dict[str, int] | None = {}
        for arguments, codes in known:
            assert binding is not None
            binding = unify(arguments, codes, binding)
        assert binding is not None
        if not all(name in binding for part in row_clause.rest for name in open_variables(part)):
            binding = next(backwards.backtracker.solutions(row_clause.rest, binding))
        return Derivation(clause, binding, backwards.premises(clause, binding))


def _arrays(cells: Sequence[Cell]) -> tuple[IntArray, IntArray]:
    rows, bits = np.array(cells, dtype=np.int32).T
    return np.ascontiguousarray(rows), np.ascontiguousarray(bits)


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
