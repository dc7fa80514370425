"""The guide of best-first width search: new states first, then those with fewer open goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import UnsupportedError
from planner.guides.novelty.tables import grow_novelty, new_novelty
from planner.guides.relaxed_task import DEAD_END, FACTS, NOVELTY, relax, workspace
from planner.interfaces import Judgement
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace

__all__ = ["BoundNoveltyGuide", "NoveltyGuide"]


@dataclass(frozen=True, slots=True)
class NoveltyGuide:
    """BFWS(f5) with novelty 1 (Lipovetzky & Geffner 2017).

    The value is the number of open goals, plus more than all goals where a state is not new. It
    depends on the states judged before and on how a state was reached
    (`BoundNoveltyGuide.reach`); meant for eager search without preferred steps.
    """

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "novelty"

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return NOVELTY

    @property
    def costs(self) -> str:
        """The unit of its estimates: goals count one each."""
        return "unit"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost."""
        return False

    def bind(self, space: StepSpace) -> BoundNoveltyGuide:
        """Build the relaxation of the space's ground task, for relaxed plans.

        Raises:
            UnsupportedError: for a space that is not ground.
        """
        if not isinstance(space, GroundSpace):
            raise UnsupportedError(
                "the guide novelty needs a ground task, and this one is not grounded; "
                "goal_count works anywhere"
            )
        return BoundNoveltyGuide(space)


class BoundNoveltyGuide:
    """The novelty guide bound to a ground space."""

    def __init__(self, space: GroundSpace) -> None:
        self._space = space
        relaxed = relax(space.ground_task, "unit")
        self._relaxation, self._work = relaxed.arrays, workspace(relaxed)
        self._width = len(space.row(space.initial()))
        self._novelty = new_novelty(len(self._relaxation.goal), self._width)
        self._parent: dict[int, int] = {}
        self._marks: dict[int, npt.NDArray[np.int64]] = {}
        self._values: dict[int, float] = {}

    def reach(self, parent: int, state: int) -> None:
        """Say from which state another is reached for the first time; -1 for none."""
        self._parent.setdefault(state, parent)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=self._value(state)) for state in states]

    def _value(self, state: int) -> float:
        if state not in self._values:
            estimate = self._estimate(state)
            self._values[state] = math.inf if estimate >= DEAD_END else float(estimate)
        return self._values[state]

    def _estimate(self, state: int) -> int:
        from planner.guides.novelty.kernels import estimate_novelty
        from planner.spaces.kernels import list_atoms

        if self._novelty.used[0] == len(self._novelty.seen):
            grow_novelty(self._novelty)
        row = self._space.row(state)
        self._work.counts[FACTS] = list_atoms(row, self._work.facts)
        nothing = np.zeros(self._width + 2, dtype=np.int64)
        before = self._marks.get(self._parent.get(state, -1), nothing)
        marks = self._marks[state] = np.zeros(self._width + 2, dtype=np.int64)
        arrays = (self._relaxation, self._work, self._novelty)
        return int(estimate_novelty(row, before, marks, *arrays))
