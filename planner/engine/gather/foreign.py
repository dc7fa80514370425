"""Foreign predicates: what holds is computed by a Python function, a batch of rows at a time."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from planner.errors import InputError
from planner.kr.terms import Text, show_constant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from planner.engine.symbols import SymbolTable
    from planner.kr.rules import Predicate
    from planner.kr.terms import Constant

    Row: TypeAlias = tuple[int, ...]
    Values: TypeAlias = tuple[Constant, ...]

__all__ = ["Foreign"]


class Foreign:
    """A function behind a predicate; it keeps what it was answered.

    The function receives a column for each input: an array of int64 where all values are integers,
    of float64 where all are numbers, else an object array of names and texts. It gives back

    - without outputs, a mask: where the predicate holds;
    - with one output, a column of values, with several a tuple of columns; ``None`` and NaN mean
      that there is no value;
    - with ``many``, a tuple of a column of positions in the batch, and then the outputs: each
      position may come any number of times.

    Attributes:
        name: of the predicate.
        inputs: number of its leading arguments that are given.
        outputs: for each other argument whether it is a text and no object.
    """

    def __init__(
        self,
        predicate: Predicate,
        function: Callable[..., object],
        *,
        many: bool = False,
        cached: bool = True,
    ) -> None:
        self.name = predicate.name
        self.inputs = predicate.foreign or 0
        self.outputs = tuple("string" in types for types in predicate.types[self.inputs :])
        self._function = function
        self._many = many
        self._is_cached = cached
        self._known: dict[Values, tuple[Values, ...]] = {}

    def answer(self, rows: Sequence[Row], symbols: SymbolTable) -> list[Row]:
        """The rows of the predicate whose inputs are among the given ones.

        Raises:
            InputError: when the function fails or answers something else; names its place.
        """
        constant, code = symbols.constant, symbols.code
        asked = [tuple(constant(c) for c in row) for row in rows]
        new = [values for values in dict.fromkeys(asked) if values not in self._known]
        known = self._known if self._is_cached else dict(self._known)
        known.update(dict.fromkeys(new, ()))
        if new:
            for values, answers in zip(new, self._call(new), strict=True):
                known[values] = answers
        return [
            (*row, *(code(value) for value in outputs))
            for row, values in zip(rows, asked, strict=True)
            for outputs in known[values]
        ]

    def _call(self, asked: list[Values]) -> list[tuple[Values, ...]]:
        columns = [_column([values[i] for values in asked]) for i in range(self.inputs)]
        with _Located(self, asked[0], len(asked)):
            result = self._function(*columns)
        count = len(asked)
        if not self.outputs and not self._many:
            (mask,) = self._columns((result,), 1, count)
            return [((),) if holds else () for holds in mask]
        if not self._many:
            single = len(self.outputs) == 1
            found = self._columns((result,) if single else result, len(self.outputs), count)
            values = ([self._value(v, i) for v in column] for i, column in enumerate(found))
            answers = zip(*values, strict=True)
            return [() if None in row else (_defined(row),) for row in answers]
        positions, *found = self._columns(result, 1 + len(self.outputs), None)
        each: list[list[Values]] = [[] for _ in asked]
        for position, *row in zip(positions, *found, strict=True):
            answer = tuple(self._value(v, i) for i, v in enumerate(row))
            if None not in answer:
                each[self._position(position, count)].append(_defined(answer))
        return [tuple(rows) for rows in each]

    def _columns(self, result: object, width: int, count: int | None) -> list[list[object]]:
        """The columns of an answer as lists of plain values, all of one length."""
        if not isinstance(result, tuple | list) or len(result) != width:
            raise self._wrong(f"a tuple of {width} columns", result)
        columns: list[list[object]] = []
        for column in result:
            listed = column.tolist() if hasattr(column, "tolist") else column
            if not isinstance(listed, list | tuple):
                raise self._wrong("a column of values", column)
            count = len(listed) if count is None else count
            if len(listed) != count:
                raise self._wrong(f"{count} values a column", f"{len(listed)}")
            columns.append(list(listed))
        return columns

    def _position(self, position: object, count: int) -> int:
        if not isinstance(position, int) or not 0 <= position < count:
            raise self._wrong(f"positions from 0 to {count - 1}", position)
        return position

    def _value(self, value: object, output: int) -> Constant | None:
        match value:
            case None:
                return None
            case bool():
                pass
            case str():
                return Text(value) if self.outputs[output] else value
            case int() | Fraction() | Text():
                return value
            case float():
                finite = value == value and abs(value) != float("inf")
                return Fraction(repr(value)) if finite else None
        raise self._wrong("names, texts and numbers", value)

    def _wrong(self, wanted: str, got: object) -> InputError:
        return InputError(
            f"the function of `{self.name}`{self.place} must give {wanted}, and gave {got!r:.80}"
        )

    @property
    def place(self) -> str:
        """Where the function is written, in brackets, or ``""``."""
        code = getattr(self._function, "__code__", None)
        return f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""


def _defined(row: Sequence[Constant | None]) -> Values:
    return tuple(value for value in row if value is not None)


def _column(values: list[Constant]) -> object:
    """A column as a function wants it."""
    import numpy as np

    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.int64)
    numbers = [value for value in values if isinstance(value, int | Fraction)]
    if len(numbers) == len(values):
        return np.array([float(number) for number in numbers], dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    column[:] = [value.value if isinstance(value, Text) else value for value in values]
    return column


class _Located:
    """Says of an error in a user's function where it happened, and on which rows."""

    def __init__(self, foreign: Foreign, first: Values, count: int) -> None:
        self._foreign, self._first, self._count = foreign, first, count

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception):
            return
        place = self._foreign.place
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
            place = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
        first = ", ".join(map(show_constant, self._first))
        rows = f"{self._count} rows, the first of which is ({first})"
        name = type(error).__name__
        message = f"the function of `{self._foreign.name}`{place} failed on {rows}: {name}: {error}"
        raise InputError(message) from error
