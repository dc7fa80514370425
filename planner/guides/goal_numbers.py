"""How far the numbers of a state are from a number the goal asks for, one step looked ahead.

For goals such as ``value(?a, 24)`` in tasks whose actions compute. The target is taken back
through one operation with each number of the state, ``24 = 6 * t`` giving 4, and the distance to
the nearest other number counts, as a logarithm. Where every action makes one of two numbers and
the goal leaves one, what can be made of the last three is looked at exactly. The idea of going by
sums and factors of the target is that of Gandhi et al., Stream of Search (2024), appendix on
Countdown; here the operations are those that stand in the effects of the task's own actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.interfaces import Judgement
from planner.kr.number_goals import distance, goal_distance, number_goals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.number_goals import NumberGoal

__all__ = ["BoundGoalNumbers", "GoalNumbers", "distance"]

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

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._targets = tuple(number_goals(space.task))
        # By target and atom the number that stands there; a searching guide meets atoms often.
        self._numbers: tuple[dict[int, float | None], ...] = tuple({} for _ in self._targets)
        self._kept: dict[int, float] = {}

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=self._value(state)) for state in states]

    def _value(self, state: int) -> float:
        known = self._kept.get(state)
        if known is None:
            if len(self._kept) >= _REMEMBERED:
                self._kept.clear()
            known = self._kept[state] = self._estimate(state)
        return known

    def _estimate(self, state: int) -> float:
        if self._space.is_goal(state):
            return 0.0
        atoms = self._space.true_atoms(state).tolist()
        total = 0.0
        for target, known in zip(self._targets, self._numbers, strict=True):
            for atom in atoms:
                if atom not in known:
                    known[atom] = self._number(target, atom)
            numbers = [number for atom in atoms if (number := known[atom]) is not None]
            total += goal_distance(numbers, target)
        return total

    def _number(self, target: NumberGoal, atom: int) -> float | None:
        """The number that an atom has in the place of a target.

        Floats are a multiple faster than fractions, and an estimate needs no more.
        """
        table = self._space.atoms
        if table.symbol[atom] != target.predicate:
            return None
        value = self._space.constants[table.arguments[atom, target.place]]
        return float(value) if isinstance(value, int | Fraction) else None
