"""What a step does to the numbers of a state, seen from a number that the goal asks for.

Sizes are logarithms, so that numbers of any magnitude look alike; whether one divides another,
shares a factor with it or has its parity is what a size cannot tell. Nothing depends on names or on
how many numbers there are.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.kr.number_goals import distance, number_goals, taken_back
from planner.kr.number_reach import FEW, is_reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.number_goals import NumberGoal

__all__ = ["FEATURES", "NumberReader"]

_LARGEST = 1e15
"""Floats beyond are no longer whole numbers, and divide by nothing."""

_OCTAVES = 8.0
_COUNTED = 6  # numbers left, told apart up to here
_OF_ONE, _OF_REST = 9, 9

FEATURES = 3 * _OF_ONE + _COUNTED + _OF_REST
"""Numbers that describe a step, its schema left out."""


class NumberReader:
    """Describes the legal steps of the states of one space by the numbers they take and make.

    Attributes:
        goals: the numbers that the goal asks for; without any there is nothing to describe.
    """

    def __init__(self, space: StepSpace) -> None:
        self.goals = tuple(number_goals(space.task))
        self._space = space
        # By goal and atom the number that stands there, in floats.
        self._known: tuple[dict[int, float | None], ...] = tuple({} for _ in self.goals)
        # What is said of a number stays the same, and a search meets the same ones often.
        self._described: dict[tuple[float, float], tuple[float, ...]] = {}

    def read(self, state: int, steps: IntArray) -> npt.NDArray[np.float32]:
        """Shape (steps, `FEATURES`), the mean over the goal's numbers."""
        space = self._space
        reached = [space.true_atoms(space.successor(state, s)).tolist() for s in steps.tolist()]
        here = space.true_atoms(state).tolist()
        total = np.zeros((len(reached), FEATURES), dtype=np.float32)
        for goal, known in zip(self.goals, self._known, strict=True):
            before = self._numbers(goal, known, here)
            away = distance(before, float(goal.number), goal.operations)
            for row, atoms in enumerate(reached):
                after = self._numbers(goal, known, atoms)
                total[row] += self._of_step(goal, before, after, away)
        return total / np.float32(max(1, len(self.goals)))

    def _numbers(
        self, goal: NumberGoal, known: dict[int, float | None], atoms: Sequence[int]
    ) -> list[float]:
        for atom in atoms:
            if atom not in known:
                known[atom] = self._number(goal, atom)
        return [number for atom in atoms if (number := known[atom]) is not None]

    def _number(self, goal: NumberGoal, atom: int) -> float | None:
        table = self._space.atoms
        if table.symbol[atom] != goal.predicate:
            return None
        value = self._space.constants[table.arguments[atom, goal.place]]
        if not isinstance(value, int | Fraction):
            return None
        return float(max(min(value, int(_LARGEST)), -int(_LARGEST)))

    def _of_step(
        self, goal: NumberGoal, before: list[float], after: list[float], away: float
    ) -> list[float]:
        wanted = float(goal.number)
        gone, come = Counter(before), Counter(after)
        taken = sorted((gone - come).elements(), key=abs, reverse=True)[:2]
        made = list((come - gone).elements())[:1]
        rest = list((come & gone).elements())
        row: list[float] = []
        for number in (*taken, *_absent(2 - len(taken)), *made, *_absent(1 - len(made))):
            row += self._of_number(number, wanted)
        row += [float(len(after) == count) for count in range(1, _COUNTED + 1)]
        return row + _of_rest(goal, made, rest, after, away)

    def _of_number(self, number: float | None, wanted: float) -> tuple[float, ...]:
        if number is None:
            return (0.0,) * _OF_ONE
        found = self._described.get((number, wanted))
        if found is None:
            found = self._described[number, wanted] = _describe(number, wanted)
        return found


def _absent(count: int) -> list[None]:
    return [None] * count


def _describe(number: float, wanted: float) -> tuple[float, ...]:
    whole = number.is_integer() and abs(number) < _LARGEST
    divides = whole and number != 0 and wanted % number == 0
    both = whole and wanted.is_integer()
    common = math.gcd(int(number), int(wanted)) if both else 0
    return (
        1.0,
        _size(number),
        float(number < 0),
        float(not number.is_integer()),
        _size(wanted - number),
        float(divides),
        _size(common),
        float(abs(number) == 1) - float(number == 0),
        float(both and int(number - wanted) % 2 == 0),
    )


def _of_rest(
    goal: NumberGoal, made: list[float], rest: list[float], after: list[float], away: float
) -> list[float]:
    """How the numbers that are left stand to the one just made, and all of them to the goal's."""
    wanted = float(goal.number)
    now = distance(after, wanted, goal.operations)
    few = goal.combines and goal.clears and 1 <= len(after) <= FEW
    partners = [t for number in made for t in taken_back(wanted, number, goal.operations)]
    gap = min((abs(t - other) for t in partners for other in rest), default=_LARGEST)
    return [
        now / _OCTAVES,
        (now - away) / _OCTAVES,
        float(few and is_reached(after, wanted, goal.operations)),
        float(few),
        _size(gap),
        _size(min((abs(number - wanted) for number in after), default=wanted)),
        _size(min((abs(other - number) for number in made for other in rest), default=_LARGEST)),
        _size(sum(map(abs, after))) - _size(wanted),
        sum(1.0 for other in rest if other and wanted % other == 0) / _OCTAVES,
    ]


def _size(number: float) -> float:
    return math.log2(1 + min(abs(number), _LARGEST)) / _OCTAVES
