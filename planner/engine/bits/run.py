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

from planner.engine.bits.lists import RowLists
from planner.engine.bits.mapping import BitMapping
from planner.engine.bits.matrix import BitMatrix, MatrixFullError, listed_bits
from planner.engine.bits.record import BitRecord
from planner.engine.bits.rows import RowNumbers
from planner.engine.bits.view import BitRelation
from planner.engine.runs.compiled import can_load, is_loaded
from planner.engine.runs.order import order_body
from planner.engine.runs.packing import first_of_each
from planner.engine.runs.relation import Relation
from planner.engine.runs.room import available_bytes
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from planner.engine.bits.carry import BitMap
    from planner.engine.bits.shape import BitLayer, RowClause
    from planner.engine.forward import Tier
    from planner.engine.runs.joins import Joiner
    from planner.engine.runs.table import Table
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Atom

    MakeStore = Callable[[int], BitMatrix | RowLists]
    Words = npt.NDArray[np.uint64]

__all__ = ["run_bit_layer"]

# Words of a matrix that is preferred to lists without a trial: 32 MB.
_SMALL_MATRIX = 1 << 22
# Tuples of lists, four bytes each.
_LIST_LIMIT = 250_000_000
# A table of all codes is cheaper than sorting and searching as long as it is no larger.
_MARKS_A_VALUE = 8
# Tuples to begin with from which on lists are worth loading kernels for.
_WORTH_LISTING = 50_000


def _never_stop() -> None:
    pass


def run_bit_layer(
    layer: BitLayer, joiner: Joiner, check: Callable[[], None], tier: Tier = "auto"
) -> dict[str, BitRelation] | None:
    """The fixpoint of a layer whose base clauses have been evaluated.

    Returns ``None``, with nothing changed, where the matrix would be too large.
    """
    rows = sum(joiner.relations[name].size for name in layer.carried)
    for make in _stores(layer, rows, check, tier):
        try:
            return _BitRun(layer, joiner, check, make).run()
        except MatrixFullError:
            continue
    return None


