"""What a step model thinks of good plans: perplexity, top-1 accuracy, calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.learn.lessons.label import label_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepModel, StepSpace
    from planner.learn.lessons.label import LabelledState, StateGraph

__all__ = ["Bin", "Choice", "Likelihood", "choices_along", "measure"]

_BINS = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """A model's opinion of one state of a best-known plan.

    Attributes:
        log_prob: of the plan's step.
        confidence: probability of the likeliest step.
        right: whether that step is a best one, as far as that is known.
        exact: whether it is known for every step.
    """

    log_prob: float
    confidence: float
    right: bool
    exact: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Choices of like confidence: how many, their mean confidence, the share that was right."""

    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Summary of a model's choices along best-known plans.

    Attributes:
        perplexity: exp of the mean negative log-probability of a plan's step; 1 is certainty.
        top_1: share of states whose likeliest step is a best one.
        exact: share of states where every best step was known; elsewhere only the plan's own
            step counts, so that ``top_1`` is a lower bound.
        calibration_error: expected calibration error (Naeini, Cooper, Hauskrecht 2015): mean
            difference between confidence and accuracy over ten bins, weighed by their choices.
        bins: the reliability diagram, empty bins left out.
    """

    states: int
    perplexity: float
    top_1: float
    exact: float
    calibration_error: float
    bins: tuple[Bin, ...]


def choices_along(
    space: StepSpace, model: StepModel, plan: Sequence[int], graph: StateGraph | None
) -> list[Choice]:
    """The model's choice at each state of a plan.

    Args:
        space: where the plan is valid.
        model: what is judged.
        plan: the best plan known.
        graph: all states of the task with their best steps, where it is small enough.
    """
    labelled = label_plan(space, plan)
    if not labelled:
        return []
    answers = model.bind(space).log_probs([s.state for s in labelled], [s.steps for s in labelled])
    known = {} if graph is None else dict(zip(graph.states, graph.best, strict=True))
    found = []
    for state, log_probs in zip(labelled, answers, strict=True):
        likeliest = int(np.argmax(log_probs))
        best = known.get(state.state, state.best)
        found.append(
            Choice(
                _of_plan(state, log_probs),
                math.exp(float(log_probs[likeliest])),
                bool(best[likeliest]),
                graph is not None,
            )
        )
    return found


def _of_plan(state: LabelledState, log_probs: np.ndarray) -> float:
    return float(log_probs[int(np.argmax(state.best))])


def measure(choices: Sequence[Choice]) -> Likelihood | None:
    """Summarise; ``None`` without choices."""
    if not choices:
        return None
    count = len(choices)
    bins = []
    for number in range(_BINS):
        own = [c for c in choices if min(int(c.confidence * _BINS), _BINS - 1) == number]
        if own:
            confidence = sum(c.confidence for c in own) / len(own)
            bins.append(Bin(len(own), confidence, sum(c.right for c in own) / len(own)))
    return Likelihood(
        states=count,
        perplexity=math.exp(-sum(c.log_prob for c in choices) / count),
        top_1=sum(c.right for c in choices) / count,
        exact=sum(c.exact for c in choices) / count,
        calibration_error=sum(b.count * abs(b.confidence - b.right) for b in bins) / count,
        bins=tuple(bins),
    )
