"""A step model as a guide: its distribution is the prior, its value output the value."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.interfaces import Judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import (
        BoundStepModel,
        FloatArray,
        IntArray,
        StepModel,
        StepSpace,
    )

__all__ = ["CALL_WORK", "BoundModelGuide", "ModelGuide"]

CALL_WORK = 20_000_000
"""Work of a call where the model does not say: about 20 ms."""


@dataclass(frozen=True, slots=True)
class ModelGuide:
    """Wrap a step model.

    Attributes:
        model: asked once for each state; its answers are kept.
        name: the name it is shown by.
        cache_mb: answers kept, in megabytes; when full, all are forgotten.
    """

    model: StepModel
    name: str = "model"
    cache_mb: float = 256.0

    def bind(self, space: StepSpace) -> BoundModelGuide:
        """Prepare the model for a space.

        Raises:
            ModelError: when the space's rule base has words the model does not know.
        """
        return BoundModelGuide(self.model.bind(space), self.cache_mb)


class BoundModelGuide:
    """A step model bound to a space, with its answers by state.

    Attributes:
        model_calls: states the model has judged so far.
        model_s: CPU seconds of this process that took.
        call_work: an estimate of the work of a call, as `planner.interfaces.BoundStepModel` says.
    """

    def __init__(self, model: BoundStepModel, cache_mb: float = 256.0) -> None:
        self.model_calls = 0
        self.model_s = 0.0
        self.call_work = int(getattr(model, "call_work", CALL_WORK))
        self._model = model
        self._room = int(cache_mb * 2**20)
        self._kept: dict[int, Judgement] = {}
        self._bytes = 0

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states; those judged before cost nothing."""
        # Without steps there is nothing to score: such a state is no call.
        new = {
            state: legal
            for state, legal in zip(states, steps, strict=True)
            if state not in self._kept and len(legal)
        }
        fresh = self._ask(list(new), list(new.values())) if new else {}
        silent = Judgement(merges=True)
        judged = [fresh.get(state) or self._kept.get(state, silent) for state in states]
        self._keep(fresh)
        return judged

    def _ask(self, states: list[int], steps: list[IntArray]) -> dict[int, Judgement]:
        began = time.process_time()
        priors = self._model.log_probs(states, steps)
        values = self._model.values(states)
        self.model_s += time.process_time() - began
        self.model_calls += len(states)
        return {
            state: Judgement(
                log_prior=_not_forbidding(prior),
                value=None if values is None else _finite(values[i]),
                merges=True,
            )
            for i, (state, prior) in enumerate(zip(states, priors, strict=True))
        }

    def _keep(self, fresh: dict[int, Judgement]) -> None:
        size = sum(200 + 8 * len(j.log_prior) for j in fresh.values() if j.log_prior is not None)
        if self._bytes + size > self._room:
            self._kept.clear()
            self._bytes = 0
        self._kept.update(fresh)
        self._bytes += size


_LEAST = -700.0
"""A model is an opinion, no proof: its probabilities stay above zero (e^-745 is the least)."""


def _not_forbidding(log_prior: FloatArray) -> FloatArray:
    return log_prior if float(log_prior.min()) >= _LEAST else log_prior.clip(_LEAST)


def _finite(value: float) -> float | None:
    if math.isnan(value):
        return None
    return min(max(value, 0.0), 1e9)
