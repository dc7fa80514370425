"""Split a relation by the values of one of its columns, as triples by their property.

Where rules name a value (``t(?x, type, ?c)``) or take it from a small relation (``t(?x, ?p, ?y) and
inverse(?p, ?q)``), a relation for each value is smaller by one column, has statistics of its own,
and its rules may recurse less: what is transitive becomes a closure, the rest is handed on. Rules
become one rule for each row of the small relations (partial evaluation; Jones, Gomard and Sestoft
1993).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.clauses import Clause
from planner.engine.facts import Facts
from planner.engine.runs.packing import first_of_each
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.engine.extension import Extension
    from planner.engine.program import Layer, Plan
    from planner.engine.runs.relation import Relation
    from planner.engine.symbols import SymbolTable
    from planner.kr.terms import Constant, Expression

__all__ = ["Split", "split_layer"]

# Rows below which splitting costs more than it saves.
_ROWS = 50_000
# Rows of a relation whose rows rules are written out for, and rules that this may make.
_SMALL, _CLAUSES = 200, 400
_VALUES = 100
_COMBINATIONS = 10_000


class _TooManyError(Exception):
    """Small relations have too many rows together."""


@dataclass(frozen=True, slots=True)
class Split:
    """One layer, rewritten.

    Attributes:
        predicate: that is split.
        column: by which.
        parts: the code of each value, and the name of the relation for it.
        clauses: about the parts.
        facts: what they read.
    """

    predicate: str
    column: int
    parts: tuple[tuple[int, str], ...]
    clauses: tuple[Clause, ...]
    facts: Facts

    def fill(self, relation: Relation, found: Mapping[str, Extension]) -> None:
        """Put the rows of the parts together."""
        relation.is_unique = True
        relation.part_count = len(self.parts)
        for code, name in self.parts:
            extension = found.get(name)
            rows = self.facts.array(name) if extension is None else extension.rows()
            columns = list(rows.T)
            columns.insert(self.column, np.full(len(rows), code, dtype=np.int32))
            relation.insert(columns, len(rows))


def split_layer(
    plan: Plan, layer: Layer, relations: Mapping[str, Relation], symbols: SymbolTable
) -> Split | None:
    """The layer split by the first column that it can be and should be split by."""
    clauses = [plan.clauses[index] for index in layer.clauses]
    if len(layer.predicates) != 1 or layer.tallies or not any(layer.recursive):
        return None
    (name,) = layer.predicates
    if relations[name].arity < 3 or relations[name].size:
        return None
    if any(not isinstance(literal, Atom) for clause in clauses for literal in clause.body):
        return None
    read = {atom.predicate for clause in clauses for atom in _atoms(clause)} - {name}
    if sum(relations[other].size for other in read) < _ROWS:
        return None
    for column in range(relations[name].arity):
        named = [a for c in clauses for a in _atoms(c) if a.predicate == name]
        if any(not isinstance(atom.arguments[column], Variable) for atom in named):
            made = _Splitter(name, column, clauses, relations, symbols).split()
            if made is not None:
                return made
    return None


def _atoms(clause: Clause) -> list[Atom]:
    return [literal for literal in clause.body if isinstance(literal, Atom)]


class _Splitter:
    """One attempt, by one column."""

    def __init__(
        self,
        name: str,
        column: int,
        clauses: Sequence[Clause],
        relations: Mapping[str, Relation],
        symbols: SymbolTable,
    ) -> None:
        self._name = name
        self._column = column
        self._clauses = clauses
        self._relations = relations
        self._symbols = symbols
        # Large relations that are split as well, and by which column.
        self._large: dict[str, int] = {}

    def split(self) -> Split | None:
        """The layer rewritten, ``None`` where there would be too many values or clauses."""
        made: list[Clause] = []
        values = self._values()
        if values is None:
            return None
        try:
            for clause in self._clauses:
                made += islice(self._instances(clause, values), _CLAUSES + 1)
        except _TooManyError:
            return None
        if len(made) > _CLAUSES:
            return None
        codes = [self._symbols.code(value) for value in values]
        parts = tuple((code, self._part(self._name, code)) for code in codes)
        return Split(self._name, self._column, parts, tuple(made), self._facts(made))

    def _values(self) -> tuple[Constant, ...] | None:
        """Everything that may stand in the column."""
        found: dict[int, None] = {}
        for clause in self._clauses:
            term = clause.head.arguments[self._column]
            if not isinstance(term, Variable):
                found[self._symbols.code_of(term)] = None
                continue
            binding = self._binding(clause, term)
            if binding is not None:
                codes = self._distinct(*binding)
                if len(codes) > _VALUES:
                    return None
                found.update(dict.fromkeys(codes))
                if self._relations[binding[0]].size > _SMALL:
                    known = self._large.setdefault(*binding)
                    if known != binding[1]:
                        return None
            elif not any(
                atom.predicate == self._name and atom.arguments[self._column] == term
                for atom in _atoms(clause)
            ):
                return None
        if len(found) > _VALUES:
            return None
        return tuple(self._symbols.constant(code) for code in sorted(found))

    def _binding(self, clause: Clause, variable: Expression) -> tuple[str, int] | None:
        """The smallest relation but the split one that binds a variable, and in which column."""
        found = [
            (atom.predicate, column)
            for atom in _atoms(clause)
            if atom.predicate != self._name
            for column, argument in enumerate(atom.arguments)
            if argument == variable
        ]
        return min(found, key=lambda one: self._relations[one[0]].size, default=None)

    def _distinct(self, name: str, column: int) -> list[int]:
        codes = np.sort(self._relations[name].column(column))
        return [int(code) for code in codes[first_of_each(codes)]]

    def _instances(self, clause: Clause, values: Sequence[Constant]) -> Iterator[Clause]:
        """The clause with constants wherever the column is."""
        atoms = _atoms(clause)
        own = [atom for atom in (clause.head, *atoms) if atom.predicate == self._name]
        of_column = [atom.arguments[self._column] for atom in own]
        wanted = dict.fromkeys(a for a in of_column if isinstance(a, Variable))
        small = [a for a in atoms if a.predicate != self._name and self._is_small(a, wanted)]
        if prod(self._relations[atom.predicate].size for atom in small) > _COMBINATIONS:
            raise _TooManyError
        for rows in product(*(self._relations[a.predicate].rows().tolist() for a in small)):
            chosen: dict[Expression, Expression] = {}
            if not all(map(self._matches, small, rows, [chosen] * len(small))):
                continue
            free = [variable for variable in wanted if variable not in chosen]
            for others in product(values, repeat=len(free)):
                everything = dict(chosen)
                everything.update(zip(free, others, strict=True))
                body = tuple(self._renamed(a, everything) for a in atoms if a not in small)
                yield Clause(self._renamed(clause.head, everything), body, clause.rule)

    def _is_small(self, atom: Atom, wanted: Mapping[Variable, None]) -> bool:
        """Whether clauses are written out for the rows of an atom."""
        names_value = any(argument in wanted for argument in atom.arguments)
        return names_value and self._relations[atom.predicate].size <= _SMALL

    def _matches(
        self, atom: Atom, row: Sequence[int], chosen: dict[Expression, Expression]
    ) -> bool:
        """Bind the variables of an atom to a row, where it has its constants."""
        for argument, code in zip(atom.arguments, row, strict=True):
            constant = self._symbols.constant(code)
            if not isinstance(argument, Variable):
                if argument != constant:
                    return False
            elif chosen.setdefault(argument, constant) != constant:
                return False
        return True

    def _renamed(self, atom: Atom, chosen: Mapping[Expression, Expression]) -> Atom:
        arguments = tuple(chosen.get(a, a) for a in atom.arguments)
        column = self._column if atom.predicate == self._name else self._large.get(atom.predicate)
        if column is None:
            return Atom(atom.predicate, arguments)
        value = arguments[column]
        if isinstance(value, Variable):
            return Atom(atom.predicate, arguments)
        code = self._symbols.code_of(value)
        rest = (*arguments[:column], *arguments[column + 1 :])
        return Atom(self._part(atom.predicate, code), rest)

    def _part(self, name: str, code: int) -> str:
        return f"{name}#{code}"

    def _facts(self, clauses: Sequence[Clause]) -> Facts:
        """What the clauses read, large relations in parts."""
        facts = Facts(self._symbols)
        for name, column in self._large.items():
            relation = self._relations[name]
            columns = [relation.column(c) for c in range(relation.arity)]
            order = np.argsort(columns[column], kind="stable")
            ordered = columns.pop(column)[order]
            rows = np.stack([other[order] for other in columns], axis=1)
            starts = np.flatnonzero(first_of_each(ordered)).tolist()
            for start, end in zip(starts, [*starts[1:], len(ordered)], strict=True):
                facts.add_rows(self._part(name, int(ordered[start])), rows[start:end])
        for clause in clauses:
            for atom in _atoms(clause):
                whole = self._relations.get(atom.predicate)
                if whole is not None and facts.arity(atom.predicate) is None:
                    facts.add_rows(atom.predicate, whole.rows())
        return facts
