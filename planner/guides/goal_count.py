"""Count the conditions of the goal that do not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from planner.guides.relaxed_task import GOAL_COUNT
from planner.interfaces import Judgement
from planner.kr.formulas import Atom, Not, conjuncts
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import BoundGuide, IntArray, StepSpace
    from planner.kr.terms import Constant

__all__ = ["BoundGoalCount", "GoalCount"]


@dataclass(frozen=True, slots=True)
class GoalCount:
    """The number of conditions of the goal's top-level conjunction that do not hold."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "goal_count"

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return GOAL_COUNT

    @property
    def costs(self) -> str:
        """The unit of its estimates: goals count one each."""
        return "unit"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost: a step may reach several goals."""
        return False

    def bind(self, space: StepSpace) -> BoundGuide:
        """Find the conditions of the goal."""
        if isinstance(space, GroundSpace) and space.ground_task.goal is not None:
            return _BoundToRows(space, space.ground_task.goal)
        return BoundGoalCount(space)


class _BoundToRows:
    """Counts atoms of a ground task, complements and auxiliary ones included."""

    reads_steps = False
    values_only = True
    finds_dead_ends = False

    def __init__(self, space: GroundSpace, goal: IntArray) -> None:
        self._space = space
        self._words = goal >> 6
        self._bits = (goal & 63).astype(np.int64)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=float(self._open(state))) for state in states]

    def _open(self, state: int) -> int:
        held = (self._space.row(state)[self._words] >> self._bits) & 1
        return len(held) - int(held.sum())


class BoundGoalCount:
    """Counts ground literals of the task's goal in any space; what else the goal asks counts as
    one more condition until the goal holds."""

    reads_steps = False
    values_only = True
    finds_dead_ends = False

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        predicates = {name: i for i, name in enumerate(space.task.rules.predicates)}
        objects: dict[Constant, int] = {constant: i for i, constant in enumerate(space.constants)}
        positive: list[tuple[int, ...]] = []
        negative: list[tuple[int, ...]] = []
        self._other = 0
        for part in conjuncts(space.task.goal):
            atom = part.body if isinstance(part, Not) else part
            key = _key(atom, predicates, objects) if isinstance(atom, Atom) else None
            if key is None:
                self._other = 1
            else:
                (negative if isinstance(part, Not) else positive).append(key)
        self._negative = frozenset(negative)
        static = set(_keys(space.static.symbol, space.static.arguments))
        self._positive = frozenset(key for key in positive if key not in static)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=float(self._open(state))) for state in states]

    def _open(self, state: int) -> int:
        if self._space.is_goal(state):
            return 0
        if not self._positive and not self._negative:
            return self._other
        atoms, table = self._space.true_atoms(state), self._space.atoms
        true = set(_keys(table.symbol[atoms], table.arguments[atoms]))
        return len(self._positive - true) + len(self._negative & true) + self._other


def _key(
    atom: Atom, predicates: Mapping[str, int], objects: Mapping[Constant, int]
) -> tuple[int, ...] | None:
    """Predicate and arguments as the space's tables number them; ``None`` with variables."""
    arguments = [objects.get(cast("Constant", argument), -1) for argument in atom.arguments]
    if atom.predicate not in predicates or -1 in arguments:
        return None
    return (predicates[atom.predicate], *arguments)


def _keys(symbol: IntArray, arguments: IntArray) -> list[tuple[int, ...]]:
    return [
        (int(s), *(int(a) for a in row if a >= 0))
        for s, row in zip(symbol.tolist(), arguments.tolist(), strict=True)
    ]
