"""What the tiers share of keeping extremes: numbers to compare, and a bound on improvement."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from planner.engine.gather.faults import GatherError
from planner.engine.gather.kinds import declared_name
from planner.errors import InputError
from planner.kr.terms import show_constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.engine.extension import Extension
    from planner.engine.gather.kinds import Keep
    from planner.engine.symbols import SymbolTable

__all__ = ["Patience", "number_of"]

_SLACK = 1_000
"""Rounds beyond those that sums along paths can need; halving a 64-bit number takes 64."""


class Patience:
    """Whether numbers get better without end.

    A number that is passed on along more rows than there are has come back to one it began with,
    better than before; then it will do so again and again (Bellman 1958, Ford 1956).
    """

    def __init__(self) -> None:
        self._rounds = 0

    def is_lost(self, known: int, new: int) -> bool:
        """Note a round with improvements, among so many known keys of which some are new."""
        self._rounds = 0 if new else self._rounds + 1
        return self._rounds > 2 * known + _SLACK

    def fault(
        self, kind: Keep, row: tuple[int, ...], extension: Callable[[str], Extension]
    ) -> GatherError:
        """The error that says so."""
        word, bound = ("smaller", "less") if kind.extreme == "min" else ("larger", "more")
        message = (
            f"`{declared_name(kind.head.predicate)}` keeps the {kind.extreme}, and its numbers "
            f"get {word} without end (around a cycle whose numbers add up to {bound} than 0?)"
        )
        return GatherError("endless", message, kind.stated, (row,), extension)


def number_of(code: int, symbols: SymbolTable, kind: Keep) -> int | Fraction:
    """The number of a constant.

    Raises:
        InputError: when it is none.
    """
    constant = symbols.constant(code)
    if isinstance(constant, int | Fraction):
        return constant
    name = declared_name(kind.head.predicate)
    shown = show_constant(constant)
    raise InputError(f"`{name}` keeps the {kind.extreme} of numbers, and `{shown}` is none")
