"""Facts from columns, and results as columns.

A column is a NumPy array, a list, or a column of a file (`planner.engine.delimited`); data frames,
graphs and files are read by `planner.tables`. Texts become objects, whole numbers integers, other
numbers exact fractions. Each different value is looked at once; the rows stay arrays.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from planner.engine.delimited import Encoded
from planner.errors import InputError
from planner.kr.terms import Text

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    from planner.engine.facts import Facts
    from planner.engine.symbols import SymbolTable
    from planner.interfaces import IntArray
    from planner.kr.terms import Constant

    Column: TypeAlias = "Sequence[object] | npt.NDArray[np.generic] | Encoded"

__all__ = ["Encoded", "add_columns", "decoded"]


def add_columns(
    facts: Facts, predicate: str, columns: Sequence[Column], texts: Collection[int] = ()
) -> IntArray:
    """Add a fact for each row of a table given by columns of one length; returns their codes.

    Args:
        facts: what they are added to.
        predicate: theirs.
        columns: their arguments.
        texts: the columns whose texts are strings and no objects.

    Raises:
        InputError: for columns of different lengths, or values that are no constants.
    """
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError(f"the columns of `{predicate}` have different lengths: {sorted(lengths)}")
    count = lengths.pop() if lengths else 0
    integers = [found for column in columns if (found := _as_integers(column)) is not None]
    if columns and len(integers) == len(columns):
        # Together they are interned once, and their codes compare as they do.
        together = facts.symbols.integer_codes(np.concatenate(integers))
        rows = np.ascontiguousarray(together.reshape(len(columns), count).T)
    else:
        rows = np.empty((count, len(columns)), dtype=np.int32)
        for number, column in enumerate(columns):
            rows[:, number] = _codes(column, facts.symbols, predicate, as_text=number in texts)
    facts.add_rows(predicate, rows)
    return rows


def decoded(rows: IntArray, symbols: SymbolTable) -> list[npt.NDArray[np.generic]]:
    """Rows of codes as columns: integers as int64, anything else as objects."""
    values, is_integer = symbols.integers()
    columns: list[npt.NDArray[np.generic]] = []
    for column in rows.T:
        if is_integer[column].all():
            columns.append(values[column])
            continue
        # Only the constants that occur are looked up: tables may share their symbols with others.
        codes, places = np.unique(column, return_inverse=True)
        constants = np.empty(len(codes), dtype=object)
        constants[:] = [symbols.constant(code) for code in codes.tolist()]
        columns.append(constants[places])
    return columns


def _as_integers(column: Column) -> npt.NDArray[np.int64] | None:
    """The column where it is an array of integers of up to 64 bits."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu" and column.dtype != np.uint64:
        return column.astype(np.int64, copy=False)
    return None


def _codes(
    column: Column, symbols: SymbolTable, predicate: str, *, as_text: bool = False
) -> IntArray:
    if isinstance(column, Encoded):
        if len(column) and column.positions.min() < 0:
            raise InputError(f"`{predicate}` cannot have a missing value as an argument")
        return np.take(_codes_of(column.values, symbols, predicate, as_text), column.positions)
    integers = _as_integers(column)
    if integers is not None:
        return symbols.integer_codes(integers)
    array = column if isinstance(column, np.ndarray) else None
    listed: list[object] = array.tolist() if array is not None else list(column)
    kinds = set(map(type, listed))
    if kinds <= {str} or kinds <= {int}:
        # Of one kind, values are told apart by themselves: no Python code runs a row.
        different = list(dict.fromkeys(listed))
        one = dict(zip(different, _codes_of(different, symbols, predicate, as_text), strict=True))
        return np.fromiter(map(one.__getitem__, listed), dtype=np.int32, count=len(listed))
    if not all(isinstance(value, Hashable) for value in listed):
        raise InputError(f"`{predicate}` takes names, texts and numbers, no lists or arrays")
    # True equals 1 in a dictionary: types are part of the key.
    known = {
        key: symbols.code(_constant(key[1], predicate, as_text))
        for key in dict.fromkeys((type(value), value) for value in listed)
    }
    return np.array([known[type(value), value] for value in listed], dtype=np.int32)


def _codes_of(
    values: Sequence[object], symbols: SymbolTable, predicate: str, as_text: bool
) -> list[int]:
    """The codes of values that mostly differ."""
    if not as_text and set(map(type, values)) <= {str}:
        return symbols.codes(cast("Sequence[str]", values))
    return [symbols.code(_constant(value, predicate, as_text)) for value in values]


def _constant(value: object, predicate: str, as_text: bool = False) -> Constant:
    match value:
        case bool() | None:
            pass
        case str() if as_text:
            return Text(value)
        case Text():
            return value
        case int() | str() | Fraction():
            return value
        case float() if value == value and abs(value) != float("inf"):
            # The decimal that was meant, not the binary fraction nearest to it.
            return Fraction(repr(value))
        case np.generic():
            return _constant(value.item(), predicate, as_text)
    raise InputError(f"`{predicate}` cannot have the argument {value!r}: no object and no number")
