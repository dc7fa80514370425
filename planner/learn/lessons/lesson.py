"""What a step model is fitted on, and what each kind of model must bring for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from planner.interfaces import BoolArray, StepModel, StepSpace
    from planner.learn.lessons.label import LabelledState

__all__ = ["Learner", "Lesson"]

Encoded = TypeVar("Encoded")


@dataclass(frozen=True, slots=True)
class Lesson(Generic[Encoded]):
    """One state in the form a model reads, with its labels.

    Attributes:
        best: shape (legal steps,), which steps start a best-known plan.
        distance: steps of that plan, -1 when it is not known.
        refuting: as in `planner.learn.lessons.label.LabelledState`.
    """

    encoded: Encoded
    best: BoolArray
    distance: int
    refuting: bool = False


class Learner(Protocol[Encoded]):
    """A model being trained. It has ``network``, the module whose parameters are fitted."""

    @property
    def network(self) -> torch.nn.Module: ...

    def lessons(self, space: StepSpace, states: Sequence[LabelledState]) -> list[Lesson[Encoded]]:
        """Bring labelled states into the form the model reads."""
        ...

    def work(self, lesson: Lesson[Encoded]) -> int:
        """A measure of the time a lesson takes, to make batches of equal work."""
        ...

    def loss(self, batch: Sequence[Lesson[Encoded]]) -> torch.Tensor:
        """The mean loss of a batch."""
        ...

    def model(self, report: dict[str, object]) -> StepModel:
        """The model as trained so far."""
        ...
