"""The guide that counts landmarks still to be met (Richter & Westphal 2010)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import UnsupportedError
from planner.guides.landmarks.graph import find_landmarks
from planner.guides.mutex_groups import unwatched
from planner.guides.relaxed_task import LANDMARKS, relax
from planner.interfaces import Judgement
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace

__all__ = ["BoundLandmarkCount", "LandmarkCount"]


@dataclass(frozen=True, slots=True)
class LandmarkCount:
    """The number of landmarks not met on the way to a state, or to be met again.

    A search that says how states are reached (`BoundLandmarkCount.reach`) is told what its path
    still lacks; otherwise landmarks count as met where they are true.

    Attributes:
        orders: a landmark counts only once those that had better be met before it were met.
    """

    orders: bool = True

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "landmarks"

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return LANDMARKS

    @property
    def costs(self) -> str:
        """The unit of its estimates: landmarks count one each."""
        return "unit"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost: a step may meet several landmarks."""
        return False

    def bind(self, space: StepSpace) -> BoundLandmarkCount:
        """Find the landmarks of the space's ground task.

        Raises:
            UnsupportedError: for a space that is not ground.
        """
        if not isinstance(space, GroundSpace):
            raise UnsupportedError(
                "the guide landmarks needs a ground task, and this one is not grounded; "
                "goal_count works anywhere"
            )
        return BoundLandmarkCount(space, self.orders)


class BoundLandmarkCount:
    """The count of landmarks bound to a ground space.

    Args:
        check: called every few milliseconds while landmarks are sought; it may raise.
    """

    def __init__(
        self, space: GroundSpace, orders: bool = True, check: Callable[[], None] = unwatched
    ) -> None:
        self._space = space
        task = space.ground_task
        row = space.row(space.initial())
        relaxed = relax(task, "unit")
        self.landmarks = find_landmarks(task, relaxed, row, orders=orders, check=check)
        self._words = (len(self.landmarks.is_goal) + 63) // 64
        self._parent: dict[int, int] = {}
        self._met: dict[int, npt.NDArray[np.int64]] = {}

    def reach(self, parent: int, state: int) -> None:
        """Say from which state another is reached for the first time; -1 for none."""
        self._parent.setdefault(state, parent)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=float(self._count(state))) for state in states]

    def _count(self, state: int) -> int:
        from planner.guides.landmarks.kernels import accept, count_required

        row = self._space.row(state)
        met = self._met.get(state)
        if met is None:
            nothing = np.zeros(self._words, dtype=np.int64)
            before = self._met.get(self._parent.get(state, -1), nothing)
            met = self._met[state] = np.zeros(self._words, dtype=np.int64)
            accept(row, self.landmarks, before, met)
        return int(count_required(row, self.landmarks, met))
