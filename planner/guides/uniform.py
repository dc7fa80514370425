"""The guide without an opinion: every legal step is as likely as every other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxed_task import UNIFORM
from planner.interfaces import Judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray, StepSpace

__all__ = ["BoundUniform", "Uniform"]


@dataclass(frozen=True, slots=True)
class Uniform:
    """The same probability for each legal step, and 0 as the estimate of every state."""

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "uniform"

    @property
    def kernel_kind(self) -> int:
        """The kernel that computes the same."""
        return UNIFORM

    @property
    def costs(self) -> str:
        """The unit of its estimates: 0 is 0 in any."""
        return "real"

    @property
    def admissible(self) -> bool:
        """Whether estimates never exceed the true cost."""
        return True

    def bind(self, space: StepSpace) -> BoundUniform:
        """Nothing to prepare."""
        return BoundUniform()


class BoundUniform:
    """`Uniform`, bound."""

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        return [
            Judgement(np.full(len(legal), -math.log(max(len(legal), 1))), 0.0) for legal in steps
        ]
