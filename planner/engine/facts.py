"""Ground facts by predicate, as codes: what an evaluation starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.symbols import SymbolTable, ground_arguments
from planner.errors import InputError
from planner.kr.formulas import Atom, conjuncts
from planner.kr.strata import goal_predicate
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TypeAlias

    import numpy.typing as npt

    from planner.diagnostics import Span
    from planner.interfaces import IntArray
    from planner.kr.formulas import Formula
    from planner.kr.task import Task
    from planner.kr.terms import Expression

    # By predicate each row, of constants, with the value 0.
    NamedRows: TypeAlias = dict[str, dict[tuple[object, ...], int]]

__all__ = ["Facts", "goal_facts"]

# Written out at each use, a union of classes would be built anew.
_NAMED_FACTS = 200
"""Up to this number, facts about names are interned when a code is first asked for."""
_NAMES = frozenset({str})


class Facts:
    """A bag of facts over a symbol table. Repeated facts do no harm.

    A few facts about names are kept as they are given until a code is asked for: tiny programs
    are evaluated over the names themselves (`named`), and interning would be a third of the work.
    """

    __slots__ = (
        "_arity",
        "_arrays",
        "_lent",
        "_named",
        "_spans",
        "_symbols",
        "_tuples",
        "_waiting",
    )

    def __init__(self, symbols: SymbolTable | None = None) -> None:
        self._symbols = symbols
        self._waiting: Sequence[Atom] = ()
        self._named: NamedRows | None = None
        self._arity: dict[str, int] = {}
        # Rows as keys, so that an evaluation can begin with them; copied when lent and added to.
        self._tuples: dict[str, dict[tuple[int, ...], int]] = {}
        self._lent: set[str] = set()
        self._arrays: dict[str, list[IntArray]] = {}
        self._spans: dict[Atom, Span] = {}

    @staticmethod
    def of(atoms: Iterable[Atom], symbols: SymbolTable | None = None) -> Facts:
        """Facts from ground atoms."""
        facts = Facts(symbols)
        if symbols is None:
            atoms = tuple(atoms)
            if len(atoms) <= _NAMED_FACTS:
                facts._named = _by_name(atoms, facts._arity)
                if facts._named is not None:
                    facts._waiting = atoms
                    return facts
        facts._arity.clear()
        facts._take(atoms)
        return facts

    def _take(self, atoms: Iterable[Atom]) -> None:
        """Intern facts, when there are none yet."""
        find, known, arity = self.symbols.find_row, self._tuples, self._arity
        for atom in atoms:
            name = atom.predicate
            row = find(atom.arguments) or self._row(atom)
            rows = known.get(name)
            # `add_row` would do, at the cost of a call for each fact of a small program.
            if rows is None:
                known[name] = {row: 0}
                arity[name] = len(row)
            elif arity[name] == len(row):
                rows[row] = 0
            else:
                self._refuse(name, len(row))
            if atom.span is not None:
                self._spans.setdefault(atom, atom.span)

    @property
    def symbols(self) -> SymbolTable:
        """The constants' codes."""
        if self._symbols is None:
            self._symbols = SymbolTable()
        if self._named is not None:
            self._settle()
        return self._symbols

    @property
    def named(self) -> NamedRows | None:
        """The rows by predicate as names, where none is interned yet; not to be changed."""
        return self._named

    def _settle(self) -> None:
        """Intern the facts that wait for it."""
        waiting, self._waiting, self._named = self._waiting, (), None
        self._take(waiting)

    @staticmethod
    def of_task(task: Task) -> Facts:
        """Everything true at the start of a task.

        Objects are interned first, in declaration order. Each type is a unary predicate of its
        members and those of its subtypes, ``object`` among them; ``goal p`` holds what
        `goal_facts` finds.
        """
        facts = Facts(SymbolTable(task.all_objects))
        for name, declared in task.all_objects.items():
            types = {t: None for d in declared.split("|") if d for t in task.rules.supertypes(d)}
            for type_name in types:
                facts.add(Atom(type_name, (name,)))
        for atom in (*task.facts, *goal_facts(task.goal)):
            facts.add(atom)
        return facts

    def copy(self) -> Facts:
        """Facts that what is added to these later leaves alone, over the same symbols."""
        other = Facts(self.symbols)
        other._arity, other._spans = dict(self._arity), dict(self._spans)
        other._tuples = dict(self._tuples)
        # Both copy a predicate's rows before they add to them.
        self._lent, other._lent = set(self._tuples), set(self._tuples)
        other._arrays = {name: list(arrays) for name, arrays in self._arrays.items()}
        return other

    def __len__(self) -> int:
        if self._named is not None:
            return sum(map(len, self._named.values()))
        rows = sum(map(len, self._tuples.values()))
        if self._arrays:
            rows += sum(len(a) for arrays in self._arrays.values() for a in arrays)
        return rows

    def add(self, atom: Atom) -> None:
        """Add one ground atom.

        Raises:
            InputError: when an argument is not a constant or the arity differs from before.
        """
        self.add_row(atom.predicate, self._row(atom))
        if atom.span is not None:
            self._spans.setdefault(atom, atom.span)

    def _row(self, atom: Atom) -> tuple[int, ...]:
        code = self.symbols.code
        return tuple([code(constant) for constant in ground_arguments(atom)])

    def add_row(self, predicate: str, row: tuple[int, ...]) -> None:
        """Add one fact by the codes of its arguments."""
        if self._named is not None:
            self._settle()
        if self._arity.setdefault(predicate, len(row)) != len(row):
            self._refuse(predicate, len(row))
        rows = self._tuples.get(predicate)
        if rows is None:
            self._tuples[predicate] = {row: 0}
            return
        if predicate in self._lent:
            self._lent.remove(predicate)
            rows = self._tuples[predicate] = dict(rows)
        rows[row] = 0

    def add_rows(self, predicate: str, rows: npt.NDArray[np.integer]) -> None:
        """Add many facts at once: codes of shape (n, arity), which the facts then own."""
        if self._named is not None:
            self._settle()
        if self._arity.setdefault(predicate, rows.shape[1]) != rows.shape[1]:
            self._refuse(predicate, rows.shape[1])
        self._arrays.setdefault(predicate, []).append(rows.astype(np.int32, copy=False))

    def predicates(self) -> tuple[str, ...]:
        """Predicates with their first addition's order."""
        return tuple(self._arity)

    def arity(self, predicate: str) -> int | None:
        """The arity of a predicate, ``None`` when it has no facts."""
        return self._arity.get(predicate)

    def arities(self) -> Mapping[str, int]:
        """The arity of every predicate that has facts."""
        return self._arity

    def tuples(self, predicate: str) -> list[tuple[int, ...]]:
        """The rows of a predicate as tuples; not to be changed."""
        if self._named is not None:
            self._settle()
        rows = list(self._tuples.get(predicate, ()))
        arrays = self._arrays.get(predicate)
        if arrays:
            rows += [tuple(row) for array in arrays for row in array.tolist()]
        return rows

    def lend(self, predicates: Iterable[str]) -> dict[str, dict[tuple[int, ...], int]]:
        """For each predicate its rows as keys, with the value 0; not to be changed."""
        if self._named is not None:
            self._settle()
        if self._arrays:
            return {name: dict.fromkeys(self.tuples(name), 0) for name in predicates}
        rows_of = self._tuples.get
        self._lent.update(predicates)
        return {name: rows_of(name) or {} for name in predicates}

    def array(self, predicate: str) -> IntArray:
        """The rows of a predicate, shape (n, arity)."""
        if self._named is not None:
            self._settle()
        arity = self._arity.get(predicate, 0)
        rows = self._tuples.get(predicate)
        arrays = list(self._arrays.get(predicate, ()))
        if rows:
            arrays.insert(0, np.array(list(rows), dtype=np.int32).reshape(len(rows), arity))
        if len(arrays) == 1:
            return arrays[0]
        return np.concatenate(arrays) if arrays else np.zeros((0, arity), dtype=np.int32)

    def span(self, atom: Atom) -> Span | None:
        """Where a fact was written, when that is known."""
        if self._named is not None:
            self._settle()
        return self._spans.get(atom) if self._spans else None

    def _refuse(self, predicate: str, arity: int) -> None:
        known = self._arity[predicate]
        raise InputError(f"`{predicate}` is used with {arity} arguments and with {known}")


def _by_name(atoms: Sequence[Atom], arity: dict[str, int]) -> NamedRows | None:
    """The rows of each predicate, arities noted; ``None`` for what `Facts.add` should look at."""
    known: NamedRows = {}
    constants: set[Expression] = set()
    for atom in atoms:
        name = atom.predicate
        row = atom.arguments
        constants.update(row)
        rows = known.get(name)
        if rows is None:
            known[name] = {row: 0}
            arity[name] = len(row)
        elif arity[name] == len(row):
            rows[row] = 0
        else:
            return None
    return known if _NAMES.issuperset(map(type, constants)) else None


def goal_facts(goal: Formula) -> list[Atom]:
    """What ``goal p(..)`` can see: the ground positive atoms of the goal's top conjunction."""
    return [
        Atom(goal_predicate(part.predicate), part.arguments, part.span)
        for part in conjuncts(goal)
        if isinstance(part, Atom)
        and not any(isinstance(a, Variable | Arithmetic | FunctionTerm) for a in part.arguments)
    ]
