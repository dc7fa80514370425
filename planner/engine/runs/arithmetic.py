"""Arithmetic, comparisons and aggregates on columns of codes.

Integers are computed as arrays; where something else occurs (fractions, strings, numbers near
the limit of 64 bits) the column is computed value by value with `planner.engine.values`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.engine.runs.packing import first_of_each
from planner.engine.values import INT64_MAX, combine, compare, fold
from planner.kr.terms import Arithmetic, Constant, Expression, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    import numpy.typing as npt

    from planner.engine.runs.table import Table
    from planner.engine.symbols import SymbolTable
    from planner.interfaces import BoolArray, IntArray

    Integers: TypeAlias = npt.NDArray[np.int64]
    Numbers: TypeAlias = npt.NDArray[np.signedinteger]
    # Integers as an array where all are, else constants one by one, None where undefined.
    Values: TypeAlias = "Integers | list[Constant | None]"

__all__ = ["codes_of", "compare_codes", "compare_columns", "evaluate_expression", "fold_groups"]


_ORDER = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate_expression(expression: Expression, table: Table, symbols: SymbolTable) -> Values:
    """The value of an expression for each binding."""
    match expression:
        case Arithmetic(sign, left, right):
            first = evaluate_expression(left, table, symbols)
            second = evaluate_expression(right, table, symbols)
            return _combine_columns(sign, first, second)
        case Variable(name):
            return _values_of(table.columns[name], symbols)
        case FunctionTerm():
            raise AssertionError("function terms are gone after normalisation")
        case int():
            return np.full(table.count, expression, dtype=np.int64)
        case _:
            return [expression] * table.count


def _values_of(codes: IntArray, symbols: SymbolTable) -> Values:
    values, is_integer = symbols.integers()
    if is_integer[codes].all():
        return values[codes]
    constant = symbols.constant
    return [constant(code) for code in codes.tolist()]


def _combine_columns(sign: str, left: Values, right: Values) -> Values:
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray) and len(left):
        result = _combine_integers(sign, left, right)
        if result is not None:
            return result
    return [combine(sign, a, b) for a, b in zip(_listed(left), _listed(right), strict=True)]


def _combine_integers(sign: str, left: Integers, right: Integers) -> Integers | None:
    """The result where it is certain to be an integer of 64 bits, else ``None``."""
    largest_left = max(abs(int(left.max())), abs(int(left.min())))
    largest_right = max(abs(int(right.max())), abs(int(right.min())))
    match sign:
        case "+" if largest_left + largest_right <= INT64_MAX:
            return left + right
        case "-" if largest_left + largest_right <= INT64_MAX:
            return left - right
        case "*" if largest_left * largest_right <= INT64_MAX:
            return left * right
        case "//" if largest_left <= INT64_MAX and right.all():
            return left // right
        case "mod" if largest_left <= INT64_MAX and right.all():
            return left % right
        case _:
            return None


def _listed(values: Values) -> list[Constant | None]:
    return list(values.tolist()) if isinstance(values, np.ndarray) else values


def codes_of(values: Values, symbols: SymbolTable) -> tuple[IntArray, BoolArray | None]:
    """Intern a column: codes, and where they are defined (``None``: everywhere)."""
    if isinstance(values, np.ndarray):
        ordered = np.sort(values)
        different = ordered[first_of_each(ordered)]
        codes = np.array([symbols.code(v) for v in different.tolist()], dtype=np.int32)
        return codes[np.searchsorted(different, values)], None
    found = [-1 if v is None else symbols.code(v) for v in values]
    column = np.array(found, dtype=np.int32)
    return column, column >= 0


def compare_columns(sign: str, left: Values, right: Values, symbols: SymbolTable) -> BoolArray:
    """Where a comparison holds."""
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray) and sign in _ORDER:
        return _compared(sign, left, right)
    pairs = zip(_listed(left), _listed(right), strict=True)
    return np.array([compare(sign, a, b, symbols) for a, b in pairs], dtype=np.bool_)


def compare_codes(
    sign: str, left: IntArray, right: IntArray, symbols: SymbolTable
) -> BoolArray | None:
    """Where a comparison of variables holds, ``None`` where their values have to be looked at.

    Codes compare as their values do where all constants are integers that were interned in order,
    as those of a table that was read are.
    """
    if sign not in _ORDER or len(symbols) > len(left):
        return None
    values, is_integer = symbols.integers()
    if not is_integer.all():
        return None
    if bool(np.all(values[1:] > values[:-1])):
        return _compared(sign, left, right)
    return _compared(sign, values[left], values[right])


def _compared(sign: str, left: Numbers, right: Numbers) -> BoolArray:
    holds: BoolArray = _ORDER[sign](left, right)
    return holds


def fold_groups(
    function: Literal["count", "sum", "min", "max"],
    group: Integers,
    terms: Sequence[IntArray],
    group_count: int,
    symbols: SymbolTable,
) -> Values:
    """An aggregate for each group, over its distinct tuples of codes."""
    sort_keys: list[npt.NDArray[np.signedinteger]] = [*reversed(terms), group]
    order = np.lexsort(sort_keys)
    group = group[order]
    ordered = [term[order] for term in terms]
    new = first_of_each(group)
    for term in ordered:
        new |= first_of_each(term)
    group = group[new]
    if function == "count":
        return np.bincount(group, minlength=group_count).astype(np.int64)
    first = ordered[0][new]
    values, is_integer = symbols.integers()
    numbers = values[first]
    if is_integer[first].all() and _fits(numbers):
        return _fold_integers(function, group, numbers, group_count)
    tuples: list[dict[tuple[Constant, ...], None]] = [{} for _ in range(group_count)]
    rows = zip(group.tolist(), *(term[new].tolist() for term in ordered), strict=True)
    for number, *codes in rows:
        tuples[number][tuple(map(symbols.constant, codes))] = None
    return [fold(function, found, symbols) for found in tuples]


def _fits(numbers: Integers) -> bool:
    """Whether no sum of these can leave 64 bits."""
    if not len(numbers):
        return True
    largest = max(abs(int(numbers.max())), abs(int(numbers.min())))
    return largest * len(numbers) <= INT64_MAX


def _fold_integers(
    function: Literal["sum", "min", "max"], group: Integers, numbers: Integers, group_count: int
) -> Values:
    present = first_of_each(group)
    starts = np.flatnonzero(present)
    totals = np.zeros(group_count, dtype=np.int64)
    operation = {"sum": np.add, "min": np.minimum, "max": np.maximum}[function]
    if len(starts):
        totals[group[starts]] = operation.reduceat(numbers, starts)
    if function == "sum" or len(starts) == group_count:
        return totals
    has_value = np.zeros(group_count, dtype=np.bool_)
    has_value[group[starts]] = True
    return [t if h else None for t, h in zip(totals.tolist(), has_value.tolist(), strict=True)]
