"""Step models that learn next to nothing, to measure the others by: uniform and frequency."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.interfaces import FloatArray, IntArray, StepSpace

__all__ = ["BoundBaseline", "FrequencyModel", "UniformModel"]


@dataclass(frozen=True, slots=True)
class UniformModel:
    """Every legal step is as likely as every other."""

    @property
    def kind(self) -> str:
        """``uniform``."""
        return "uniform"

    def bind(self, space: StepSpace) -> BoundBaseline:
        """Nothing to prepare."""
        return BoundBaseline(space, None)


@dataclass(frozen=True)
class FrequencyModel:
    """Each legal step weighs how often its schema was best when one of its steps was legal.

    Attributes:
        weights: by name of the schema, above 0.
    """

    weights: Mapping[str, float]
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``frequency``."""
        return "frequency"

    def bind(self, space: StepSpace) -> BoundBaseline:
        """Look up the weight of each schema; one never seen weighs as the least of the others."""
        least = min(self.weights.values(), default=1.0)
        names = [schema.name for schema in space.task.rules.actions]
        return BoundBaseline(space, np.log([self.weights.get(name, least) for name in names]))

    def to_json(self) -> dict[str, object]:
        """What is written into ``config.json``."""
        return {"weights": dict(self.weights), "report": dict(self.report)}

    @staticmethod
    def from_json(config: Mapping[str, object]) -> FrequencyModel:
        """Read what `to_json` wrote.

        Raises:
            ModelError: when a weight is missing or not above 0.
        """
        weights, report = config.get("weights"), config.get("report")
        if not isinstance(weights, dict) or not all(
            isinstance(w, int | float) and w > 0 for w in weights.values()
        ):
            raise ModelError("a frequency model needs `weights` above 0 by name of the action")
        numbers = {str(name): float(weight) for name, weight in weights.items()}
        return FrequencyModel(numbers, report if isinstance(report, dict) else {})


class BoundBaseline:
    """Weights of schemas bound to a space; ``None`` weighs all alike."""

    call_work = 50_000

    def __init__(self, space: StepSpace, log_weight: FloatArray | None) -> None:
        self._space = space
        self._log_weight = log_weight

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        del states
        return [self._judge(legal) for legal in steps]

    def values(self, states: Sequence[int]) -> None:
        """No value output."""
        del states

    def _judge(self, legal: IntArray) -> FloatArray:
        if self._log_weight is None or not len(legal):
            return np.full(len(legal), -np.log(max(1, len(legal))))
        scores = self._log_weight[self._space.steps.symbol[legal]]
        normal: FloatArray = scores - np.logaddexp.reduce(scores)
        return normal
