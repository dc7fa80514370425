"""Constants as small integers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from planner.errors import InputError, LimitError
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.kr.formulas import Atom
    from planner.kr.terms import Constant, Expression

__all__ = ["SymbolTable", "check_constant", "ground_arguments"]

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_CODE_LIMIT = 2**31 - 1
_FEW = 8
_NOT_CONSTANT = (Variable, Arithmetic, FunctionTerm)


class SymbolTable:
    """Interns constants to int32 codes, in order of first interning; codes never change.

    Equal numbers are one constant: a fraction with denominator 1 is the integer. Integers that
    come as an array get their codes in ascending order; they are made Python objects when one of
    them is first looked up.
    """

    __slots__ = ("_codes", "_constants", "_integers", "_is_integer", "_waiting")

    def __init__(self, constants: Iterable[Constant] = ()) -> None:
        self._codes: dict[Expression, int] = {}
        self._constants: list[Constant] = []
        # How many integers, the last in `_integers`, have codes and are no Python objects yet.
        self._waiting = 0
        self._integers: npt.NDArray[np.int64] | None = None
        self._is_integer: npt.NDArray[np.bool_] | None = None
        for constant in constants:
            self.code(constant)

    def __len__(self) -> int:
        return len(self._constants) + self._waiting

    def code(self, constant: Constant) -> int:
        """The code of a constant, which is interned when it is new.

        Raises:
            InputError: for an integer that does not fit into 64 bits.
            LimitError: past 2**31 - 1 constants.
        """
        found = self._codes.get(constant)
        return self._intern(constant) if found is None else found

    def codes(self, names: Sequence[str]) -> list[int]:
        """The codes of many objects; `code` says what is raised."""
        found = list(map(self._codes.get, names))
        if None not in found:
            return cast("list[int]", found)
        self._settle()
        known = self._codes
        fresh = [name for name in dict.fromkeys(names) if name not in known]
        start = self._check_room(len(fresh))
        known.update(zip(fresh, range(start, start + len(fresh)), strict=True))
        self._constants += fresh
        return list(map(known.__getitem__, names))

    def integer_codes(self, values: npt.NDArray[np.int64]) -> IntArray:
        """The codes of an array of integers; `code` says what is raised."""
        # NumPy takes longer to import than a tiny program takes to run.
        import numpy as np

        from planner.engine.integers import number_integers

        if _FEW * len(values) < len(self):
            # To look through what is known would take longer.
            return np.array(list(map(self.code, values.tolist())), dtype=np.int32)
        known, is_integer = self.integers()
        codes, fresh = number_integers(values, known, is_integer)
        self._check_room(len(fresh))
        self._integers = np.concatenate([known, fresh])
        self._is_integer = np.concatenate([is_integer, np.ones(len(fresh), dtype=np.bool_)])
        self._waiting += len(fresh)
        return codes

    def code_of(self, term: Expression) -> int:
        """The code of a term that is a constant; `code` says what is raised."""
        assert not isinstance(term, _NOT_CONSTANT)
        return self.code(term)

    def find(self, constant: Constant) -> int | None:
        """The code of a constant, or ``None`` when it was never interned."""
        found = self._codes.get(constant)
        if found is None and self._waiting:
            self._settle()
            found = self._codes.get(constant)
        return found

    def find_row(self, arguments: Sequence[Expression]) -> tuple[int, ...] | None:
        """The codes of constants, or ``None`` when one was never interned or is none."""
        row = tuple(map(self._codes.get, arguments))
        if None not in row:
            return cast("tuple[int, ...]", row)
        if not self._waiting:
            return None
        self._settle()
        return self.find_row(arguments)

    def constant(self, code: int) -> Constant:
        """The constant of a code."""
        if code >= len(self._constants):
            self._settle()
        return self._constants[code]

    def constants(self) -> tuple[Constant, ...]:
        """All constants in the order of their codes."""
        self._settle()
        return tuple(self._constants)

    def integers(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """By code: the value of each integer (0 for others), and which constants are integers."""
        import numpy as np

        values, flags = self._integers, self._is_integer
        if values is None or flags is None or len(values) < len(self):
            start = 0 if values is None else len(values)
            fresh = self._constants[start:]
            new_flags = np.array([isinstance(c, int) for c in fresh], dtype=np.bool_)
            new_values = np.array([c if isinstance(c, int) else 0 for c in fresh], dtype=np.int64)
            if values is not None and flags is not None:
                new_values = np.concatenate([values, new_values])
                new_flags = np.concatenate([flags, new_flags])
            self._integers, self._is_integer = values, flags = new_values, new_flags
        return values, flags

    def _intern(self, constant: Constant) -> int:
        if isinstance(constant, Fraction) and constant.denominator == 1:
            constant = constant.numerator
        check_constant(constant)
        self._settle()
        code = self._codes.get(constant)
        if code is None:
            code = self._codes[constant] = self._check_room(1)
            self._constants.append(constant)
        return code

    def _settle(self) -> None:
        """Make objects of the integers that are none yet."""
        if self._waiting:
            start = len(self._constants)
            values, _ = self.integers()
            fresh: list[int] = values[start:].tolist()
            self._codes.update(zip(fresh, range(start, start + len(fresh)), strict=True))
            self._constants += fresh
            self._waiting = 0

    def _check_room(self, count: int) -> int:
        """The next code, when there are as many more."""
        code = len(self)
        if code + count > _CODE_LIMIT:
            raise LimitError("more than 2**31 - 1 different constants")
        return code


def ground_arguments(atom: Atom) -> list[Constant]:
    """The arguments of a fact.

    Raises:
        InputError: when one of them is not a constant.
    """
    found = [a for a in atom.arguments if not isinstance(a, _NOT_CONSTANT)]
    if len(found) < len(atom.arguments):
        raise InputError(f"a fact cannot have a variable or an expression: {atom}")
    return found


def check_constant(constant: Constant) -> None:
    """Refuse integers that do not fit into 64 bits.

    Raises:
        InputError: for those.
    """
    if isinstance(constant, str):
        return
    if isinstance(constant, Fraction) and constant.denominator == 1:
        constant = constant.numerator
    if isinstance(constant, int) and not _INT64_MIN <= constant <= _INT64_MAX:
        raise InputError(f"the integer {constant} does not fit into 64 bits")
