"""Exact probabilities: formulas as binary decision diagrams, by the library `dd`.

`dd` is used with CUDD where its wheel brings it, else with its own diagrams in Python.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from planner.engine.provenance.semiring import Probability
from planner.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.provenance.semiring import Semiring

__all__ = ["BoundedDiagrams", "DiagramTooLargeError", "Diagrams"]

Value = TypeVar("Value")


class DiagramTooLargeError(Exception):
    """The budget of nodes is used up: bounds or sampling answer instead."""


class Diagrams:
    """Formulas over random choices.

    A choice of a group is a chain of variables: it comes true where its own variable does and
    none before it in the group. Values are nodes of the library, which has no type information.
    """

    def __init__(self, groups: Sequence[Sequence[int]], node_budget: int) -> None:
        manager = _manager()
        self._manager = manager
        self._budget = node_budget
        self._before = {
            index: tuple(group[:place]) for group in groups for place, index in enumerate(group)
        }
        self._numbers: dict[str, int] = {}
        self._checks = 0
        self.one: Any = manager.true
        self.zero: Any = manager.false

    def choice(self, index: int) -> Any:
        """Where a random choice comes true; the order of first use is the order of levels."""
        value = self.variable(index)
        for other in self._before[index]:
            value = value & ~self.variable(other)
        return value

    def variable(self, index: int) -> Any:
        """The variable with a number."""
        name = f"c{index}"
        if name not in self._numbers:
            self._numbers[name] = index
            self._manager.declare(name)
        return self._manager.var(name)

    def variables(self, value: Any) -> list[int]:
        """Numbers of the variables that a formula depends on, in ascending order."""
        return sorted(self._numbers[name] for name in self._manager.support(value))

    def times(self, left: Any, right: Any) -> Any:
        """Conjunction."""
        return self._checked(left & right)

    def plus(self, left: Any, right: Any) -> Any:
        """Disjunction."""
        return self._checked(left | right)

    def negation(self, value: Any) -> Any:
        """Negation."""
        return ~value

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two formulas are equivalent; diagrams are canonical."""
        return bool(left == right)

    def probability(self, value: Any, chances: Sequence[float]) -> float:
        """The probability of a formula whose variables are independent."""

        def weight(index: int, positive: bool) -> float:
            return chances[index] if positive else 1.0 - chances[index]

        return self.weigh(value, Probability(), weight)

    def weigh(
        self, value: Any, semiring: Semiring[Value], weight: Callable[[int, bool], Value]
    ) -> Value:
        """The sum over the worlds in which a formula holds of the product of their literals.

        The branches of a diagram exclude each other. The two literals of a variable must add up
        to one, or be alike where the formula leaves the variable open.
        """
        found = [semiring.zero, semiring.one]
        for index, low, high in self.branches(value):
            without = semiring.times(weight(index, False), found[low])
            with_it = semiring.times(weight(index, True), found[high])
            found.append(semiring.plus(without, with_it))
        return found[1] if self.equal(value, self.one) else found[-1 if len(found) > 2 else 0]

    def branches(self, value: Any) -> list[tuple[int, int, int]]:
        """The diagram as a list: a variable, and where the branches without and with it stand.

        Places 0 and 1 are false and true, the entries follow from 2 on, the formula itself last;
        of a constant there are none.
        """
        places = {(int(self.one), True): 0, (int(self.one), False): 1}
        found: list[tuple[int, int, int]] = []
        waiting = [value]
        while waiting:
            node = waiting[-1]
            key = self._key(node)
            if key in places:
                waiting.pop()
                continue
            _, low, high = self._manager.succ(node)
            # `succ` is of the regular node; a complemented edge negates both branches.
            children = [~child if key[1] else child for child in (low, high)]
            missing = [child for child in children if self._key(child) not in places]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            without, with_it = (places[self._key(child)] for child in children)
            places[key] = len(found) + 2
            found.append((self._numbers[node.var], without, with_it))
        return found

    def _key(self, node: Any) -> tuple[int, bool]:
        """The regular node, and whether it is complemented."""
        return (int(~node), True) if node.negated else (int(node), False)

    def _checked(self, value: Any) -> Any:
        self._checks += 1
        # The size is asked for now and then only: one operation adds few nodes.
        if self._checks % 64 == 0 and len(self._manager) > self._budget:
            raise DiagramTooLargeError
        return value


class BoundedDiagrams:
    """Pairs of formulas, one below and one above the truth, over some of the choices.

    The other choices are taken to fail in the lower and to succeed in the upper formula; negation
    swaps the two.
    """

    def __init__(self, diagrams: Diagrams, kept: Collection[int]) -> None:
        self._diagrams = diagrams
        self._kept = kept
        self.one = (diagrams.one, diagrams.one)
        self.zero = (diagrams.zero, diagrams.zero)

    def choice(self, index: int) -> tuple[Any, Any]:
        """A choice that is kept, or the least and the most it could be."""
        if index in self._kept:
            value = self._diagrams.choice(index)
            return value, value
        return self._diagrams.zero, self._diagrams.one

    def times(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        """Conjunction."""
        return self._diagrams.times(left[0], right[0]), self._diagrams.times(left[1], right[1])

    def plus(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        """Disjunction."""
        return self._diagrams.plus(left[0], right[0]), self._diagrams.plus(left[1], right[1])

    def negation(self, value: tuple[Any, Any]) -> tuple[Any, Any]:
        """Negation."""
        return ~value[1], ~value[0]

    def equal(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> bool:
        """Whether both formulas are equivalent."""
        return bool(left[0] == right[0] and left[1] == right[1])


def _manager() -> Any:
    for name in ("dd.cudd", "dd.autoref"):
        try:
            made = import_module(name).BDD()
        except ImportError:
            continue
        made.configure(reordering=True)
        return made
    raise MissingExtraError("dd", "prob")
