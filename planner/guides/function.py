"""A guide from Python functions of the user's, for the user's own worlds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

import numpy as np

from planner.interfaces import Judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.interfaces import BoundGuide, FloatArray, IntArray, StepSpace

__all__ = ["FunctionGuide"]

State = TypeVar("State")


class _Valued(Protocol):
    """A space whose states and steps are values (`planner.spaces.world.World`)."""

    def value(self, state: int) -> object: ...
    def move(self, step: int) -> object: ...


@dataclass(frozen=True, slots=True)
class FunctionGuide:
    """Judges by functions of states and steps.

    Attributes:
        value: estimated cost to go; infinite at a dead end.
        weight: how likely a step is in a state, in any positive unit; ``None`` is uniform.
    """

    value: Callable[..., float]
    weight: Callable[..., float] | None = None
    name: str = "function"

    def bind(self, space: StepSpace) -> BoundGuide:
        """Prepare for a space.

        Raises:
            TypeError: for a space whose states are not values of the user's.
        """
        if not hasattr(space, "value"):
            raise TypeError("a function guide judges the states of a `planner.World`")
        return _Bound(self, cast("_Valued", space))


class _Bound:
    def __init__(self, guide: FunctionGuide, space: _Valued) -> None:
        self._guide, self._space = guide, space

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [
            Judgement(self._prior(state, legal), self._guide.value(self._space.value(state)))
            for state, legal in zip(states, steps, strict=True)
        ]

    def _prior(self, state: int, legal: IntArray) -> FloatArray:
        if self._guide.weight is None:
            return np.full(len(legal), -math.log(max(len(legal), 1)))
        value, move = self._space.value(state), self._space.move
        weights = np.array([self._guide.weight(value, move(s)) for s in legal.tolist()])
        with np.errstate(divide="ignore"):
            found: FloatArray = np.log(weights / weights.sum())
        return found
