"""Exact probabilities: formulas as binary decision diagrams, by the library `dd`.

`dd` is used with CUDD where its wheel brings it, else with its own diagrams in Python.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from planner.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["BoundedDiagrams", "DiagramTooLargeError", "Diagrams"]


class DiagramTooLargeError(Exception):
    """The budget of nodes is used up: bounds or sampling answer instead."""


class Diagrams:
    """Formulas over independent random choices.

    Values are nodes of the library, which has no type information.
    """

    def __init__(self, probabilities: Sequence[float], node_budget: int) -> None:
        manager = _manager()
        self._manager = manager
        self._budget = node_budget
        self._probabilities = probabilities
        self._names: dict[str, int] = {}
        self._weights: dict[int, float] = {}
        self._checks = 0
        self.true: Any = manager.true
        self.false: Any = manager.false

    def choice(self, index: int) -> Any:
        """The variable of a random choice; the order of first use is the order of levels."""
        name = f"c{index}"
        if name not in self._names:
            self._names[name] = index
            self._manager.declare(name)
        return self._manager.var(name)

    def both(self, left: Any, right: Any) -> Any:
        """Conjunction."""
        return self._checked(left & right)

    def either(self, left: Any, right: Any) -> Any:
        """Disjunction."""
        return self._checked(left | right)

    def negation(self, value: Any) -> Any:
        """Negation."""
        return ~value

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two formulas are equivalent; diagrams are canonical."""
        return bool(left == right)

    def probability(self, value: Any) -> float:
        """The probability of a formula: one pass over its diagram."""
        weights: dict[int, float] = {int(self.true): 1.0}
        waiting = [~value if value.negated else value]
        while waiting:
            node = waiting[-1]
            if int(node) in weights:
                waiting.pop()
                continue
            _, low, high = self._manager.succ(node)
            regular = [~child if child.negated else child for child in (low, high)]
            missing = [child for child in regular if int(child) not in weights]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            chance = self._probabilities[self._names[node.var]]
            parts = [weights[int(child)] for child in regular]
            if low.negated:
                parts[0] = 1.0 - parts[0]
            if high.negated:
                parts[1] = 1.0 - parts[1]
            weights[int(node)] = (1.0 - chance) * parts[0] + chance * parts[1]
        found = weights[int(~value if value.negated else value)]
        return 1.0 - found if value.negated else found

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
        self.true = (diagrams.true, diagrams.true)
        self.false = (diagrams.false, diagrams.false)

    def choice(self, index: int) -> tuple[Any, Any]:
        """A choice that is kept, or the least and the most it could be."""
        if index in self._kept:
            value = self._diagrams.choice(index)
            return value, value
        return self._diagrams.false, self._diagrams.true

    def both(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        """Conjunction."""
        return self._diagrams.both(left[0], right[0]), self._diagrams.both(left[1], right[1])

    def either(self, left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
        """Disjunction."""
        return self._diagrams.either(left[0], right[0]), self._diagrams.either(left[1], right[1])

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
