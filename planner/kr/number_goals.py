"""The numbers that a goal asks for, and the arithmetic that can make them.

For goals such as ``value(?a, 24)`` in tasks whose actions compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.formulas import TRUE, Atom, atoms_of, conjuncts
from planner.kr.terms import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.task import Task
    from planner.kr.terms import Expression

__all__ = ["Number", "NumberGoal", "number_goals"]

Number: TypeAlias = "int | Fraction"


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
