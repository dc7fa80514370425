"""Values of expressions and comparisons between them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, assert_never

from planner.kr.terms import Arithmetic, Constant, Expression, FunctionTerm, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["as_number", "compare", "evaluate"]

_Number = int | Fraction


def as_number(value: Constant | None) -> _Number | None:
    """The value when it is a number; whole numbers come back as `int`."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else value
    return value if isinstance(value, int) else None


def evaluate(
    expression: Expression,
    binding: Mapping[str, Constant],
    function: Callable[[FunctionTerm, Mapping[str, Constant]], Constant | None] | None = None,
) -> Constant | None:
    """The value of an expression, or ``None`` where it has none.

    It has none with an unbound variable, arithmetic on what is no number, division by zero, or a
    function without a value there.
    """
    match expression:
        case Variable(name):
            return binding.get(name)
        case Arithmetic(operator, left, right):
            first = as_number(evaluate(left, binding, function))
            second = as_number(evaluate(right, binding, function))
            if first is None or second is None:
                return None
            return _calculate(operator, first, second)
        case FunctionTerm():
            return None if function is None else function(expression, binding)
        case _:
            return expression


def _calculate(
    operator: Literal["+", "-", "*", "/", "//", "mod"], first: _Number, second: _Number
) -> _Number | None:
    match operator:
        case "+":
            return as_number(first + second)
        case "-":
            return as_number(first - second)
        case "*":
            return as_number(first * second)
        case "/":
            return as_number(Fraction(first) / second) if second else None
        case "//":
            return as_number(first // second) if second else None
        case "mod":
            return as_number(first % second) if second else None
        case _:
            assert_never(operator)


def compare(operator: str, left: Constant, right: Constant, order: Mapping[str, int]) -> bool:
    """Whether a comparison holds; between values that do not compare it does not.

    ``order`` gives the place of each object in the order of declaration, for ``before``.
    """
    if operator == "=":
        return left == right
    if operator == "!=":
        return left != right
    if operator == "before":
        if isinstance(left, str) and isinstance(right, str):
            return order.get(left, -1) < order.get(right, -1)
        return False
    if isinstance(left, Text) and isinstance(right, Text):
        return _in_order(operator, (left.value > right.value) - (left.value < right.value))
    first, second = as_number(left), as_number(right)
    if first is None or second is None:
        return False
    return _in_order(operator, (first > second) - (first < second))


def _in_order(operator: str, sign: int) -> bool:
    match operator:
        case "<":
            return sign < 0
        case "<=":
            return sign <= 0
        case ">":
            return sign > 0
        case _:
            return sign >= 0
