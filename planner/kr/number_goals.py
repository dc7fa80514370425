"""The numbers that a goal asks for, the arithmetic that can make them, and how far they are.

For goals such as ``value(?a, 24)`` in tasks whose actions compute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import TRUE, Atom, atoms_of, conjuncts
from planner.kr.number_reach import FEW, is_reached
from planner.kr.terms import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.task import Task
    from planner.kr.terms import Expression

__all__ = ["Number", "NumberGoal", "distance", "goal_distance", "number_goals", "taken_back"]

Number: TypeAlias = "int | Fraction"

_OUT_OF_REACH = 16.0
"""Added where the last numbers do not make the target: near misses are worth nothing there."""


@dataclass(frozen=True, slots=True)
class NumberGoal:
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


def goal_distance(numbers: list[float], target: NumberGoal) -> float:
    """How far numbers are from what a goal asks, numbers too many counted; 0 where it is met."""
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
        for earlier in taken_back(target, number, operations):
            for other, candidate in enumerate(numbers):
                gap = abs(earlier - candidate)
                if gap < least and other != place:
                    least = gap
    return math.log2(1 + least)


def taken_back(target: float, number: float, operations: Sequence[str]) -> list[float]:
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


def number_goals(task: Task) -> Iterator[NumberGoal]:
    """The numbers that the conjuncts of a goal ask for, in order."""
    predicates = {name: index for index, name in enumerate(task.rules.predicates)}
    spoken_against = {atom.predicate for atom, positive in atoms_of(task.goal) if not positive}
    for part in conjuncts(task.goal):
        if not isinstance(part, Atom) or part.predicate not in task.rules.fluents:
            continue
        for place, argument in enumerate(part.arguments):
            if isinstance(argument, int | Fraction):
                yield NumberGoal(
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
