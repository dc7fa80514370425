"""How far numbers are from a number that a goal asks for, for many rows of numbers at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.number_reach import FEW, are_reached, few_are_reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray
    from planner.kr.number_goals import NumberGoal

__all__ = ["distances", "goal_distances", "taken_back"]

_OUT_OF_REACH = 64.0
"""Added where the last numbers do not make the target: more than the distance of any two numbers
of 64 bits, so that what is not known comes before what is known to fail."""


def goal_distances(
    numbers: FloatArray, goal: NumberGoal, *, from_here: FloatArray | None = None
) -> FloatArray:
    """How far rows of numbers are from what a goal asks, numbers too many counted.

    Where the goal leaves one number and every step makes one of two, the last `FEW` are looked at
    exactly. Those that cannot make the target are all alike: near misses are worth nothing.

    Args:
        numbers: shape (rows, n), not-a-number where a row has fewer.
        goal: what is asked for; 0 where it is met.
        from_here: the numbers that every row is made of by one step, if there are such.
    """
    wanted = float(goal.number)
    if not goal.clears:
        return distances(numbers, wanted, goal.operations)
    counts = (~np.isnan(numbers)).sum(axis=1)
    found: FloatArray = np.maximum(counts - 1, 0).astype(np.float64)
    many = counts > FEW if goal.combines else np.ones(len(counts), dtype=np.bool_)
    many |= counts == 0
    if many.any():
        found[many] += distances(numbers[many], wanted, goal.operations)
    if many.all():
        return found
    found[~many] += _OUT_OF_REACH
    # What the numbers before the step cannot make, no step can help to.
    if from_here is None or _may_reach(from_here, goal):
        found[few_are_reached(numbers, wanted, goal.operations)] -= _OUT_OF_REACH
    return found


def _may_reach(numbers: FloatArray, goal: NumberGoal) -> bool:
    """Whether numbers make the target; True where that is not looked at."""
    if not 1 <= len(numbers) <= FEW:
        return True
    return bool(are_reached(numbers[None, :], float(goal.number), goal.operations)[0])


def distances(numbers: FloatArray, target: float, operations: Sequence[str]) -> FloatArray:
    """Binary logarithm of 1 + the least difference after one operation, or without any.

    Args:
        numbers: shape (rows, n), not-a-number where a row has fewer.
        target: the number asked for.
        operations: the arithmetic that steps can do.

    >>> import numpy as np
    >>> distances(np.array([[6.0, 4.0, 90.0]]), 24.0, "*").tolist()
    [0.0]
    """
    least = np.fmin.reduce(np.abs(target - numbers), axis=1, initial=np.inf)
    least[np.isinf(least) | np.isnan(least)] = abs(target)
    itself = np.eye(numbers.shape[1], dtype=np.bool_)
    for earlier in taken_back(target, numbers, operations):
        gaps = np.abs(earlier[:, :, None] - numbers[:, None, :])
        gaps[:, itself] = np.nan
        np.fmin(least, np.fmin.reduce(gaps, axis=(1, 2), initial=np.inf), out=least)
    return np.array([math.log2(1 + gap) for gap in least.tolist()])


def taken_back(target: float, numbers: FloatArray, operations: Sequence[str]) -> list[FloatArray]:
    """What combines with each number to the target, not-a-number where nothing does.

    No fractions are made of whole numbers.
    """
    found = []
    with np.errstate(all="ignore"):
        for operation in operations:
            match operation:
                case "+":
                    found.append(target - numbers)
                case "-":
                    found += [target + numbers, numbers - target]
                case "*":
                    # Of fractions no denominator is asked: their products are often whole.
                    usable = (np.mod(target, numbers) == 0) | (np.floor(numbers) != numbers)
                    usable &= numbers != 0
                    found.append(np.where(usable, target / numbers, np.nan))
                case "/":
                    found.append(target * numbers)
                    if target != 0:
                        usable = np.mod(numbers, target) == 0
                        found.append(np.where(usable, numbers / target, np.nan))
                case _:
                    continue
    return found
