"""A step space without some of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace, Table
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.plan import Step

__all__ = ["RestrictedSpace"]


class RestrictedSpace:
    """Another space's states and steps, of which some are never legal.

    Args:
        forbidden: numbers of steps.
    """

    def __init__(self, space: StepSpace, forbidden: AbstractSet[int]) -> None:
        self._space = space
        self._forbidden: IntArray = np.array(sorted(forbidden), dtype=np.int32)

    @property
    def task(self) -> Task:
        """What is being solved."""
        return self._space.task

    @property
    def constants(self) -> tuple[Constant, ...]:
        """As in the other space."""
        return self._space.constants

    @property
    def atoms(self) -> Table:
        """As in the other space."""
        return self._space.atoms

    @property
    def steps(self) -> Table:
        """As in the other space, forbidden steps included."""
        return self._space.steps

    @property
    def static(self) -> Table:
        """As in the other space."""
        return self._space.static

    @property
    def costs(self) -> npt.NDArray[np.int64]:
        """As in the other space."""
        return self._space.costs

    @property
    def cost_scale(self) -> int:
        """As in the other space."""
        return self._space.cost_scale

    def initial(self) -> int:
        """The number of the initial state."""
        return self._space.initial()

    def legal_steps(self, state: int) -> IntArray:
        """Legal steps that are not forbidden, ascending."""
        legal = self._space.legal_steps(state)
        return legal[~np.isin(legal, self._forbidden)]

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        return self._space.successor(state, step)

    def is_goal(self, state: int) -> bool:
        """Whether the goal holds."""
        return self._space.is_goal(state)

    def true_atoms(self, state: int) -> IntArray:
        """Atoms true in a state."""
        return self._space.true_atoms(state)

    def describe(self, step: int) -> Step:
        """The step by name."""
        return self._space.describe(step)
