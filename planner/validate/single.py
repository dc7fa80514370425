"""Predicates with one value for each key: functional ones, and those that keep an extreme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.kr.formulas import Atom
from planner.validate.values import as_number

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from planner.kr.rules import Predicate
    from planner.kr.terms import Constant
    from planner.validate.facts import Row

__all__ = ["Values"]


class Values:
    """The rows that such predicates have, by all arguments but the last."""

    def __init__(self, predicates: Iterable[Predicate]) -> None:
        self._keep = {p.name: p.keep for p in predicates if p.is_functional}
        self._rows: dict[str, dict[Row, Row]] = {}

    def __contains__(self, predicate: str) -> bool:
        return predicate in self._keep

    def clear(self, predicate: str) -> None:
        """Forget the rows of a predicate."""
        self._rows.pop(predicate, None)

    def accepts(self, predicate: str, row: Row) -> bool:
        """Whether a row is the first of its key or better than the one there.

        Raises:
            InputError: when the predicate is functional and this is a second value.
        """
        old = self._rows.get(predicate, {}).get(row[:-1])
        if old is None:
            return True
        keep = self._keep[predicate]
        if keep:
            new, known = _number(row[-1]), _number(old[-1])
            return new < known if keep == "min" else new > known
        if old != row:
            raise InputError(
                f"`{predicate}` is functional and has two values: "
                f"{Atom(predicate, old)} and {Atom(predicate, row)}"
            )
        return False

    def replace(self, predicate: str, row: Row) -> Row | None:
        """Put a row in the place of the one with its key, which is returned."""
        rows = self._rows.setdefault(predicate, {})
        old, rows[row[:-1]] = rows.get(row[:-1]), row
        return old


def _number(value: Constant) -> int | Fraction:
    number = as_number(value)
    if number is None:
        raise InputError(f"`{value}` is no number, and an extreme is kept of numbers")
    return number
