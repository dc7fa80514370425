"""The current state of a task: its facts and its objects with their types."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, conjuncts
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Constant, Text
from planner.validate.facts import Facts
from planner.validate.values import as_number, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.kr.task import Task
    from planner.validate.facts import Row

__all__ = ["World", "ground_row"]


class World:
    """Facts that steps change, and objects, to which steps may add.

    Attributes:
        order: place of each object in the order of declaration, created ones last.
        facts: what is stored; of a symmetric predicate every arrangement is.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.order = {name: place for place, name in enumerate(task.all_objects)}
        self._types: dict[str, frozenset[str]] = {}
        self._objects: dict[tuple[str, ...], list[str]] = {}
        for name, types in task.all_objects.items():
            self._place(name, types)
        self._symmetric = {
            p.name
            for p in task.rules.predicates.values()
            if p.properties & {"symmetric", "equivalence"}
        }
        self._goal_rows: dict[str, list[Row]] = {}
        for part in conjuncts(task.goal):
            if isinstance(part, Atom) and (row := ground_row(part)) is not None:
                self._goal_rows.setdefault(part.predicate, []).append(row)
        self.facts = Facts()
        for atom in task.facts:
            row = ground_row(atom)
            assert row is not None, "facts are ground"
            self.add(atom.predicate, row)

    def add(self, predicate: str, row: Row) -> bool:
        """Make a fact true; False when it was."""
        return any([self.facts.add(predicate, v) for v in self.variants(predicate, row)])

    def remove(self, predicate: str, row: Row) -> bool:
        """Make a fact false; False when it was."""
        return any([self.facts.remove(predicate, v) for v in self.variants(predicate, row)])

    def add_object(self, name: str, types: tuple[str, ...]) -> None:
        """Declare an object that a step creates."""
        self.order[name] = len(self.order)
        self._place(name, "|".join(types))

    def _place(self, name: str, types: str) -> None:
        supertypes = self.task.rules.supertypes
        self._types[name] = frozenset(s for t in types.split("|") for s in supertypes(t))
        self._objects.clear()

    def variants(self, predicate: str, row: Row) -> Iterable[Row]:
        """The rows that are the same fact."""
        return dict.fromkeys(permutations(row)) if predicate in self._symmetric else (row,)

    def is_type(self, name: str) -> bool:
        """Whether a name in the place of a predicate is that of a type."""
        if name in self.task.rules.predicates:
            return False
        return name in self.task.rules.types or name == ANY_TYPE or name in VALUE_TYPES

    def has_type(self, value: Constant, types: tuple[str, ...]) -> bool:
        """Whether a value belongs to one of the types."""
        if isinstance(value, str):
            known = self._types.get(value)
            return known is not None and not known.isdisjoint(types)
        if isinstance(value, Text):
            return "string" in types
        if "number" in types:
            return True
        return "int" in types and isinstance(as_number(value), int)

    def objects_of(self, types: tuple[str, ...]) -> list[str]:
        """Objects of any of the types, in order of declaration, created ones last."""
        found = self._objects.get(types)
        if found is None:
            found = [name for name in self.order if not self._types[name].isdisjoint(types)]
            self._objects[types] = found
        return found

    def goal_rows(self, predicate: str) -> list[Row]:
        """Arguments of the goal's atoms of a predicate, of its top-level conjunction."""
        return self._goal_rows.get(predicate, [])


def ground_row(atom: Atom) -> Row | None:
    """The arguments as values, ``None`` when the atom has variables."""
    row = tuple(v for a in atom.arguments if (v := evaluate(a, {})) is not None)
    return row if len(row) == len(atom.arguments) else None
