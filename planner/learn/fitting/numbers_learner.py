"""Training of the model of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from planner.learn.fitting.losses import all_best_cross_entropy
from planner.learn.lessons.lesson import Lesson
from planner.models.numbers import NumbersModel, StepReader, number_weight_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import StepSpace
    from planner.learn.lessons.label import LabelledState

    Features = npt.NDArray[np.float32]

__all__ = ["NumbersLearner", "NumbersNetwork"]

_HIDDEN = 64


class NumbersNetwork(nn.Module):
    """The network of `planner.models.numbers` in torch: two hidden layers, one score a step."""

    def __init__(self, schemas: int, hidden: int = _HIDDEN) -> None:
        super().__init__()
        for name, shape in number_weight_shapes(schemas, hidden).items():
            bound = 0.0 if name.endswith("bias") else float(shape[0]) ** -0.5
            self.register_parameter(name, nn.Parameter((torch.rand(shape) * 2 - 1) * bound))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores, shape (S,), of steps described by rows."""
        weights = dict(self.named_parameters())
        hidden = functional.relu(features @ weights["in"] + weights["in_bias"])
        hidden = functional.relu(hidden @ weights["mid"] + weights["mid_bias"])
        return hidden @ weights["out"]


class NumbersLearner:
    """Fits a `NumbersNetwork`; see `planner.learn.lessons.lesson.Learner`.

    Args:
        schemas: the rule base's actions by name.
        seed: draws the first weights.
    """

    def __init__(self, schemas: Sequence[str], seed: int) -> None:
        torch.manual_seed(seed)
        self._schemas = tuple(schemas)
        self._network = NumbersNetwork(len(self._schemas))

    @property
    def network(self) -> NumbersNetwork:
        """The module being fitted."""
        return self._network

    def lessons(self, space: StepSpace, states: Sequence[LabelledState]) -> list[Lesson[Features]]:
        """Each legal step as a row of numbers."""
        reader = StepReader(self._schemas, space)
        return [
            Lesson(reader.read(s.state, s.steps), s.best, s.distance, s.refuting) for s in states
        ]

    def work(self, lesson: Lesson[Features]) -> int:
        """Steps."""
        return len(lesson.encoded)

    def loss(self, batch: Sequence[Lesson[Features]]) -> torch.Tensor:
        """Cross-entropy over all best steps."""
        sizes = torch.tensor([len(lesson.encoded) for lesson in batch])
        scores = self._network(torch.from_numpy(np.concatenate([x.encoded for x in batch])))
        return all_best_cross_entropy(
            scores,
            torch.repeat_interleave(torch.arange(len(batch)), sizes),
            [lesson.best for lesson in batch],
            [lesson.refuting for lesson in batch],
        )

    def model(self, report: dict[str, object]) -> NumbersModel:
        """The model as trained so far, without torch."""
        weights = {
            name: value.detach().numpy().astype(np.float32, copy=True)
            for name, value in self._network.state_dict().items()
        }
        return NumbersModel(self._schemas, weights, report)
