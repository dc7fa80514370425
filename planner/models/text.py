"""The text step model: a language model that reads one legal step at a time.

The step's surroundings are written out (`planner.models.wording`) and the network says how much
likelier "good" is than "bad" (`planner.models.architectures`); scores are normalised over the
legal steps, so probabilities are exact whatever the length of the texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from planner.errors import ModelError
from planner.models.architectures import load_network, score_texts
from planner.models.encoding import Encoder
from planner.models.goals import warn_of_invisible_goals
from planner.models.quiet import without_progress_bars
from planner.models.relational_numpy import log_softmax
from planner.models.vocabulary import Vocabulary
from planner.models.wording import StepTexts, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from planner.interfaces import FloatArray, IntArray, StepSpace

__all__ = ["BoundText", "TextModel", "tokenizer_of"]

_LM = "lm"
_BATCH = 256  # texts read at once
_KEPT = 200_000
"""Scores kept by text: what lies around a step is mostly the same in the state after."""


@dataclass(frozen=True)
class TextModel:
    """A trained text model.

    Attributes:
        lm: the language model, a transformers ``PreTrainedModel``.
        hops: how far the surroundings of a step reach.
        step_width: most arguments of a step.
        limit: longest text in tokens.
    """

    vocabulary: Vocabulary
    lm: Any  # transformers has few types
    hops: int = 1
    step_width: int = 2
    limit: int = 160
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``text``."""
        return "text"

    def bind(self, space: StepSpace) -> BoundText:
        """Prepare for a space.

        Raises:
            ModelError: when the space's rule base has words the model does not know.
        """
        warn_of_invisible_goals(space.task)
        return BoundText(self, space)

    def write(self, folder: Path) -> dict[str, object]:
        """Save the language model with its tokenizer in ``folder/lm``; what else to remember."""
        (folder / _LM).mkdir(parents=True, exist_ok=True)
        with without_progress_bars():
            self.lm.save_pretrained(folder / _LM)
        tokenizer_of(self.vocabulary).save_pretrained(folder / _LM)
        return {
            "vocabulary": self.vocabulary.to_json(),
            "hops": self.hops,
            "step_width": self.step_width,
            "limit": self.limit,
            "report": dict(self.report),
        }

    @staticmethod
    def read(folder: Path, config: Mapping[str, Any]) -> TextModel:
        """Load what `write` saved.

        Raises:
            ModelError: when something is missing or damaged.
        """
        source = folder / _LM
        if not (source / "config.json").is_file():
            raise ModelError(f"{source} has no config.json: the language model is missing")
        try:
            lm = load_network(source)
            sizes = int(config["hops"]), int(config["step_width"]), int(config["limit"])
            vocabulary = Vocabulary.from_json(config["vocabulary"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder} is not a text model: {error}") from error
        if len(words_of(vocabulary)) != lm.config.vocab_size:
            raise ModelError(
                f"{source} reads {lm.config.vocab_size} words, "
                f"the vocabulary has {len(words_of(vocabulary))}"
            )
        return TextModel(vocabulary, lm.eval(), *sizes, config.get("report") or {})


class BoundText:
    """A text model bound to a space.

    Attributes:
        asked, read: texts to be scored so far, and those that the network had to read.
    """

    def __init__(self, model: TextModel, space: StepSpace) -> None:
        torch.set_num_threads(1)
        self._model = model
        self._encoder = Encoder(model.vocabulary, space, model.step_width)
        self._known: dict[tuple[int, ...], float] = {}
        self.asked = self.read = 0

    def texts(self, state: int, steps: IntArray) -> list[tuple[int, ...]]:
        """What the model reads of each step, as token numbers."""
        graph = self._encoder.encode([state], [steps])
        writer = StepTexts(self._model.vocabulary, graph, self._model.hops, self._model.limit)
        return [
            writer.write(schema, nodes)
            for schema, nodes in zip(
                graph.step_schema.tolist(), graph.step_nodes.tolist(), strict=True
            )
        ]

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        texts = [self.texts(s, legal) for s, legal in zip(states, steps, strict=True)]
        # Twins have the same text, and so do steps far from where the last one was taken.
        new = dict.fromkeys(
            text for of_state in texts if len(of_state) > 1 for text in of_state
            if text not in self._known
        )  # fmt: skip
        known = self._known
        if len(known) + len(new) > _KEPT:
            new = dict.fromkeys(text for of_state in texts for text in of_state)
            known.clear()
        known.update(zip(new, self._scores(list(new)).tolist(), strict=True))
        self.asked += sum(map(len, texts))
        self.read += len(new)
        return [
            log_softmax(np.array([known[text] for text in of_state], dtype=np.float32))
            if len(of_state) > 1
            else np.zeros(len(of_state))
            for of_state in texts
        ]

    def values(self, states: Sequence[int]) -> None:
        """Text models have no value output."""
        del states

    def _scores(self, texts: list[tuple[int, ...]]) -> Any:
        scores = np.zeros(len(texts), dtype=np.float32)
        # Batches of like length waste no time on padding.
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
        with torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                scores[part] = score_texts(self._model.lm, [texts[i] for i in part]).numpy()
        return scores


def tokenizer_of(vocabulary: Vocabulary) -> Any:
    """The word-level tokenizer whose numbers are those of `words_of`."""
    words = {word: number for number, word in enumerate(words_of(vocabulary))}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast: Any = PreTrainedTokenizerFast  # untyped there
    return fast(tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>")
