"""The guide LM-cut (Helmert & Domshlak 2009): admissible, for optimal plans."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.guides.lm_cut.tables import new_cuts
from planner.guides.lm_cut.ties import choose_ties
from planner.guides.relaxed_task import DEAD_END, FACTS, LM_CUT, CostKind, relax, workspace
from planner.interfaces import Judgement
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray, StepSpace

__all__ = ["BoundLmCut", "LmCut"]


@dataclass(frozen=True, slots=True)
class LmCut:
    """An estimate that is never more than the true cost, and often close to it."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "lm_cut"

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return LM_CUT

    @property
    def costs(self) -> CostKind:
        """The unit of its estimates."""
        return "real"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost."""
        return True

    def bind(self, space: StepSpace) -> BoundLmCut:
        """Build the relaxation of the space's ground task.

        Raises:
            UnsupportedError: for a space that is not ground.
        """
        if not isinstance(space, GroundSpace):
            raise UnsupportedError(
                "the guide lm_cut needs a ground task, and this one is not grounded; "
                "goal_count works anywhere"
            )
        return BoundLmCut(space)


class BoundLmCut:
    """LM-cut bound to a ground space."""

    reads_steps = False

    def __init__(self, space: GroundSpace) -> None:
        self._space = space
        relaxed = relax(space.ground_task)
        self._relaxation, self._work = relaxed.arrays, workspace(relaxed)
        self._cuts = new_cuts(relaxed)
        row = space.row(space.initial())
        choose_ties(self._relaxation, self._work, self._cuts, space.arrays, row)
        self._unit = relaxed.unit / space.cost_scale

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [Judgement(value=self._value(state)) for state in states]

    def _value(self, state: int) -> float:
        from planner.guides.lm_cut.kernels import estimate_by_cuts
        from planner.spaces.kernels import list_atoms

        self._work.counts[FACTS] = list_atoms(self._space.row(state), self._work.facts)
        estimate = int(estimate_by_cuts(self._relaxation, self._work, self._cuts))
        return math.inf if estimate >= DEAD_END else estimate * self._unit
