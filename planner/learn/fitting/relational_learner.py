"""Training of the relational model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from planner.learn.fitting.losses import all_best_cross_entropy, distance_loss, ranking_loss
from planner.learn.lessons.lesson import Lesson
from planner.models.encoding import Encoder
from planner.models.graph import Graph, join
from planner.models.relational import GraphTensors, RelationalNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.lessons.label import LabelledState
    from planner.models.relational_numpy import RelationalModel, RelationalShape
    from planner.models.vocabulary import Vocabulary

__all__ = ["RelationalLearner"]

_VALUE_WEIGHT = 0.1


class RelationalLearner:
    """Fits a `RelationalNetwork`; see `planner.learn.lessons.lesson.Learner`."""

    def __init__(self, vocabulary: Vocabulary, shape: RelationalShape, seed: int) -> None:
        torch.manual_seed(seed)
        self._network = RelationalNetwork(vocabulary, shape)

    @property
    def network(self) -> RelationalNetwork:
        """The module being fitted."""
        return self._network

    def lessons(self, space: StepSpace, states: Sequence[LabelledState]) -> list[Lesson[Graph]]:
        """States as graphs."""
        shape = self._network.shape
        encoder = Encoder(self._network.vocabulary, space, shape.step_width, hints=shape.hints)
        return [
            Lesson(encoder.encode([s.state], [s.steps]), s.best, s.distance, s.refuting)
            for s in states
        ]

    def work(self, lesson: Lesson[Graph]) -> int:
        """Facts, mostly."""
        return lesson.encoded.size

    def loss(self, batch: Sequence[Lesson[Graph]]) -> torch.Tensor:
        """Cross-entropy over all best steps, and a tenth of the distance's and order's loss."""
        graph = join([lesson.encoded for lesson in batch])
        tensors = GraphTensors.of(graph, self._network.vocabulary.word_count)
        scores, values = self._network(tensors)
        steps = all_best_cross_entropy(
            scores,
            tensors.step_state,
            [lesson.best for lesson in batch],
            [lesson.refuting for lesson in batch],
        )
        away = [lesson.distance for lesson in batch]
        return steps + _VALUE_WEIGHT * (distance_loss(values, away) + ranking_loss(values, away))

    def model(self, report: dict[str, object]) -> RelationalModel:
        """The model as trained so far, without torch."""
        return self._network.to_model(report)
