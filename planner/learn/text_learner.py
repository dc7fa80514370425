"""Training of the text model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from planner.learn.lesson import Lesson
from planner.learn.losses import all_best_cross_entropy
from planner.models.text import TextModel, new_gpt2, new_lstm, score_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.label import LabelledState
    from planner.models.vocabulary import Vocabulary

    Texts = list[tuple[int, ...]]

__all__ = ["TextLearner"]


class TextLearner:
    """Fits a `TextModel`; see `planner.learn.lesson.Learner`."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        seed: int,
        *,
        step_width: int,
        architecture: str = "lstm",
        hops: int = 1,
    ) -> None:
        torch.manual_seed(seed)
        lm = new_lstm(vocabulary) if architecture == "lstm" else new_gpt2(vocabulary)
        self._model = TextModel(vocabulary, lm, hops=hops, step_width=step_width)

    @property
    def network(self) -> torch.nn.Module:
        """The module being fitted."""
        module: torch.nn.Module = self._model.lm
        return module

    def lessons(self, space: StepSpace, states: Sequence[LabelledState]) -> list[Lesson[Texts]]:
        """States as one text for each legal step."""
        bound = self._model.bind(space)
        return [Lesson(bound.texts(s.state, s.steps), s.best, s.distance) for s in states]

    def work(self, lesson: Lesson[Texts]) -> int:
        """Tokens."""
        return sum(len(text) for text in lesson.encoded)

    def loss(self, batch: Sequence[Lesson[Texts]]) -> torch.Tensor:
        """Cross-entropy over all best steps of each state."""
        # Twins have the same text, in one state and across states: each is read once.
        number: dict[tuple[int, ...], int] = {}
        texts = [text for lesson in batch for text in lesson.encoded]
        place = torch.tensor([number.setdefault(text, len(number)) for text in texts])
        counts = torch.tensor([len(lesson.encoded) for lesson in batch])
        state = torch.repeat_interleave(torch.arange(len(batch)), counts)
        # Half the time of float32 in the products; the scores themselves stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            scores = score_texts(self._model.lm, list(number))[place]
        return all_best_cross_entropy(scores, state, [lesson.best for lesson in batch])

    def model(self, report: dict[str, object]) -> TextModel:
        """The model as trained so far; it shares its weights with the one being fitted."""
        model = self._model
        return TextModel(
            model.vocabulary, model.lm, model.hops, model.step_width, model.limit, report
        )
