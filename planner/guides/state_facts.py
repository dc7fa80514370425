"""The facts of one state at a time, indexed for matching, with what the goal still asks for.

The index follows the search from state to state by differences, which are small when a search
stays near where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from planner.engine.matching import FactIndex
from planner.engine.symbols import SymbolTable, ground_arguments
from planner.guides.derived_facts import DerivedFacts
from planner.guides.waiting import WaitingGoals
from planner.kr.formulas import Atom, conjuncts
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.engine.matching import Row
    from planner.interfaces import StepSpace, Table
    from planner.kr.task import Task

__all__ = ["StateFacts"]

_MOST_PAIRS = 20_000
"""Pairs of a closure that are kept; larger ones are followed link by link."""

Fact: TypeAlias = "tuple[int, Row]"


@runtime_checkable
class _KnowsChanges(Protocol):
    """A space that can say what differs between two of its states."""

    def changes(self, before: int, after: int) -> tuple[Sequence[int], Sequence[int]]:
        """Atoms that go and that come, ascending."""
        ...


@runtime_checkable
class _LeavesOut(Protocol):
    """A space whose states lack derived predicates that advice reads."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Their names."""
        ...


class StateFacts:
    """An index of the facts of a state: static ones, types, and ``goal``, ``open``, ``ready``.

    Attributes:
        index: the facts, by codes that `code` gives to predicates and constants.
        symbols: codes of constants; those the space has at the start keep its numbers.
        goals: atoms of the goal's top-level conjunction, in order, each once.
        waiting: which of the goals wait for others.
    """

    def __init__(self, space: StepSpace) -> None:
        self.index = FactIndex()
        self._space = space
        self._changes = space.changes if isinstance(space, _KnowsChanges) else None
        self._predicates: dict[tuple[str, str], int] = {}
        self.symbols = SymbolTable(space.constants)
        # Of an open space the constants grow: codes of the space as own codes, and back.
        self._shared = len(self.symbols)
        self._own = list(range(self._shared))
        self._theirs: dict[int, int] = {}
        self._names = list(space.task.rules.predicates)
        self._rows: dict[int, Fact] = {}
        self._chains: dict[str, int | None] = {}
        self._fixed: dict[int, bool] = {}
        self._current: frozenset[int] = frozenset()
        self._state = -1
        for kind, code in _types(space.task):
            self.index.add(self.code(kind), (code,))
        for number in range(len(space.static)):
            self.index.add(*self._read(space.static, number))
        self.goals = self._read_goals()
        self._goal_numbers = {
            (self.code(name), row): goal for goal, (name, row) in enumerate(self.goals)
        }
        left_out = space.left_out if isinstance(space, _LeavesOut) else ()
        self._derivation = DerivedFacts(space.task, left_out) if left_out else None
        for atom in self._derivation.at_first if self._derivation is not None else ():
            self.index.add(*self._named(atom))
        for name, row in self.goals:
            self.index.add(self.code(name, "goal"), row)
        is_open = [not self.index.holds(*fact) for fact in self._goal_numbers]
        self.waiting = WaitingGoals(is_open, self._show)

    def code(self, predicate: str, mode: str = "") -> int:
        """The code of a predicate; ``mode`` is ``goal``, ``open`` or ``ready``."""
        return self._predicates.setdefault((mode, predicate), len(self._predicates))

    def is_fixed(self, code: int) -> bool:
        """Whether the facts of a predicate, by its code, are the same in all states."""
        if code not in self._fixed:
            mode, predicate = list(self._predicates)[code]
            rules = self._space.task.rules
            changes = predicate in rules.fluents | rules.derived
            self._fixed[code] = mode in ("goal", "+") or (not mode and not changes)
        return self._fixed[code]

    def chains(self, predicate: str) -> int | None:
        """The code of the transitive closure of a predicate whose facts never change.

        ``None`` where they may change, or where the closure is large.
        """
        if predicate not in self._chains:
            self._chains[predicate] = self._closure(predicate)
        return self._chains[predicate]

    def _closure(self, predicate: str) -> int | None:
        links = self.code(predicate)
        if not self.is_fixed(links):
            return None
        pairs: list[Row] = []
        for start in self.index.column(links, 0):
            pairs += ((start, end) for end in self.index.reach(links, start))
            if len(pairs) > _MOST_PAIRS:
                return None
        code = self.code(predicate, "+")
        for pair in pairs:
            self.index.add(code, pair)
        return code

    def step_code(self, code: int) -> int:
        """The space's code of a constant that has one here; -2 where the space never met it."""
        if code < self._shared:
            return code
        self._meet_constants()
        return self._theirs.get(code, -2)

    def _own_code(self, code: int) -> int:
        if code >= len(self._own):
            self._meet_constants()
        return self._own[code]

    def _meet_constants(self) -> None:
        for number, constant in enumerate(self._space.constants[len(self._own) :], len(self._own)):
            own = self.symbols.code(constant)
            self._own.append(own)
            self._theirs[own] = number

    def move_to(self, state: int) -> FactIndex:
        """Make the index that of a state."""
        if state == self._state:
            return self.index
        changes = list(self._changes_to(state))
        for number, holds in changes:
            self._change(self._fact(number), holds=holds)
        if self._derivation is not None:
            self._derive(self._derivation, changes)
        self._state = state
        return self.index

    def _derive(self, derivation: DerivedFacts, changes: Iterable[tuple[int, bool]]) -> None:
        """Bring what the space leaves out up to date."""
        stated = [(self._atom(number), holds) for number, holds in changes]
        for atom, holds in derivation.follow(stated):
            self._change(self._named(atom), holds=holds)

    def _changes_to(self, state: int) -> Iterator[tuple[int, bool]]:
        """Atoms that differ, those that no longer hold first."""
        if self._changes is not None and self._state >= 0:
            gone, come = self._changes(self._state, state)
        else:
            after = frozenset(self._space.true_atoms(state).tolist())
            gone, come = sorted(self._current - after), sorted(after - self._current)
            self._current = after
        yield from ((number, False) for number in gone)
        yield from ((number, True) for number in come)

    @property
    def open_count(self) -> int:
        """How many goal atoms do not hold."""
        return self.waiting.open_count

    def is_open(self, goal: int) -> bool:
        """Whether a goal atom does not hold."""
        return self.waiting.is_open(goal)

    def _change(self, fact: Fact, *, holds: bool) -> None:
        if holds:
            self.index.add(*fact)
        else:
            self.index.discard(*fact)
        goal = self._goal_numbers.get(fact)
        if goal is not None:
            self.waiting.change(goal, is_open=not holds)

    def _show(self, goal: int, is_open: bool, is_ready: bool) -> None:
        name, row = self.goals[goal]
        for mode, holds in (("open", is_open), ("ready", is_ready)):
            change = self.index.add if holds else self.index.discard
            change(self.code(name, mode), row)

    def _read_goals(self) -> list[tuple[str, Row]]:
        atoms = [a for a in conjuncts(self._space.task.goal) if isinstance(a, Atom)]
        rows = {(a.predicate, self._row(a)): None for a in atoms}
        return [(name, row) for name, row in rows if row is not None]

    def _row(self, atom: Atom) -> Row | None:
        """The codes of an atom's arguments, ``None`` when one is not a constant."""
        codes = []
        for argument in atom.arguments:
            if isinstance(argument, Variable | Arithmetic | FunctionTerm):
                return None
            codes.append(self.symbols.code(argument))
        return tuple(codes)

    def _named(self, atom: Atom) -> Fact:
        return self.code(atom.predicate), tuple(
            self.symbols.code(argument) for argument in ground_arguments(atom)
        )

    def _atom(self, number: int) -> Atom:
        """An atom of the space by names."""
        table, constants = self._space.atoms, self._space.constants
        name = self._names[int(table.symbol[number])]
        return Atom(name, tuple(constants[c] for c in table.arguments[number].tolist() if c >= 0))

    def _fact(self, number: int) -> Fact:
        """An atom of the space, read from its table when first met."""
        fact = self._rows.get(number)
        if fact is None:
            fact = self._rows[number] = self._read(self._space.atoms, number)
        return fact

    def _read(self, table: Table, number: int) -> Fact:
        symbol = int(table.symbol[number])
        # Auxiliary atoms of the grounder have no predicate of the rule base.
        name = self._names[symbol] if symbol >= 0 else f"#{symbol}"
        return self.code(name), tuple(
            self._own_code(c) for c in table.arguments[number].tolist() if c >= 0
        )


def _types(task: Task) -> Iterator[tuple[str, int]]:
    """Each type, supertypes included, with each object that belongs to it."""
    for code, declared in enumerate(task.all_objects.values()):
        names = {t: None for part in declared.split("|") for t in task.rules.supertypes(part)}
        for name in names:
            yield name, code
