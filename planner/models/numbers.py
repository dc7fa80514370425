"""The step model for rule bases whose actions compute: it reads what a step does to numbers.

A small network scores each legal step by itself from `planner.models.number_features` and the
step's action; scores are normalised over the legal steps. The network is plain NumPy at work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.errors import ModelError
from planner.models.number_features import FEATURES, NumberReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from planner.interfaces import FloatArray, IntArray, StepSpace

    Array: TypeAlias = "npt.NDArray[np.float32]"

__all__ = ["BoundNumbers", "NumbersModel", "StepReader", "number_weight_shapes"]

_STEP_WORK = 60_000
"""Following a legal step and describing it takes about 60 microseconds."""


@dataclass(frozen=True)
class NumbersModel:
    """A trained model of numbers.

    Attributes:
        schemas: the rule base's actions by name, in order.
        weights: float32 arrays; the shapes are those of `number_weight_shapes`.
        report: how it was trained.
    """

    schemas: tuple[str, ...]
    weights: Mapping[str, Array]
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``numbers``."""
        return "numbers"

    def bind(self, space: StepSpace) -> BoundNumbers:
        """Prepare for a space.

        Raises:
            ModelError: when the space's rule base has other actions than the model knows, or the
                goal asks for no number.
        """
        return BoundNumbers(self, space)

    def to_json(self) -> dict[str, object]:
        """What is written into ``config.json``."""
        return {"schemas": list(self.schemas), "report": dict(self.report)}

    @staticmethod
    def from_json(config: Mapping[str, object], weights: Mapping[str, Array]) -> NumbersModel:
        """Read what `to_json` wrote.

        Raises:
            ModelError: when the actions are missing or the weights are of other shapes.
        """
        schemas, report = config.get("schemas"), config.get("report")
        if not isinstance(schemas, list) or not all(isinstance(name, str) for name in schemas):
            raise ModelError("a model of numbers needs `schemas`, the names of the actions")
        if {"in", "in_bias", "mid", "mid_bias", "out"} - set(weights):
            raise ModelError("a model of numbers lacks some of its weights")
        expected = number_weight_shapes(len(schemas), weights["in"].shape[-1])
        found = {name: value.shape for name, value in weights.items()}
        if found != expected:
            raise ModelError(f"the weights of a model of numbers are {found}, expected {expected}")
        return NumbersModel(tuple(schemas), weights, report if isinstance(report, dict) else {})


def number_weight_shapes(schemas: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight."""
    return {
        "in": (schemas + FEATURES, hidden),
        "in_bias": (hidden,),
        "mid": (hidden, hidden),
        "mid_bias": (hidden,),
        "out": (hidden,),
    }


class StepReader:
    """Describes the legal steps of the states of one space: action, then what it does to numbers.

    Raises:
        ModelError: as `NumbersModel.bind`.
    """

    def __init__(self, schemas: Sequence[str], space: StepSpace) -> None:
        names = [action.name for action in space.task.rules.actions]
        strange = [name for name in names if name not in schemas]
        if strange:
            raise ModelError(
                f"the model was made for another rule base than `{space.task.rules.name}`: "
                f"it does not know action `{strange[0]}`"
            )
        self._numbers = NumberReader(space)
        if not self._numbers.goals:
            raise ModelError(
                "a model of numbers needs a goal that asks for a number which actions compute, "
                "such as `value(?a, 24)`; solve this task with `--model none`"
            )
        self._space = space
        place = {name: number for number, name in enumerate(schemas)}
        self._schema = np.array([place[name] for name in names], dtype=np.int32)
        self._one_hot = np.eye(len(schemas), dtype=np.float32)

    def read(self, state: int, steps: IntArray) -> Array:
        """Shape (steps, actions + `FEATURES`)."""
        read = self._numbers.read(state, steps)
        schema = self._one_hot[self._schema[self._space.steps.symbol[steps]]]
        return np.concatenate([schema, read], axis=1)


class BoundNumbers:
    """A model of numbers bound to a space.

    Attributes:
        call_work: an estimate of the work of judging a state, from the initial one.
    """

    def __init__(self, model: NumbersModel, space: StepSpace) -> None:
        self._weights = model.weights
        self._reader = StepReader(model.schemas, space)
        self.call_work = _STEP_WORK * (1 + len(space.legal_steps(space.initial())))

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        return [self._judge(state, legal) for state, legal in zip(states, steps, strict=True)]

    def values(self, states: Sequence[int]) -> None:
        """No value output."""
        del states

    def _judge(self, state: int, legal: IntArray) -> FloatArray:
        if len(legal) <= 1:
            return np.zeros(len(legal))
        weights = self._weights
        hidden = np.maximum(self._reader.read(state, legal) @ weights["in"] + weights["in_bias"], 0)
        hidden = np.maximum(hidden @ weights["mid"] + weights["mid_bias"], 0)
        scores = (hidden @ weights["out"]).astype(np.float64)
        normal: FloatArray = scores - np.logaddexp.reduce(scores)
        return normal
