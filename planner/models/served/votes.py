"""Probabilities from how often a server names each step when it is asked several times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.models.served.client import Malformed
from planner.models.served.strategy import choices_of, menu_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray
    from planner.models.rendering import Situation
    from planner.models.served.client import Client

__all__ = ["Votes"]

_PRIOR = 1.0
"""Votes that are spread evenly beforehand (Laplace 1814): no step is ruled out by a few samples."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Counts of sampled answers; works with any server that completes a chat.

    Attributes:
        samples: answers asked for at a state.
    """

    samples: int = 5

    @property
    def name(self) -> str:
        """``votes``."""
        return "votes"

    def judge(self, client: Client, situations: Sequence[Situation]) -> list[FloatArray]:
        """See `planner.models.served.strategy.Strategy`."""
        votes: list[list[int | None]] = [[] for _ in situations]
        heard = [""] * len(situations)
        # Servers that ignore `n` give one answer a request: then it is asked again.
        for round_number in range(self.samples):
            open_ones = [i for i, v in enumerate(votes) if len(v) < self.samples]
            if not open_ones:
                break
            bodies = [
                self._body(situations[i], self.samples - len(votes[i]), round_number)
                for i in open_ones
            ]
            answers = client.ask("/chat/completions", bodies)
            for i, answer in zip(open_ones, answers, strict=True):
                texts = [text_of(c) for c in choices_of(answer, "/chat/completions")]
                votes[i] += [_number(text, situations[i]) for text in texts][: self.samples]
                heard[i] = texts[0]
        return [_shares(v, s, said) for v, s, said in zip(votes, situations, heard, strict=True)]

    @staticmethod
    def _body(situation: Situation, count: int, round_number: int) -> dict[str, object]:
        return {
            "messages": menu_of(situation, range(len(situation.steps))),
            "max_tokens": 32,
            "temperature": 1,
            "n": count,
            "seed": round_number,
        }


def _number(text: str, situation: Situation) -> int | None:
    """The step a text names by number or, failing that, by name."""
    for found in re.findall(r"\d+", text):
        if 1 <= int(found) <= len(situation.steps):
            return int(found) - 1
    named = [i for i, step in enumerate(situation.steps) if step in text]
    return named[0] if named else None


def _shares(votes: list[int | None], situation: Situation, said: str) -> FloatArray:
    valid = [vote for vote in votes if vote is not None]
    if not valid:
        raise Malformed(
            f"the model server was asked {len(votes)} times for the number of a step and gave "
            f"none, but for instance {said[:80]!r}"
        )
    count = len(situation.steps)
    counted = np.bincount(valid, minlength=count) + _PRIOR / count
    shares: FloatArray = np.log(counted / counted.sum())
    return shares
