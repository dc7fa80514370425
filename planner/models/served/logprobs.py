"""Exact probabilities from a server that can score a given text (``echo`` with ``logprobs``)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from planner.models.served.client import Malformed
from planner.models.served.strategy import choices_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import FloatArray
    from planner.models.rendering import Situation
    from planner.models.served.client import Client

__all__ = ["Logprobs"]

_AT_ONCE = 64  # texts in one request


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Each step is put behind the prompt; its score is the sum of its tokens' log-probabilities.

    One token is generated and left out, since servers differ in whether they accept none.
    """

    @property
    def name(self) -> str:
        """``logprobs``."""
        return "logprobs"

    def judge(self, client: Client, situations: Sequence[Situation]) -> list[FloatArray]:
        """See `planner.models.served.strategy.Strategy`."""
        # The line end tells a step from one that only begins like it.
        texts = [(s.prompt, f" {step}\n") for s in situations for step in s.steps]
        parts = [texts[start : start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE)]
        bodies = [
            {
                "prompt": [prompt + step for prompt, step in part],
                "max_tokens": 1,
                "temperature": 0,
                "echo": True,
                "logprobs": 1,
            }
            for part in parts
        ]
        scores: list[float] = []
        answers = client.ask("/completions", bodies)
        for part, answer in zip(parts, answers, strict=True):
            scores += _scores(part, answer)
        split = np.split(np.array(scores), np.cumsum([len(s.steps) for s in situations])[:-1])
        return [part - np.logaddexp.reduce(part) for part in split]


def _scores(part: Sequence[tuple[str, str]], answer: Mapping[str, object]) -> list[float]:
    choices = choices_of(answer, "/completions")
    if len(choices) != len(part):
        raise Malformed(f"the model server scored {len(choices)} texts of {len(part)}")
    # Servers number their choices; some give them out of order.
    ordered = sorted(enumerate(choices), key=lambda pair: (_index(pair[1], pair[0]), pair[0]))
    return [_score(text, choice) for text, (_, choice) in zip(part, ordered, strict=True)]


def _index(choice: Mapping[str, object], place: int) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else place


def _score(text: tuple[str, str], choice: Mapping[str, object]) -> float:
    """Sum over the tokens that reach into the step and do not lie beyond it."""
    prompt, step = text
    found = choice.get("logprobs")
    tokens = found.get("tokens") if isinstance(found, dict) else None
    values = found.get("token_logprobs") if isinstance(found, dict) else None
    if not isinstance(tokens, list) or not isinstance(values, list) or len(tokens) != len(values):
        raise Malformed("the model server does not give log-probabilities of the text it is given")
    lengths = [len(str(token)) for token in tokens]
    starts = [0, *accumulate(lengths)][:-1]
    offsets = found.get("text_offset") if isinstance(found, dict) else None
    if isinstance(offsets, list) and len(offsets) == len(tokens):
        starts = [o if isinstance(o, int) else s for o, s in zip(offsets, starts, strict=True)]
    begin, end = len(prompt), len(prompt) + len(step)
    own = [
        value
        for start, length, value in zip(starts, lengths, values, strict=True)
        if start + length > begin and start < end
    ]
    if not own or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in own):
        raise Malformed("the model server scored what it wrote, but not the text it was given")
    return float(max(-1e6, sum(own)))
