"""What lifted steps cost: numbers, or values of functional predicates, as integers of one unit."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.matching import SlotTest
from planner.errors import InputError
from planner.kr.terms import FunctionTerm, Variable, show_constant
from planner.spaces.lifted_task import refusal
from planner.spaces.parameters import printed_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from planner.engine.matching import FactIndex, Row
    from planner.kr.actions import ActionSchema
    from planner.kr.task import RuleBase
    from planner.kr.terms import Constant

__all__ = ["LiftedCosts"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A cost that is the value of a functional predicate.

    Attributes:
        predicate: its number.
        terms: its arguments before the value: a code, or the complement of a slot.
    """

    action: str
    predicate: int
    terms: tuple[int, ...]

    def key(self, binding: Sequence[int]) -> Row:
        """The arguments under a binding of the parameters."""
        return tuple(term if term >= 0 else binding[~term] for term in self.terms)


class LiftedCosts:
    """Costs by step number; a step whose cost no fact gives is never legal, and counts 0.

    Args:
        rules: with the action schemas.
        predicates: their numbers.
        index: the facts; asked for values only after the first step is met, or for the unit.
        code: the code of a constant.
        constants: by code; may grow.

    Raises:
        UnsupportedError: for arithmetic, and for values that actions change.
    """

    def __init__(
        self,
        rules: RuleBase,
        predicates: Mapping[str, int],
        index: FactIndex,
        code: Callable[[Constant], int],
        constants: Sequence[Constant],
    ) -> None:
        self._index, self._constants = index, constants
        self._sources = [_source(action, rules, predicates, code) for action in rules.actions]
        self._values: dict[int, dict[Row, int | Fraction]] = {}
        self._warned: set[str] = set()
        self._costs: list[int] = []
        self._array: npt.NDArray[np.int64] = np.zeros(64, dtype=np.int64)
        self._known = 0
        self._scale = 0

    def __len__(self) -> int:
        return len(self._costs)

    def __getitem__(self, step: int) -> int:
        return self._costs[step]

    @property
    def array(self) -> npt.NDArray[np.int64]:
        """Cost of each step met so far, ``scale`` to the unit."""
        known, count = self._known, len(self._costs)
        if count > len(self._array):
            self._array = np.resize(self._array, 2 * count)
        self._array[known:count] = self._costs[known:]
        self._known = count
        return self._array[:count]

    @property
    def scale(self) -> int:
        """The least number that makes every cost an integer."""
        if not self._scale:
            self._scale = lcm(*(value.denominator for value in self._all_values()))
        return self._scale

    def test(self, schema: int) -> SlotTest | None:
        """Whether a binding has a cost; ``None`` where every one has."""
        source = self._sources[schema]
        if not isinstance(source, _Reading):
            return None

        def has_cost(binding: Sequence[int]) -> bool:
            found = source.key(binding) in self._values_of(source.predicate)
            if not found and source.action not in self._warned:
                self._warned.add(source.action)
                _log.warning("steps of `%s` without a cost are left out", source.action)
            return found

        return SlotTest(tuple(~term for term in source.terms if term < 0), has_cost)

    def append(self, schema: int, arguments: Row) -> None:
        """Give the next step its cost."""
        source = self._sources[schema]
        if isinstance(source, _Reading):
            value = self._values_of(source.predicate).get(source.key(arguments), 0)
            if value < 0:
                cost = show_constant(value)
                raise InputError(f"`{source.action}` has the negative cost {cost}")
        else:
            value = source
        self._costs.append(int(value * self.scale))

    def _all_values(self) -> list[int | Fraction]:
        found: list[int | Fraction] = []
        for source in self._sources:
            if isinstance(source, _Reading):
                found += self._values_of(source.predicate).values()
            else:
                found.append(source)
        return found

    def _values_of(self, predicate: int) -> dict[Row, int | Fraction]:
        """The numbers that facts give, by the arguments before them."""
        found = self._values.get(predicate)
        if found is None:
            found = self._values[predicate] = {}
            for row in self._index.rows(predicate):
                value = self._constants[row[-1]]
                if isinstance(value, int | Fraction):
                    if row[:-1] in found:
                        raise InputError("a cost has two values for the same arguments")
                    found[row[:-1]] = value
        return found


def _source(
    action: ActionSchema,
    rules: RuleBase,
    predicates: Mapping[str, int],
    code: Callable[[Constant], int],
) -> _Reading | int | Fraction:
    """Where the costs of an action's steps come from."""
    match action.cost:
        case int() | Fraction() as cost:
            return cost
        case FunctionTerm(predicate, terms) if predicate not in rules.fluents:
            slots = {name: slot for slot, name in enumerate(printed_parameters(action))}
            codes = (~slots[t.name] if isinstance(t, Variable) else code(t) for t in terms)
            return _Reading(action.name, predicates[predicate], tuple(codes))
        case FunctionTerm(predicate):
            raise refusal(f"the cost of `{action.name}` reads `{predicate}`", action.span)
        case _:
            raise refusal(f"the cost of `{action.name}` is computed", action.span)
