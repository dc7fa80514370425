"""Whether two or three numbers make a target, each used once: looked at exactly, in floats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FEW", "is_reached"]

FEW = 3
"""How many numbers there may be: three take a hundred comparisons, four would take thousands."""

_TOLERANCE = 1e-9
"""Share of the target by which rounding may miss it."""


def is_reached(numbers: Sequence[float], target: float, operations: Sequence[str]) -> bool:
    """Whether the target is what operations make of all the numbers, of which there are `FEW`.

    >>> is_reached([8.0, 3.0, 8 / 3], 24.0, "+-*/")
    True
    >>> is_reached([3.0, 8 / 3], 24.0, "+-*/")
    False
    """
    margin = _TOLERANCE * max(1.0, abs(target))
    if len(numbers) == 1:
        return abs(numbers[0] - target) <= margin
    if len(numbers) == 2:
        return _is_near(_made(numbers[0], numbers[1], operations), target, margin)
    for place, single in enumerate(numbers):
        first, second = (other for at, other in enumerate(numbers) if at != place)
        results = _made(first, second, operations)
        for wanted in _wanted(single, target, operations):
            if _is_near(results, wanted, margin):
                return True
    return False


def _is_near(numbers: list[float], wanted: float, margin: float) -> bool:
    low, high = wanted - margin, wanted + margin
    return any(low <= number <= high for number in numbers)


def _made(first: float, second: float, operations: Sequence[str]) -> list[float]:
    """What one operation makes of two numbers, either way round."""
    found = []
    if "+" in operations:
        found.append(first + second)
    if "-" in operations:
        found += (first - second, second - first)
    if "*" in operations:
        found.append(first * second)
    if "/" in operations:
        if second:
            found.append(first / second)
        if first:
            found.append(second / first)
    return found


def _wanted(single: float, target: float, operations: Sequence[str]) -> list[float]:
    """What makes the target together with a number, in either place of one operation."""
    found = []
    if "+" in operations:
        found.append(target - single)
    if "-" in operations:
        found += (target + single, single - target)
    if "*" in operations and single:
        found.append(target / single)
    if "/" in operations:
        found.append(target * single)
        if target and single:
            found.append(single / target)
    return found
