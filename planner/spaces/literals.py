"""Tables of bindings turned into lists of ground literals.

A literal is one number, its *code*: twice the atom's number, plus one where it is negative. While
tables are looked through, two more codes stand for literals whose truth is already known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.errors import LimitError
from planner.kr.terms import Variable
from planner.spaces.lists import Lists
from planner.spaces.rows import RowIndex, ranges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Atom
    from planner.kr.terms import Constant, Expression
    from planner.spaces.tables import ClauseTable, Context, Relaxation

__all__ = ["FALSE", "TRUE", "AtomNumbers", "Literals", "MadeAxioms", "Symbols"]

TRUE = -1
FALSE = -2

# Literals that clauses may add to the rows of one table before an atom stands for them all.
_PAIRS_LIMIT = 4_000_000
# Rows of one table; the arrays made from it need some hundred bytes a row.
_ROWS_LIMIT = 20_000_000


class Symbols(Protocol):
    """The codes of constants (`planner.engine.symbols.SymbolTable`)."""

    def find(self, constant: Constant) -> int | None:
        """The code, or ``None`` for a constant that never occurred."""
        ...


class Rows(Protocol):
    """The fixpoint (`planner.engine.forward.Model`)."""

    def rows(self, predicate: str) -> IntArray:
        """The rows of a predicate, sorted."""
        ...


class AtomNumbers:
    """Numbers of the reachable atoms: by predicate in declaration order, then by row.

    Attributes:
        predicates: the predicates, as in `Relaxation.dynamic`.
        first: the first number of each predicate, and at the end the count of all.
        rows: the rows of each predicate.
    """

    def __init__(self, relaxation: Relaxation, model: Rows) -> None:
        self.predicates = relaxation.dynamic
        self.rows = [model.rows(p) for p in self.predicates]
        self.first = np.cumsum([0, *(len(rows) for rows in self.rows)]).tolist()
        self._position = {name: i for i, name in enumerate(self.predicates)}
        self._indexes: dict[str, RowIndex] = {}

    @property
    def count(self) -> int:
        """How many atoms have numbers."""
        return int(self.first[-1])

    def find(self, predicate: str, columns: Sequence[IntArray | int], count: int) -> IntArray:
        """Numbers of ``count`` atoms given by columns of arguments, -1 for unreachable ones."""
        position = self._position.get(predicate)
        if position is None or not len(self.rows[position]):
            return np.full(count, -1, dtype=np.int32)
        if predicate not in self._indexes:
            self._indexes[predicate] = RowIndex(self.rows[position])
        found = self._indexes[predicate].find(columns, count)
        return np.where(found >= 0, found + np.int32(self.first[position]), np.int32(-1))


@dataclass(slots=True)
class MadeAxioms:
    """Axioms of the atoms that stand for clauses; their numbers follow those of `AtomNumbers`.

    Attributes:
        level_of: for each made atom the predicate whose stratum it belongs to.
        heads, bodies: the axioms.
    """

    level_of: list[str]
    heads: list[IntArray]
    bodies: list[Lists]

    def add(self, predicate: str, count: int, first: int) -> IntArray:
        """Numbers for ``count`` more atoms."""
        start = first + len(self.level_of)
        self.level_of += [predicate] * count
        return np.arange(start, start + count, dtype=np.int32)

    def numbers(self, predicate: str, count: int, atoms: AtomNumbers) -> list[int]:
        """Numbers for ``count`` more atoms, as a list."""
        found: list[int] = self.add(predicate, count, atoms.count).tolist()
        return found


class Literals:
    """Looks literals up for whole tables."""

    def __init__(self, relaxation: Relaxation, model: Rows, symbols: Symbols) -> None:
        self.atoms = AtomNumbers(relaxation, model)
        self.made = MadeAxioms([], [], [])
        self._model = model
        self._symbols = symbols

    def table(self, context: Context) -> tuple[dict[str, IntArray], int]:
        """The columns of a table by variable, and its number of rows."""
        rows = self._padded(context.predicate, len(context.columns))
        return dict(zip(context.columns, np.ascontiguousarray(rows.T), strict=True)), len(rows)

    def rows(self, predicate: str) -> IntArray:
        """The reachable rows of a predicate, sorted."""
        return self._model.rows(predicate)

    def _padded(self, predicate: str, arity: int) -> IntArray:
        # A predicate that nothing derives has lost its arity.
        rows = self._model.rows(predicate)
        if len(rows) > _ROWS_LIMIT:
            raise LimitError(f"{len(rows)} instances of `{predicate}` are too many to ground")
        return rows if len(rows) else np.zeros((0, arity), dtype=np.int32)

    def atom_numbers(self, atom: Atom, columns: Mapping[str, IntArray], count: int) -> IntArray:
        """The number of an atom in each row, -1 where it is unreachable."""
        arguments = [self._argument(argument, columns) for argument in atom.arguments]
        return self.atoms.find(atom.predicate, arguments, count)

    def conditions(
        self, context: Context, columns: Mapping[str, IntArray], count: int
    ) -> tuple[Lists, BoolArray]:
        """Codes of the literals of each row, and which rows are known to be false."""
        body = context.body
        found = [self._codes(atom, True, columns, count) for atom in body.positive]
        found += [self._codes(atom, False, columns, count) for atom in body.negative]
        dead: BoolArray = np.zeros(count, dtype=np.bool_)
        for codes in found:
            dead |= codes == FALSE
        lists = Lists.of_columns(found, count)
        for clause in context.clauses:
            more, false = self._clause(clause, columns, count)
            lists = lists.merged(more)
            dead |= false
        return lists, dead

    def _codes(
        self, atom: Atom, positive: bool, columns: Mapping[str, IntArray], count: int
    ) -> IntArray:
        number = self.atom_numbers(atom, columns, count)
        if positive:
            return np.where(number >= 0, 2 * number, np.int32(FALSE))
        return np.where(number >= 0, 2 * number + 1, np.int32(TRUE))

    def _argument(self, argument: Expression, columns: Mapping[str, IntArray]) -> IntArray | int:
        if isinstance(argument, Variable):
            return columns[argument.name]
        # Arithmetic has been replaced by variables when the tables were laid out.
        code = self._symbols.find(argument)  # type: ignore[arg-type]
        return -1 if code is None else code

    def _clause(
        self, clause: ClauseTable, columns: Mapping[str, IntArray], count: int
    ) -> tuple[Lists, BoolArray]:
        """One code for each instance of a clause, handed to the rows that share its variables."""
        rows = self._padded(clause.predicate, len(clause.columns))
        instances = dict(zip(clause.columns, np.ascontiguousarray(rows.T), strict=True))
        codes = self._instance_codes(clause, instances, len(rows))
        kept = codes != TRUE
        rows, codes = rows[kept], codes[kept]
        starts, sizes = self._groups(clause, rows, columns, count)
        false_before = np.concatenate([[0], np.cumsum(codes == FALSE)])
        dead: BoolArray = false_before[starts + sizes] > false_before[starts]
        sizes = np.where(dead, 0, sizes)
        if int(sizes.sum(dtype=np.int64)) > _PAIRS_LIMIT:
            return self._one_atom_a_group(clause, codes, starts, sizes, count), dead
        owner = np.repeat(np.arange(count, dtype=np.int32), sizes)
        return Lists.of_pairs(owner, codes[ranges(starts, sizes)], count), dead

    def _groups(
        self,
        clause: ClauseTable,
        rows: IntArray,
        columns: Mapping[str, IntArray],
        count: int,
    ) -> tuple[IntArray, IntArray]:
        """For each row of the table the range of instances that share its variables."""
        width = len(clause.shared)
        if width == 0:
            starts: IntArray = np.zeros(count, dtype=np.int32)
            return starts, np.full(count, len(rows), dtype=np.int32)
        shared = rows[:, :width]
        changed = np.ones(len(rows), dtype=np.bool_)
        changed[1:] = np.any(shared[1:] != shared[:-1], axis=1)
        first = np.flatnonzero(changed).astype(np.int32)
        group_sizes = np.diff(first, append=np.int32(len(rows))).astype(np.int32)
        index = RowIndex(np.ascontiguousarray(shared[first]))
        group = index.find([columns[name] for name in clause.shared], count)
        if not len(first):
            nothing: IntArray = np.zeros(count, dtype=np.int32)
            return nothing, nothing
        found = group >= 0
        return np.where(found, first[group], 0), np.where(found, group_sizes[group], 0)

    def _instance_codes(
        self, clause: ClauseTable, columns: Mapping[str, IntArray], count: int
    ) -> IntArray:
        """Each instance as one code; longer disjunctions get an atom with axioms."""
        found = [self._codes(atom, sign, columns, count) for atom, sign in clause.literals]
        true: BoolArray = np.zeros(count, dtype=np.bool_)
        for codes in found:
            true |= codes == TRUE
        lists = Lists.of_columns(found, count)
        sizes = lists.sizes()
        single: IntArray = np.full(count, FALSE, dtype=np.int32)
        single[lists.owner] = lists.value
        # Both p and not p among the literals: always true.
        twins = (lists.value[1:] == (lists.value[:-1] | 1)) & (lists.value[:-1] % 2 == 0)
        twins &= lists.owner[1:] == lists.owner[:-1]
        true[lists.owner[1:][twins]] = True
        long = (sizes >= 2) & ~true
        if long.any():
            single[long] = self._disjunctions(clause.predicate, lists.selected(long))
        single[true] = TRUE
        return single

    def _disjunctions(self, predicate: str, lists: Lists) -> IntArray:
        """A made atom for each list, the same one for equal lists; positive codes."""
        sizes = lists.sizes()
        padded: IntArray = np.full((lists.count, int(sizes.max())), -1, dtype=np.int32)
        starts = np.cumsum(sizes) - sizes
        padded[lists.owner, np.arange(len(lists.owner)) - np.repeat(starts, sizes)] = lists.value
        order = np.lexsort(padded.T[::-1])
        ordered = padded[order]
        changed = np.ones(lists.count, dtype=np.bool_)
        changed[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
        group = np.cumsum(changed) - 1
        numbers = self.made.add(predicate, int(changed.sum()), self.atoms.count)
        result: IntArray = np.empty(lists.count, dtype=np.int32)
        result[order] = numbers[group]
        distinct = ordered[changed]
        head = np.repeat(numbers, (distinct >= 0).sum(axis=1))
        literal = distinct[distinct >= 0]
        self.made.heads.append(head)
        self.made.bodies.append(Lists.of_columns([literal], len(literal)))
        return 2 * result

    def _one_atom_a_group(
        self, clause: ClauseTable, codes: IntArray, starts: IntArray, sizes: IntArray, count: int
    ) -> Lists:
        """One made atom for all instances of a group, where handing them out would be too much."""
        some = sizes > 0
        first, position = np.unique(starts[some], return_index=True)
        numbers = self.made.add(clause.predicate, len(first), self.atoms.count)
        group_sizes = sizes[some][position]
        owner = np.repeat(np.arange(len(first), dtype=np.int32), group_sizes)
        literals = codes[ranges(first, group_sizes)]
        self.made.heads.append(numbers)
        self.made.bodies.append(Lists.of_pairs(owner, literals, len(first)))
        value = 2 * numbers[np.searchsorted(first, starts[some])]
        return Lists(count, np.flatnonzero(some).astype(np.int32), value.astype(np.int32))
