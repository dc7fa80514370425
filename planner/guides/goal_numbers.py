"""How far the numbers of a state are from a number the goal asks for, one step looked ahead.

For goals such as ``value(?a, 24)`` in tasks whose actions compute. The target is taken back
through one operation with each number of the state, ``24 = 6 * t`` giving 4, and the distance to
the nearest other number counts, as a logarithm. Where every action makes one of two numbers and
the goal leaves one, what can be made of the last three is looked at exactly. The idea of going by
sums and factors of the target is that of Gandhi et al., Stream of Search (2024), appendix on
Countdown; here the operations are those that stand in the effects of the task's own actions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.guides.number_reach import FEW, is_reached
from planner.interfaces import Judgement
from planner.kr.formulas import TRUE, Atom, atoms_of, conjuncts
from planner.kr.terms import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.task import Task
    from planner.kr.terms import Expression

__all__ = ["BoundGoalNumbers", "GoalNumbers", "distance"]

Number: TypeAlias = "int | Fraction"

_OUT_OF_REACH = 16.0
"""Added where the last numbers do not make the target: near misses are worth nothing there."""

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


@dataclass(frozen=True, slots=True)
class _Target:
    """A number asked for in an argument place of a predicate.

    Attributes:
        operations: the arithmetic that actions put into the place.
        clears: whether the goal also speaks against atoms of the predicate, so that each number
            too many has to go.
        combines: whether every action that touches the numbers turns two of them into one.
    """

    predicate: int
    place: int
    number: Number
    operations: tuple[str, ...]
    clears: bool
    combines: bool


class BoundGoalNumbers:
    """`GoalNumbers` bound to a space."""

    reads_steps = False

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._targets = tuple(_targets(space.task))
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
            total += _distance(numbers, target)
        return total

    def _number(self, target: _Target, atom: int) -> float | None:
        """The number that an atom has in the place of a target.

        Floats are a multiple faster than fractions, and an estimate needs no more.
        """
        table = self._space.atoms
        if table.symbol[atom] != target.predicate:
            return None
        value = self._space.constants[table.arguments[atom, target.place]]
        return float(value) if isinstance(value, int | Fraction) else None


def _distance(numbers: list[float], target: _Target) -> float:
    wanted = float(target.number)
    if not target.clears:
        return distance(numbers, wanted, target.operations)
    more = float(max(0, len(numbers) - 1))
    if target.combines and 1 <= len(numbers) <= FEW:
        if is_reached(numbers, wanted, target.operations):
            return more
        more += _OUT_OF_REACH
    return more + distance(numbers, wanted, target.operations)


def distance(numbers: Sequence[float], target: float, operations: Sequence[str]) -> float:
    """Binary logarithm of 1 + the least difference after one operation, or without any.

    >>> distance([6, 4, 90], 24, ["*"])
    0.0
    """
    least = min((abs(target - number) for number in numbers), default=abs(target))
    for place, number in enumerate(numbers):
        for earlier in _taken_back(target, number, operations):
            for other, candidate in enumerate(numbers):
                gap = abs(earlier - candidate)
                if gap < least and other != place:
                    least = gap
    return math.log2(1 + least)


def _taken_back(target: float, number: float, operations: Sequence[str]) -> list[float]:
    """What combines with a number to the target; no fractions are made of whole numbers."""
    found = []
    for operation in operations:
        match operation:
            case "+":
                found.append(target - number)
            case "-":
                found += (target + number, number - target)
            case "*" if number != 0:
                # Of fractions no denominator is asked: their products are often whole.
                if target % number == 0 or not number.is_integer():
                    found.append(target / number)
            case "/":
                found.append(target * number)
                if target != 0 and number % target == 0:
                    found.append(number / target)
            case _:
                continue
    return found


def _targets(task: Task) -> Iterator[_Target]:
    predicates = {name: index for index, name in enumerate(task.rules.predicates)}
    spoken_against = {atom.predicate for atom, positive in atoms_of(task.goal) if not positive}
    for part in conjuncts(task.goal):
        if not isinstance(part, Atom) or part.predicate not in task.rules.fluents:
            continue
        for place, argument in enumerate(part.arguments):
            if isinstance(argument, int | Fraction):
                yield _Target(
                    predicates[part.predicate],
                    place,
                    argument,
                    tuple(dict.fromkeys(_operations(task, part.predicate, place))),
                    part.predicate in spoken_against,
                    _combines(task, part.predicate, place),
                )


def _combines(task: Task, predicate: str, place: int) -> bool:
    """Whether each action that changes atoms of the predicate makes one out of two."""
    for action in task.rules.actions:
        effects = [effect for effect in action.effects if effect.atom.predicate == predicate]
        if not effects:
            continue
        if any(effect.variables or effect.condition != TRUE for effect in effects):
            return False
        made = [effect.atom.arguments[place] for effect in effects if effect.positive]
        if len(made) != 1 or len(effects) != 3 or len(list(_operators(made[0]))) != 1:
            return False
    return True


def _operations(task: Task, predicate: str, place: int) -> Iterator[str]:
    for action in task.rules.actions:
        for effect in action.effects:
            if effect.positive and effect.atom.predicate == predicate:
                yield from _operators(effect.atom.arguments[place])


def _operators(expression: Expression) -> Iterator[str]:
    if isinstance(expression, Arithmetic):
        yield expression.operator
        yield from _operators(expression.left)
        yield from _operators(expression.right)
