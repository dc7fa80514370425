"""States of an open space, and the atoms and names they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from planner.engine.facts import Facts
from planner.errors import InputError
from planner.spaces.growing import GrowingTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.engine.matching import Row
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["OpenState", "Vocabulary"]

_CREATED = re.compile(r"_\d+")


@dataclass(frozen=True, slots=True)
class OpenState:
    """What is true, and the types of the objects created so far, `_1` first."""

    atoms: frozenset[int]
    created: tuple[tuple[str, ...], ...] = ()


class Vocabulary:
    """Numbers of constants, atoms and predicates, which grow while a search runs.

    Attributes:
        created_types: every type that created objects belong to.

    Raises:
        InputError: for a task with an object that has the name of a created one.
    """

    def __init__(self, task: Task) -> None:
        clash = next((name for name in task.all_objects if _CREATED.fullmatch(name)), None)
        if clash is not None:
            raise InputError(f"`{clash}` is a name for created objects: call the object otherwise")
        self.task = task
        rules = task.rules
        self._names = tuple(rules.predicates)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._symmetric = frozenset(
            p.name for p in rules.predicates.values() if p.properties & {"symmetric", "equivalence"}
        )
        widest = max((p.arity for p in rules.predicates.values()), default=0)
        self.atoms = GrowingTable(max(1, widest))
        self.given = Facts.of_task(task)
        self.symbols = self.given.symbols
        declared = [t for a in rules.actions for variable in a.creates for t in variable.types]
        self.created_types = tuple(self._supertypes(declared))
        self._created: dict[int, int] = {}
        self._constants: tuple[Constant, ...] = ()

    def initial(self) -> OpenState:
        """The facts of the start that actions may change."""
        fluents = [name for name in self._names if name in self.task.rules.fluents]
        rows = [(name, row) for name in fluents for row in self.given.tuples(name)]
        return OpenState(frozenset(n for name, row in rows for n in self.numbers(name, row)))

    def constants(self) -> tuple[Constant, ...]:
        """All constants so far, by code."""
        if len(self._constants) < len(self.symbols):
            self._constants = self.symbols.constants()
        return self._constants

    def created(self, place: int) -> int:
        """The code of the created object with this number, counted from 0."""
        code = self.symbols.code(f"_{place + 1}")
        self._created[code] = place
        return code

    def place(self, code: int) -> int | None:
        """Which created object a code names, counted from 0."""
        return self._created.get(code)

    def predicate(self, name: str) -> int:
        """The number of a predicate."""
        return self._numbers[name]

    def is_symmetric(self, predicate: str) -> bool:
        """Whether a fact of the predicate stands for all arrangements of its arguments."""
        return predicate in self._symmetric

    def numbers(self, predicate: str, row: Row) -> Iterable[int]:
        """The atoms that a row stands for: of a symmetric predicate every arrangement."""
        number = self._numbers[predicate]
        if predicate not in self._symmetric:
            return (self.atoms.number(number, row),)
        return [self.atoms.number(number, one) for one in dict.fromkeys(permutations(row))]

    def rows(self, state: OpenState) -> dict[str, list[Row]]:
        """Everything true in a state that is not true in all of them, by predicate and type."""
        found: dict[str, list[Row]] = {name: [] for name in self._names}
        table = self.atoms
        for number in sorted(state.atoms):
            symbol, row = table.row(number)
            found[self._names[symbol]].append(row)
        for name in self.created_types:
            found[name] = list(self.given.tuples(name))
        for place, types in enumerate(state.created):
            row = (self.created(place),)
            for name in self._supertypes(types):
                found[name].append(row)
        return found

    def _supertypes(self, types: Iterable[str]) -> dict[str, None]:
        return dict.fromkeys(name for one in types for name in self.task.rules.supertypes(one))
