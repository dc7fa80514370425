"""Semirings: what alternatives (plus) and premises that are needed together (times) amount to.

One evaluation of proofs answers different questions in different semirings (Green, Karvounarakis,
Tannen 2007): whether, in how many ways, at what cost, from which facts, with what probability.
"""

from __future__ import annotations

import math
from typing import Protocol, TypeAlias, TypeVar

__all__ = [
    "Boolean",
    "Counting",
    "Literals",
    "MinCost",
    "Probability",
    "Semiring",
    "TopProofs",
    "Viterbi",
]

Value = TypeVar("Value")


class Semiring(Protocol[Value]):
    """Two operations, each with a neutral value; ``times`` distributes over ``plus``."""

    @property
    def zero(self) -> Value:
        """Of what cannot be derived; neutral for `plus`."""
        ...

    @property
    def one(self) -> Value:
        """Of what needs nothing; neutral for `times`."""
        ...

    def plus(self, left: Value, right: Value) -> Value:
        """Two ways to derive the same."""
        ...

    def times(self, left: Value, right: Value) -> Value:
        """Two premises of one derivation."""
        ...


class Boolean:
    """Whether something can be derived."""

    zero = False
    one = True

    def plus(self, left: bool, right: bool) -> bool:
        """Disjunction."""
        return left or right

    def times(self, left: bool, right: bool) -> bool:
        """Conjunction."""
        return left and right


class Counting:
    """In how many ways; infinity where a fact can support itself."""

    zero: float = 0
    one: float = 1

    def plus(self, left: float, right: float) -> float:
        """Sum."""
        return left + right

    def times(self, left: float, right: float) -> float:
        """Product; nothing times infinity is nothing."""
        return left * right if left and right else 0


class MinCost:
    """The cost of the cheapest derivation, in which a premise counts each time it is used."""

    zero = math.inf
    one = 0.0

    def plus(self, left: float, right: float) -> float:
        """The cheaper one."""
        return min(left, right)

    def times(self, left: float, right: float) -> float:
        """Sum of costs."""
        return left + right


class Probability:
    """Sum and product: probabilities, where alternatives exclude each other."""

    zero = 0.0
    one = 1.0

    def plus(self, left: float, right: float) -> float:
        """Sum."""
        return left + right

    def times(self, left: float, right: float) -> float:
        """Product."""
        return left * right


Literals: TypeAlias = "tuple[tuple[int, bool], ...]"


class Viterbi:
    """The most probable way and the literals it is made of; the first one at equal weight."""

    zero: tuple[float, Literals] = (0.0, ())
    one: tuple[float, Literals] = (1.0, ())

    def plus(
        self, left: tuple[float, Literals], right: tuple[float, Literals]
    ) -> tuple[float, Literals]:
        """The more probable one."""
        return right if right[0] > left[0] else left

    def times(
        self, left: tuple[float, Literals], right: tuple[float, Literals]
    ) -> tuple[float, Literals]:
        """Both together."""
        return left[0] * right[0], left[1] + right[1]


Witness: TypeAlias = "tuple[float, frozenset[int]]"


class TopProofs:
    """The ``count`` cheapest sets of facts that suffice, none of which contains another.

    A value is a tuple of (cost, facts by number), cheapest first; each fact costs what ``costs``
    says, once for each set. With a finite ``count`` sets that share facts may be missed, since
    what is cut off early could have become cheap by sharing.
    """

    zero: tuple[Witness, ...] = ()
    one: tuple[Witness, ...] = ((0.0, frozenset()),)

    def __init__(self, count: int, costs: dict[int, float] | None = None) -> None:
        self._count = count
        self._costs = costs

    def fact(self, number: int) -> tuple[Witness, ...]:
        """The value of one fact."""
        return (self._witness(frozenset((number,))),)

    def plus(self, left: tuple[Witness, ...], right: tuple[Witness, ...]) -> tuple[Witness, ...]:
        """The best of both."""
        return self._best([*left, *right])

    def times(self, left: tuple[Witness, ...], right: tuple[Witness, ...]) -> tuple[Witness, ...]:
        """The best unions."""
        return self._best([self._witness(a | b) for _, a in left for _, b in right])

    def _witness(self, facts: frozenset[int]) -> Witness:
        if self._costs is None:
            return float(len(facts)), facts
        return math.fsum(self._costs[number] for number in sorted(facts)), facts

    def _best(self, found: list[Witness]) -> tuple[Witness, ...]:
        kept: list[Witness] = []
        for witness in sorted(found, key=lambda w: (w[0], len(w[1]), sorted(w[1]))):
            if not any(other <= witness[1] for _, other in kept):
                kept.append(witness)
                if len(kept) == self._count:
                    break
        return tuple(kept)
