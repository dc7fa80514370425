"""How many operators grounding would make, from sizes alone.

The usual estimate of a join: the product of the sizes of the relations, divided for each variable
that several share by the larger count of its values. Fluent atoms are taken to hold for all
objects of their types, so where few of them are reachable the estimate is too high.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, Comparison, atoms_of, conjuncts
from planner.kr.terms import ANY_TYPE, Variable

if TYPE_CHECKING:
    from planner.kr.actions import ActionSchema
    from planner.kr.task import Task

__all__ = ["estimate_operators"]


def estimate_operators(task: Task) -> float:
    """About how many operators the actions of a task have."""
    columns = _Columns(task)
    return sum(_estimate(action, columns) for action in task.rules.actions)


class _Columns:
    """Counts of rows, of values in each column, and of objects by type."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._values: dict[tuple[str, int], set[object]] = {}
        self._rows: dict[str, int] = {}
        changed = task.rules.fluents | task.rules.derived
        for atom in task.facts:
            if atom.predicate not in changed:
                self._rows[atom.predicate] = self._rows.get(atom.predicate, 0) + 1
                for place, value in enumerate(atom.arguments):
                    self._values.setdefault((atom.predicate, place), set()).add(value)
        self._changed = changed
        self._objects: dict[tuple[str, ...], int] = {}

    def rows(self, predicate: str) -> int:
        """Rows of a static predicate."""
        return self._rows.get(predicate, 0)

    def values(self, predicate: str, place: int) -> int:
        """Different values in a column of a static predicate."""
        return max(1, len(self._values.get((predicate, place), ())))

    def is_static(self, predicate: str) -> bool:
        """Whether a declared predicate never changes."""
        return predicate in self.task.rules.predicates and predicate not in self._changed

    def objects(self, types: tuple[str, ...]) -> int:
        """Objects of any of the types."""
        if types not in self._objects:
            self._objects[types] = len(self.task.objects_of(types))
        return self._objects[types]


def _estimate(action: ActionSchema, columns: _Columns) -> float:
    types = {p.name: p.types for p in action.parameters}
    declared = columns.task.rules.predicates
    for atom, positive in atoms_of(action.precondition):
        if atom.predicate in declared and positive:
            for argument, kind in zip(atom.arguments, declared[atom.predicate].types, strict=False):
                if isinstance(argument, Variable):
                    types.setdefault(argument.name, kind)
    sizes = {name: float(columns.objects(kind or (ANY_TYPE,))) for name, kind in types.items()}
    # A static atom keeps the share of the combinations of values that it has rows for.
    shares: list[float] = []
    for part in conjuncts(action.precondition):
        if isinstance(part, Atom) and columns.is_static(part.predicate):
            distinct = prod(columns.values(part.predicate, i) for i in range(len(part.arguments)))
            shares.append(columns.rows(part.predicate) / distinct)
            for place, argument in enumerate(part.arguments):
                if isinstance(argument, Variable) and argument.name in sizes:
                    count = float(columns.values(part.predicate, place))
                    sizes[argument.name] = min(sizes[argument.name], count)
        elif isinstance(part, Comparison) and part.operator == "=":
            bound = [s.name for s in (part.left, part.right) if isinstance(s, Variable)]
            shares += [1 / sizes[name] for name in bound[:1] if sizes.get(name)]
    return prod(sizes.values(), start=1.0) * prod(shares, start=1.0)
