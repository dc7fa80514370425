"""How far the numbers of a state are from a number the goal asks for, one step looked ahead.

For goals such as ``value(?a, 24)`` in tasks whose actions compute. The target is taken back
through one operation with each number of the state, ``24 = 6 * t`` giving 4, and the distance to
the nearest other number counts, as a logarithm. Where every action makes one of two numbers and
the goal leaves one, what can be made of the last few is looked at exactly. The idea of going by
sums and factors of the target is that of Gandhi et al., Stream of Search (2024), appendix on
Countdown; here the operations are those that stand in the effects of the task's own actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.number_columns import NumberColumns, padded
from planner.engine.number_distance import goal_distances
from planner.interfaces import ForesightSpace, Judgement
from planner.kr.number_goals import number_goals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray, IntArray, StepSpace

__all__ = ["BoundGoalNumbers", "GoalNumbers"]

_REMEMBERED = 200_000
"""States whose estimates are kept: a state is judged as a successor and again as itself."""


@dataclass(frozen=True, slots=True)
class GoalNumbers:
    """Distance to the numbers that the goal names; 0 where it names none."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "goal_numbers"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost."""
        return False

    def bind(self, space: StepSpace) -> BoundGoalNumbers:
        """Find the numbers in the goal and the operations in the effects."""
        return BoundGoalNumbers(space)


class BoundGoalNumbers:
    """`GoalNumbers` bound to a space."""

    reads_steps = False
    values_only = True
    finds_dead_ends = False

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._foresight = space if isinstance(space, ForesightSpace) else None
        self._goals = tuple(number_goals(space.task))
        self._columns = NumberColumns(space)
        self._kept: dict[int, float] = {}

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        new = [state for state in dict.fromkeys(states) if state not in self._kept]
        if len(self._kept) + len(new) >= _REMEMBERED:
            self._kept.clear()
            new = list(dict.fromkeys(states))
        self._kept.update(zip(new, self._estimates(new), strict=True))
        return [Judgement(value=self._kept[state]) for state in states]

    def values_after(self, state: int, steps: IntArray) -> FloatArray | None:
        """What `judge` says of the successors, found without making them."""
        if self._foresight is None:
            return None
        space, changes = self._space, self._foresight.foresee(state, steps)
        total = np.zeros(len(steps))
        may_be_goal = np.ones(len(steps), dtype=np.bool_)
        for goal in self._goals:
            here = self._columns.of_atoms(goal, changes.atoms)
            numbers = np.where(changes.kept, here, np.nan)
            numbers = np.concatenate([numbers, self._columns.made(goal, changes)], axis=1)
            total += goal_distances(numbers, goal, from_here=here[~np.isnan(here)])
            may_be_goal &= (numbers == float(goal.number)).any(axis=1)
        for place in np.flatnonzero(may_be_goal).tolist():
            if space.is_goal(space.successor(state, int(steps[place]))):
                total[place] = 0.0
        return total

    def _estimates(self, states: Sequence[int]) -> list[float]:
        atoms = [self._space.true_atoms(state) for state in states]
        row = np.repeat(np.arange(len(states), dtype=np.int32), [len(one) for one in atoms])
        every = np.concatenate([np.zeros(0, dtype=np.int32), *atoms])
        total = np.zeros(len(states))
        for goal in self._goals:
            values = self._columns.of_atoms(goal, every)
            there = ~np.isnan(values)
            total += goal_distances(padded(row[there], values[there], len(states)), goal)
        return [
            0.0 if self._space.is_goal(state) else value
            for state, value in zip(states, total.tolist(), strict=True)
        ]
