"""Arithmetic over the subsets of a few numbers as a list of instructions, written once.

An expression that uses each number once is a tree. Walk from its root to the heavier child until
a subtree of at most half of the numbers (and one more) is reached. What that subtree must make is
the target taken back through the operations passed on the way, each with a value of the lighter
subtree there. So the target is reached exactly if some subset makes a value that is wanted of it:
a meeting in the middle, as Horowitz and Sahni (1974) do for sums. Six numbers take 36,000 values
instead of tens of millions of expressions.

Expressions that are always equal, such as ``a + b + c`` in all its orders, are found by working
them out on numbers without relations; one of each is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from planner.interfaces import FloatArray

    Places: TypeAlias = "npt.NDArray[np.int64]"

__all__ = ["Instruction", "Tape", "tape_of"]

Subset: TypeAlias = frozenset[int]
_Part: TypeAlias = "tuple[str, bool, Places, Places]"

_MANTISSA = 36
"""Values without relations that agree in so many bits, twice, are one expression."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """Rows of values, each made of two.

    Attributes:
        sign: one of ``+ - * /``.
        left, right: shape (rows,), what it takes.
        solid: whether a zero on the left makes no value: what is wanted of the other side of a
            division that has zero for one of its sides.
    """

    sign: str
    left: Places
    right: Places
    solid: bool

    def evaluate(self, values: FloatArray) -> FloatArray:
        """The rows, from all rows before."""
        left, right = values[self.left], values[self.right]
        if self.solid:
            left = np.where(left == 0, np.nan, left)
        match self.sign:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case _:
                # A quotient by zero is no number: were it infinite, one by it would be zero.
                return left / np.where(right == 0, np.nan, right)


@dataclass(frozen=True, slots=True)
class Tape:
    """Instructions over rows; the first rows are the numbers, the next is the target.

    Attributes:
        instructions: in order; each appends its rows.
        width: how many rows there are in the end.
        meetings: for each size of subsets the rows made, shape (subsets, m), and the rows wanted,
            shape (subsets, w); a row is wanted, or made, of each subset at least once.
    """

    instructions: tuple[Instruction, ...]
    width: int
    meetings: tuple[tuple[Places, Places], ...]


@lru_cache(maxsize=64)
def tape_of(count: int, operations: tuple[str, ...]) -> Tape:
    """The instructions for so many numbers, at least one, and these operations."""
    writer = _Writer(count, operations)
    middle = min(count, count // 2 + 1)
    for size in range(2, middle + 1):
        writer.make(size)
    for size in range(count - 1, 0, -1):
        writer.want(size, middle)
    return writer.tape(middle)


class _Writer:
    """Writes a tape, working it out on two draws of numbers without relations."""

    def __init__(self, count: int, operations: tuple[str, ...]) -> None:
        self._operations = operations
        self._count = count
        self._values: FloatArray = np.random.default_rng(7).uniform(1.0, 2.0, (count + 1, 2))
        self._made: dict[Subset, Places] = {frozenset((n,)): np.array([n]) for n in range(count)}
        self._wanted: dict[Subset, Places] = {frozenset(range(count)): np.array([count])}
        self._instructions: list[Instruction] = []

    def make(self, size: int) -> None:
        """What the subsets of a size make."""
        subsets = [frozenset(c) for c in combinations(range(self._count), size)]
        self._made |= self._append(subsets, [list(self._makings(subset)) for subset in subsets])

    def want(self, size: int, middle: int) -> None:
        """What is wanted of the subsets of a size as the heavier parts of larger ones."""
        subsets = [frozenset(c) for c in combinations(range(self._count), size)]
        parts = [list(self._takings(subset, middle)) for subset in subsets]
        self._wanted |= self._append(subsets, parts)

    def tape(self, middle: int) -> Tape:
        """What was written."""
        meetings = []
        for size in range(1, middle + 1):
            met = [s for s, rows in self._wanted.items() if len(s) == size and len(rows)]
            if met and all(len(self._made[s]) for s in met):
                made = _stacked([self._made[s] for s in met])
                meetings.append((made, _stacked([self._wanted[s] for s in met])))
        return Tape(tuple(self._instructions), len(self._values), tuple(meetings))

    def _makings(self, subset: Subset) -> Iterator[_Part]:
        least = min(subset)
        for size in range(1, len(subset)):
            for chosen in combinations(sorted(subset), size):
                if least in chosen:
                    first = frozenset(chosen)
                    left, right = _pairs(self._made[first], self._made[subset - first])
                    for sign in self._operations:
                        yield sign, False, left, right
                        if sign in "-/":
                            yield sign, False, right, left

    def _takings(self, subset: Subset, middle: int) -> Iterator[_Part]:
        for whole, wanted in self._wanted.items():
            other = whole - subset
            if subset < whole and len(whole) > middle and len(other) <= len(subset):
                target, value = _pairs(wanted, self._made[other])
                for sign in self._operations:
                    yield from _taken_back(sign, target, value)

    def _append(
        self, subsets: Sequence[Subset], parts: Sequence[list[_Part]]
    ) -> dict[Subset, Places]:
        """Write one of each expression of each subset; the rows that they get."""
        owned = [(number, *part) for number, each in enumerate(parts) for part in each]
        start = len(self._values)
        written: list[Instruction] = []
        owners: list[Places] = []
        for sign, solid in dict.fromkeys(part[1:3] for part in owned):
            same = [part for part in owned if part[1:3] == (sign, solid)]
            owners.append(np.repeat([part[0] for part in same], [len(part[3]) for part in same]))
            left = np.concatenate([part[3] for part in same])
            written.append(Instruction(sign, left, np.concatenate([p[4] for p in same]), solid))
        if not written:
            return {subset: np.zeros(0, dtype=np.int64) for subset in subsets}
        owner = np.concatenate(owners)
        values = np.concatenate([one.evaluate(self._values) for one in written])
        kept = _firsts(owner, values)
        self._values = np.concatenate([self._values, values[kept]])
        place = 0
        for one in written:
            mask = kept[place : (place := place + len(one.left))]
            short = Instruction(one.sign, one.left[mask], one.right[mask], one.solid)
            self._instructions.append(short)
        owner = owner[kept]
        return {s: start + np.flatnonzero(owner == number) for number, s in enumerate(subsets)}


def _taken_back(sign: str, target: Places, value: Places) -> Iterator[_Part]:
    """What makes the target together with a value, in either place of an operation."""
    match sign:
        case "+":
            yield "-", False, target, value
        case "-":
            yield "+", False, target, value
            yield "-", False, value, target
        case "*":
            yield "/", False, target, value
        case _:
            yield "*", True, value, target
            yield "/", True, value, target


def _pairs(first: Places, second: Places) -> tuple[Places, Places]:
    return np.repeat(first, len(second)), np.tile(second, len(first))


def _firsts(owner: Places, values: FloatArray) -> npt.NDArray[np.bool_]:
    """Which rows are the first with their owner and values."""
    mantissa, exponent = np.frexp(values)
    keys = np.round(mantissa * 2.0**_MANTISSA).astype(np.int64) + (exponent.astype(np.int64) << 40)
    order = np.lexsort((keys[:, 1], keys[:, 0], owner))
    columns = np.stack([owner, keys[:, 0], keys[:, 1]])[:, order]
    kept = np.zeros(len(owner), dtype=np.bool_)
    kept[order] = np.append(True, (columns[:, 1:] != columns[:, :-1]).any(axis=0))[: len(owner)]
    return kept


def _stacked(rows: Sequence[Places]) -> Places:
    """Rows of equal length, the last place of each repeated."""
    width = max(map(len, rows))
    return np.stack([np.pad(row, (0, width - len(row)), mode="edge") for row in rows])
