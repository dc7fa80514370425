"""Guides from the delete relaxation: h_max, h_add and h_FF.

h_max and h_add: Bonet & Geffner 2001; h_FF: Hoffmann & Nebel 2001, with relaxed plans drawn from
h_add (Keyder & Geffner 2008). h_max is admissible. An infinite value proves a dead end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from planner.errors import UnsupportedError
from planner.guides.relaxed_task import (
    DEAD_END,
    H_ADD,
    H_FF,
    H_MAX,
    PREFERRED,
    CostKind,
    relax,
    workspace,
)
from planner.interfaces import Judgement
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray, IntArray, StepSpace

__all__ = ["BoundRelaxation", "RelaxationGuide"]

_KINDS = MappingProxyType({"h_max": H_MAX, "h_add": H_ADD, "h_ff": H_FF})


@dataclass(frozen=True, slots=True)
class RelaxationGuide:
    """Estimates from the task without deletions; h_FF also prefers steps.

    Attributes:
        name: which of the three.
        costs: ``real`` costs of the steps, or ``unit`` to count steps.
    """

    name: Literal["h_max", "h_add", "h_ff"] = "h_ff"
    costs: CostKind = "real"

    def __post_init__(self) -> None:
        if self.name not in _KINDS:
            raise ValueError(f"there is no relaxation `{self.name}`; take {', '.join(_KINDS)}")
        if self.costs not in ("real", "unit"):
            raise ValueError(f"costs are `real` or `unit`, not `{self.costs}`")

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return _KINDS[self.name]

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost."""
        return self.name == "h_max" and self.costs == "real"

    def bind(self, space: StepSpace) -> BoundRelaxation:
        """Build the relaxation of the space's ground task.

        Raises:
            UnsupportedError: for a space that is not ground.
        """
        if not isinstance(space, GroundSpace):
            raise UnsupportedError(
                f"the guide {self.name} needs a ground task, and this one is not grounded; "
                "goal_count works anywhere"
            )
        return BoundRelaxation(space, self)


class BoundRelaxation:
    """A relaxation guide bound to a ground space."""

    reads_steps = False

    def __init__(self, space: GroundSpace, guide: RelaxationGuide) -> None:
        self._space = space
        self._kind = guide.kernel_kind
        self._relaxed = relax(space.ground_task, guide.costs)
        self._work = workspace(self._relaxed)
        scale = space.cost_scale if guide.costs == "real" else 1
        self._unit = self._relaxed.unit / scale

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [self._judge(state, legal) for state, legal in zip(states, steps, strict=True)]

    def _judge(self, state: int, legal: IntArray) -> Judgement:
        from planner.guides.kernels import estimate_row

        work = self._work
        row = self._space.row(state)
        estimate = int(estimate_row(self._kind, row, self._relaxed.arrays, work))
        if estimate >= DEAD_END:
            return Judgement(value=math.inf)
        preferred: BoolArray | None = None
        if self._kind == H_FF:
            preferred = np.isin(legal, work.preferred[: int(work.counts[PREFERRED])])
        return Judgement(value=estimate * self._unit, preferred=preferred)
