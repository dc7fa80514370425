"""How far the numbers of a state are from a number the goal asks for, one step looked ahead.

For goals such as ``value(?a, 24)`` in tasks whose actions compute. The target is taken back
through one operation with each number of the state, ``24 = 6 * t`` giving 4, and the distance to
the nearest other number counts, as a logarithm. The idea of going by sums and factors of the
target is that of Gandhi et al., Stream of Search (2024), appendix on Countdown; here the
operations are those that stand in the effects of the task's own actions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.interfaces import Judgement
from planner.kr.formulas import Atom, atoms_of, conjuncts
from planner.kr.terms import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.interfaces import IntArray, StepSpace
    from planner.kr.task import Task
    from planner.kr.terms import Expression

__all__ = ["BoundGoalNumbers", "GoalNumbers", "distance"]

Number: TypeAlias = "int | Fraction"

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
    """

    predicate: int
    place: int
    number: Number
    operations: tuple[str, ...]
    clears: bool


class BoundGoalNumbers:
    """`GoalNumbers` bound to a space."""

    reads_steps = False

    def __init__(self, space: StepSpace) -> None:
        self._space = space
        self._targets = tuple(_targets(space.task))
        # By target and atom the number that stands there; a searching guide meets atoms often.
        self._numbers: tuple[dict[int, Number | None], ...] = tuple({} for _ in self._targets)
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
            total += distance(numbers, target.number, target.operations)
            total += max(0, len(numbers) - 1) if target.clears else 0
        return total

    def _number(self, target: _Target, atom: int) -> Number | None:
        """The number that an atom has in the place of a target."""
        table = self._space.atoms
        if table.symbol[atom] != target.predicate:
            return None
        value = self._space.constants[table.arguments[atom, target.place]]
        return value if isinstance(value, int | Fraction) else None


def distance(numbers: Sequence[Number], target: Number, operations: Sequence[str]) -> float:
    """Binary logarithm of 1 + the least difference after one operation, or without any.

    >>> distance([6, 4, 90], 24, ["*"])
    0.0
    """
    least: Number = min((_gap(target, number) for number in numbers), default=_gap(target, 0))
    for place, number in enumerate(numbers):
        for earlier in _taken_back(target, number, operations):
            for other, candidate in enumerate(numbers):
                if other != place:
                    gap = _gap(earlier, candidate)
                    if gap < least:
                        least = gap
    return math.log2(1 + float(least))


def _gap(one: Number, other: Number) -> Number:
    return one - other if one > other else other - one


def _taken_back(target: Number, number: Number, operations: Sequence[str]) -> Iterator[Number]:
    """What combines with a number to the target; no fractions are made of whole numbers."""
    for operation in operations:
        match operation:
            case "+":
                yield target - number
            case "-":
                yield target + number
                yield number - target
            case "*" if number != 0:
                # Of fractions no denominator is asked: their products are often whole.
                if not isinstance(number, int):
                    yield Fraction(target) / number
                elif target % number == 0:
                    yield target // number
            case "/":
                yield target * number
                if target != 0 and number % target == 0:
                    yield number // target
            case _:
                continue


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
                )


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
