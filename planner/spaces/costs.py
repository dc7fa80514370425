"""Costs of operators: exact, looked up for whole tables, scaled to integers."""

from __future__ import annotations

from fractions import Fraction
from math import floor, lcm
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.errors import InputError, UnsupportedError
from planner.kr.terms import Arithmetic, FunctionTerm, Text, Variable, show_constant
from planner.spaces.rows import RowIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.kr.terms import Constant, Expression
    from planner.spaces.literals import Rows, Symbols

    Values: TypeAlias = "tuple[IntArray, list[Fraction | None]]"

__all__ = ["CostReader", "scaled"]

_INT64_MAX = 2**63 - 1


class CostReader:
    """Works out cost expressions for tables of bindings.

    Costs of a table are given as an index into a short list of distinct values, in which ``None``
    says that the cost is undefined.
    """

    def __init__(
        self, model: Rows, symbols: Symbols, constants: Sequence[Constant], dynamic: frozenset[str]
    ) -> None:
        self._model = model
        self._symbols = symbols
        self._constants = constants
        self._dynamic = dynamic
        self._functions: dict[str, tuple[RowIndex, IntArray]] = {}

    def values(self, expression: Expression, columns: Mapping[str, IntArray], count: int) -> Values:
        """For each row the index of its cost, and the costs.

        Raises:
            UnsupportedError: for a function whose values actions change.
            InputError: for a function with two values for the same arguments.
        """
        match expression:
            case Arithmetic(operator, left, right):
                return self._combined(operator, left, right, columns, count)
            case FunctionTerm(predicate, arguments):
                codes = self._looked_up(predicate, arguments, columns, count)
                return self._numbers(codes)
            case Variable(name):
                return self._numbers(columns[name])
            case _:
                return np.zeros(count, dtype=np.int32), [_number(expression)]

    def _combined(
        self,
        operator: str,
        left: Expression,
        right: Expression,
        columns: Mapping[str, IntArray],
        count: int,
    ) -> Values:
        first, first_values = self.values(left, columns, count)
        second, second_values = self.values(right, columns, count)
        pairs = first.astype(np.int64) * len(second_values) + second
        distinct, place = np.unique(pairs, return_inverse=True)
        results = [
            _apply(
                operator,
                first_values[p // len(second_values)],
                second_values[p % len(second_values)],
            )
            for p in distinct.tolist()
        ]
        return place.astype(np.int32), results or [None]

    def _numbers(self, codes: IntArray) -> Values:
        """Codes of constants as values; -1 is undefined."""
        used = np.zeros(len(self._constants) + 1, dtype=np.bool_)
        used[codes] = True
        position = np.cumsum(used, dtype=np.int32) - np.int32(1)
        values: list[Fraction | None] = [
            None if code == len(self._constants) else _number(self._constants[code])
            for code in np.flatnonzero(used).tolist()
        ]
        return position[codes], values or [None]

    def _looked_up(
        self,
        predicate: str,
        arguments: tuple[Expression, ...],
        columns: Mapping[str, IntArray],
        count: int,
    ) -> IntArray:
        if predicate in self._dynamic:
            raise UnsupportedError(f"a cost reads `{predicate}`, which actions change")
        if predicate not in self._functions:
            rows = self._model.rows(predicate)
            if not len(rows):
                return np.full(count, -1, dtype=np.int32)
            keys = rows[:, :-1]
            if len(rows) > 1 and bool(np.all(keys[1:] == keys[:-1], axis=1).any()):
                raise InputError(f"`{predicate}` has two values for the same arguments")
            index = RowIndex(np.ascontiguousarray(keys))
            self._functions[predicate] = index, np.ascontiguousarray(rows[:, -1:])[:, 0]
        index, values = self._functions[predicate]
        places = index.find([self._argument(a, columns) for a in arguments], count)
        return np.where(places >= 0, values[places], np.int32(-1))

    def _argument(self, term: Expression, columns: Mapping[str, IntArray]) -> IntArray | int:
        if isinstance(term, Variable):
            return columns[term.name]
        code = self._symbols.find(term)  # type: ignore[arg-type]  # arguments are terms
        return -1 if code is None else code


def scaled(
    tables: Sequence[Values], names: Sequence[str]
) -> tuple[list[npt.NDArray[np.int64]], int]:
    """The costs of several tables as integers, and how many of them make one unit.

    Undefined costs become -1. ``names`` are those of the actions, for messages.

    Raises:
        InputError: for a negative cost, or one that does not fit into 64 bits.
    """
    scale = lcm(*(v.denominator for _, values in tables for v in values if v is not None))
    result = []
    for (index, values), name in zip(tables, names, strict=True):
        used = np.zeros(len(values), dtype=np.bool_)
        used[index] = True
        for position in np.flatnonzero(used).tolist():
            value = values[position]
            if value is not None and value < 0:
                raise InputError(f"`{name}` has the negative cost {show_constant(value)}")
            if value is not None and value * scale > _INT64_MAX:
                raise InputError(f"the cost {show_constant(value)} of `{name}` is too large")
        numbers = [
            -1 if v is None or not u else int(v * scale) for v, u in zip(values, used, strict=True)
        ]
        result.append(np.array(numbers, dtype=np.int64)[index])
    return result, scale


def _number(constant: object) -> Fraction | None:
    if isinstance(constant, int | Fraction):
        return Fraction(constant)
    assert isinstance(constant, str | Text)
    return None


_OPERATIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: Fraction(floor(a / b)),
    "mod": lambda a, b: a - b * floor(a / b),
}


def _apply(operator: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None or (right == 0 and operator in ("/", "//", "mod")):
        return None
    return _OPERATIONS[operator](left, right)