def _stores(
    layer: BitLayer, rows: int, check: Callable[[], None], tier: Tier
) -> Iterator[MakeStore]:
    """The ways to keep the layer's tuples, ``rows`` to begin with, the most promising first."""
    most = min(_LIST_LIMIT, available_bytes() // 8)
    can_list = not layer.enumerated and not any(clause.bits for clause in layer.clauses)
    if tier == "lists" and can_list:
        yield lambda bits: RowLists(bits, most, check)
    elif can_list and tier != "bits" and (is_loaded() or (rows > _WORTH_LISTING and can_load())):
        # Whether tuples are few enough for lists shows only in following them.
        yield lambda bits: BitMatrix(bits, _SMALL_MATRIX)
        yield lambda bits: RowLists(bits, most, check)
    yield lambda bits: BitMatrix(bits)


@dataclass(slots=True)
class _Carried:
    """One predicate of the layer.

    Attributes:
        tuples: those that clauses read one by one.
        listed: the words of its rows when they were last made tuples.
    """

    column: int
    numbers: RowNumbers
    tuples: Relation | None
    listed: Words


class _BitRun:
    def __init__(
        self, layer: BitLayer, joiner: Joiner, check: Callable[[], None], make: MakeStore
    ) -> None:
        self.layer = layer
        self.check = check
        # Later layers put complete relations in the place of these.
        self.base: Mapping[str, Relation] = {n: joiner.relations[n] for n in layer.carried}
        bits = joiner.bits
        self.joiner = joiner
        value_pairs = {c.index: self._value_pairs(c.bits) for c in layer.clauses if c.bits}
        self.values = self._values([targets for _, targets in value_pairs.values()])
        self.matrix = make(max(1, len(self.values)))
        self.mappings = {index: self._mapping(*found) for index, found in value_pairs.items()}
        width = (max(1, len(self.values)) + 63) // 64
        self.carried = {
            name: _Carried(
                column,
                RowNumbers(bits, self.base[name].arity - 1),
                Relation(name, self.base[name].arity, bits) if name in layer.enumerated else None,
                np.zeros((0, width), dtype=np.uint64),
            )
            for name, column in layer.carried.items()
        }
        # While the layer runs its clauses read the tuples listed so far.
        listed = {name: c.tuples for name, c in self.carried.items() if c.tuples is not None}
        self.joiner = joiner.over({**joiner.relations, **listed})
        self.mapped_words: Words = np.zeros((0, width), dtype=np.uint64)

    def _value_pairs(self, bits: BitMap) -> tuple[IntArray, IntArray]:
        """The values that a mapping leads from and to, as codes."""
        ends = (bits.source, bits.target)
        planned = order_body(bits.body, (), ends, self.joiner.relations.__getitem__)
        found = [np.zeros((2, 0), dtype=np.int32)]
        for table in self.joiner.solve(planned):
            found.append(np.stack([table.columns[name] for name in ends]))
        sources, targets = np.concatenate(found, axis=1)
        return sources, targets

    def _values(self, others: list[IntArray]) -> IntArray:
        """The codes that are carried, in order."""
        columns = [self.base[n].column(c) for n, c in self.layer.carried.items()] + others
        if 1 << self.joiner.bits <= _MARKS_A_VALUE * sum(map(len, columns)):
            is_carried = np.zeros(1 << self.joiner.bits, dtype=np.bool_)
            for column in columns:
                is_carried[column] = True
            return np.flatnonzero(is_carried).astype(np.int32)
        values = np.sort(np.concatenate(columns))
        return values[first_of_each(values)]

    def _bits(self, codes: IntArray) -> IntArray:
        """The bits of carried codes."""
        if 1 << self.joiner.bits > _MARKS_A_VALUE * len(codes):
            return np.searchsorted(self.values, codes).astype(np.int32)
        bit_of = np.zeros(1 << self.joiner.bits, dtype=np.int32)
        bit_of[self.values] = np.arange(len(self.values), dtype=np.int32)
        return bit_of[codes]

    def _mapping(self, sources: IntArray, targets: IntArray) -> BitMapping:
        """The edges between bits; values that no tuple can have lead nowhere."""
        places = np.searchsorted(self.values, sources)
        places[places == len(self.values)] = 0
        known = self.values[places] == sources
        ends = np.searchsorted(self.values, targets[known])
        return BitMapping(max(1, len(self.values)), places[known], ends)

    def run(self) -> dict[str, BitRelation]:
        for name, carried in self.carried.items():
            relation = self.base[name]
            columns = [relation.column(c) for c in range(relation.arity)]
            carried_codes = columns.pop(carried.column)
            bits = self._bits(carried_codes)
            self.matrix.set_bits(carried.numbers.numbers(columns, self.matrix), bits)
        for clause in self.layer.clauses:
            if not clause.recursive:
                self._connect(clause, -1, ())
        self._close()
        round_number = 0
        while self.layer.enumerated and self._list_new(round_number):
            round_number += 1
            self.check()
            for clause in self.layer.clauses:
                for number, first in enumerate(clause.recursive):
                    self._connect(clause, first, clause.recursive[:number])
            self._close()
        numbers = {name: carried.numbers for name, carried in self.carried.items()}
        count = self.matrix.count
        # The meter of the evaluation is not that of an explanation that comes later.
        joiner = self.joiner.over(self.joiner.relations, check=_never_stop)
        record = BitRecord(self.layer, joiner, self.base, numbers, self.values, count)
        return {
            name: BitRelation(name, record, carried.numbers, self.matrix)
            for name, carried in self.carried.items()
        }

    def _connect(self, clause: RowClause, first: int, old: tuple[int, ...]) -> None:
        """Add the edges that a clause's body finds, from new tuples of literal ``first``."""
        atoms = (*clause.source.arguments, *clause.target.arguments)
        wanted = [a.name for a in atoms if isinstance(a, Variable)]
        planned = order_body(clause.rest, (), wanted, self.joiner.relations.__getitem__, first)
        mapping = self.mappings.get(clause.index)
        for table in self.joiner.solve(planned, delta_first=first >= 0, old=old):
            self.check()
            sources = self._rows(clause.source, table)
            targets = self._rows(clause.target, table)
            if mapping is None:
                self.matrix.connect(sources, targets)
            else:
                mapping.connect(sources, targets)

    def _close(self) -> None:
        """Let bits spread along the edges known so far, and through the mappings."""
        self.matrix.spread()
        if not self.mappings:
            return
        matrix = self.matrix
        assert isinstance(matrix, BitMatrix)
        changed = self._changed(matrix)
        for mapping in self.mappings.values():
            changed |= mapping.new_sources(len(changed))
        while changed.any():
            self.check()
            gained = np.zeros(matrix.count, dtype=np.bool_)
            for mapping in self.mappings.values():
                gained[mapping.apply(matrix, changed)] = True
            if matrix.has_edges:
                matrix.spread()
                gained = self._changed(matrix)
            changed = gained
        if self.layer.enumerated:
            self._changed(matrix)

    def _changed(self, matrix: BitMatrix) -> BoolArray:
        """The rows that have gained bits since the last call."""
        words = matrix.words[: matrix.count]
        before = self.mapped_words
        self.mapped_words = words.copy()
        old = np.not_equal(words[: len(before)], before)
        new = np.not_equal(words[len(before) :], 0)
        return np.concatenate([np.any(old, axis=1), np.any(new, axis=1)])

    def _rows(self, atom: Atom, table: Table) -> IntArray:
        given = (self.joiner.given(argument, table) for argument in atom.arguments)
        columns = [column for column in given if column is not None]
        assert len(columns) == len(atom.arguments), "what is carried is bound"
        return self.carried[atom.predicate].numbers.numbers(columns, self.matrix)

    def _list_new(self, round_number: int) -> bool:
        """Make tuples of the new bits that clauses read one by one; whether there are any."""
        assert isinstance(self.matrix, BitMatrix)
        found = False
        for name in self.layer.enumerated:
            carried = self.carried[name]
            relation = carried.tuples
            assert relation is not None
            rows, columns = carried.numbers.all()
            words = self.matrix.words[rows]
            new = words.copy()
            new[: len(carried.listed)] &= ~carried.listed
            carried.listed = words
            gaining = np.flatnonzero(np.any(new, axis=1))
            places, bits = listed_bits(new[gaining])
            listed = [column[gaining[places]] for column in columns]
            listed.insert(carried.column, self.values[bits])
            relation.is_unique = True
            relation.insert(listed, len(places))
            found |= relation.advance(round_number) > 0
        return found
