"""Training of the text model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from planner.learn.fitting.losses import all_best_cross_entropy
from planner.learn.lessons.lesson import Lesson
from planner.models.architectures import is_judge, new_bert, new_gpt2, new_lstm, score_texts
from planner.models.text import TextModel
from planner.models.wording import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.lessons.label import LabelledState
    from planner.models.vocabulary import Vocabulary

    Texts = list[tuple[int, ...]]

__all__ = ["TextLearner"]


class TextLearner:
    """Fits a `TextModel`; see `planner.learn.lessons.lesson.Learner`.

    Args:
        step_width: most arguments of a step.
        architecture: ``lstm``, ``gpt2`` or ``bert``.
        hops: how far the surroundings of a step reach.
    """

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
        maker = {"lstm": new_lstm, "gpt2": new_gpt2, "bert": new_bert}[architecture]
        lm: Any = maker(vocabulary)  # transformers has few types
        self._seed = seed
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

    def begin_with(self, vectors: str, lessons: Sequence[Lesson[Texts]]) -> None:
        """Set the embeddings of words that have a vector to it, at the size they have now.

        Raises:
            InputError: for unknown kinds of vectors, and those that are not installed.
        """
        from planner.learn.fitting.vectors import word_vectors

        vocabulary = words_of(self._model.vocabulary)
        weight = self._model.lm.get_input_embeddings().weight
        texts = [text for lesson in lessons for text in dict.fromkeys(lesson.encoded)]
        found = torch.from_numpy(
            word_vectors(vectors, vocabulary, texts, weight.shape[1], self._seed)
        )
        known = found.any(dim=1)
        with torch.no_grad():
            weight[known] = found[known] * weight.std()

    def work(self, lesson: Lesson[Texts]) -> int:
        """Tokens."""
        return sum(len(text) for text in lesson.encoded)

    def loss(self, batch: Sequence[Lesson[Texts]]) -> torch.Tensor:
        """Cross-entropy over all best steps of each state; a judge is told of each step apart."""
        # Twins have the same text, in one state and across states: each is read once.
        number: dict[tuple[int, ...], int] = {}
        texts = [text for lesson in batch for text in lesson.encoded]
        place = torch.tensor([number.setdefault(text, len(number)) for text in texts])
        counts = torch.tensor([len(lesson.encoded) for lesson in batch])
        state = torch.repeat_interleave(torch.arange(len(batch)), counts)
        # Half the time of float32 in the products; the scores themselves stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            scores = score_texts(self._model.lm, list(number))[place]
        if is_judge(self._model.lm):
            best = torch.from_numpy(np.concatenate([lesson.best for lesson in batch]))
            return functional.binary_cross_entropy_with_logits(scores, best.float())
        return all_best_cross_entropy(scores, state, [lesson.best for lesson in batch])

    def model(self, report: dict[str, object]) -> TextModel:
        """The model as trained so far; it shares its weights with the one being fitted."""
        model = self._model
        return TextModel(
            model.vocabulary, model.lm, model.hops, model.step_width, model.limit, report
        )
