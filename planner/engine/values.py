"""What arithmetic, comparisons and aggregates mean on single constants.

An expression that has no value (arithmetic on something that is no number, division by zero)
makes the literal it stands in false, as in clingo.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from planner.errors import InputError
from planner.kr.terms import Constant, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from planner.engine.symbols import SymbolTable

__all__ = ["INT64_MAX", "INT64_MIN", "combine", "compare", "fold"]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_ORDER: dict[str, Callable[[Fraction | int | str, Fraction | int | str], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def combine(sign: str, left: Constant | None, right: Constant | None) -> Constant | None:
    """Arithmetic on two constants; ``None`` when the result is undefined.

    Raises:
        InputError: when an integer leaves the 64-bit range.
    """
    if not isinstance(left, int | Fraction) or not isinstance(right, int | Fraction):
        return None
    result: int | Fraction
    match sign:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case _ if right == 0:
            return None
        case "/":
            result = Fraction(left) / Fraction(right)
        case "//":
            result = left // right
        case "mod":
            result = left % right
        case _:
            raise AssertionError(sign)
    if isinstance(result, Fraction) and result.denominator == 1:
        result = result.numerator
    if isinstance(result, int) and not INT64_MIN <= result <= INT64_MAX:
        raise InputError(f"{left} {sign} {right} does not fit into 64 bits")
    return result


def compare(sign: str, left: Constant | None, right: Constant | None, symbols: SymbolTable) -> bool:
    """Whether a comparison holds; values of different kinds are unequal and unordered."""
    if left is None or right is None:
        return False
    if sign == "=":
        return left == right
    if sign == "!=":
        return left != right
    if sign == "before":
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        return symbols.code(left) < symbols.code(right)
    if isinstance(left, Text) and isinstance(right, Text):
        return _ORDER[sign](left.value, right.value)
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        return _ORDER[sign](left, right)
    return False


def fold(
    function: Literal["count", "sum", "min", "max"],
    tuples: Collection[tuple[Constant, ...]],
    symbols: SymbolTable,
) -> Constant | None:
    """The value of an aggregate over distinct tuples, ``None`` for the extremum of nothing.

    ``sum`` passes over what is no number. Extrema order numbers before strings before objects.

    Raises:
        InputError: when a sum leaves the 64-bit range.
    """
    if function == "count":
        return len(tuples)
    first = [row[0] for row in tuples]
    if function == "sum":
        total = sum((v for v in first if isinstance(v, int | Fraction)), start=Fraction(0))
        if total.denominator != 1:
            return total
        if not INT64_MIN <= total <= INT64_MAX:
            raise InputError(f"a sum does not fit into 64 bits: {total}")
        return total.numerator
    if not first:
        return None

    def rank(value: Constant) -> tuple[int, Fraction | int | str]:
        if isinstance(value, int | Fraction):
            return (0, value)
        return (1, value.value) if isinstance(value, Text) else (2, symbols.code(value))

    return min(first, key=rank) if function == "min" else max(first, key=rank)
