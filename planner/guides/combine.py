"""Several guides as one, and Bayes' rule between a prior and estimates of the successors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from planner.interfaces import ForesightGuide, Judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray, BoundGuide, FloatArray, Guide, IntArray, StepSpace

__all__ = ["Bayes", "BoundBayes", "BoundCombined", "Combined", "merge", "posterior"]


_NO_STEPS: IntArray = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Combined:
    """Guides that speak together.

    Best-first searches give each guide with values open lists of its own. Other searches see one
    judgement: the product of the priors, the value of the first guide that has one (a dead end of
    any is one), and the steps that any prefers.
    """

    guides: tuple[Guide, ...]

    @property
    def name(self) -> str:
        """The names joined by plus signs."""
        return "+".join(guide.name for guide in self.guides)

    def bind(self, space: StepSpace) -> BoundCombined:
        """Bind each guide."""
        return BoundCombined(tuple(guide.bind(space) for guide in self.guides))


class BoundCombined:
    """Bound guides that speak together."""

    def __init__(self, guides: tuple[BoundGuide, ...]) -> None:
        self.guides = guides
        self.reads_steps = any(getattr(guide, "reads_steps", True) for guide in guides)
        self.finds_dead_ends = any(getattr(guide, "finds_dead_ends", True) for guide in guides)

    @property
    def model_calls(self) -> int:
        """States that step models among the guides have judged."""
        return sum(int(getattr(guide, "model_calls", 0)) for guide in self.guides)

    @property
    def model_s(self) -> float:
        """CPU seconds in step models."""
        return sum(float(getattr(guide, "model_s", 0.0)) for guide in self.guides)

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        opinions = [guide.judge(states, steps) for guide in self.guides]
        return [merge(column) for column in zip(*opinions, strict=True)]

    def values_after(self, state: int, steps: IntArray) -> FloatArray | None:
        """The values of the first guide, where the others could only find dead ends, and do not."""
        first, *others = self.guides
        if any(getattr(guide, "finds_dead_ends", True) for guide in others):
            return None
        return first.values_after(state, steps) if isinstance(first, ForesightGuide) else None


def merge(opinions: Sequence[Judgement]) -> Judgement:
    """One judgement from several of the same state, as `Combined` says."""
    priors = [opinion.log_prior for opinion in opinions if opinion.log_prior is not None]
    values = [opinion.value for opinion in opinions if opinion.value is not None]
    liked = [opinion.preferred for opinion in opinions if opinion.preferred is not None]
    log_prior: FloatArray | None = None
    if priors:
        log_prior = priors[0] if len(priors) == 1 else _normalised(np.sum(priors, axis=0))
    preferred: BoolArray | None = np.any(liked, axis=0) if liked else None
    value = None
    if values:
        value = math.inf if math.inf in values else values[0]
    # A guide without a prior (an h-value) has no say in which steps its partner cannot tell apart.
    merges = all(opinion.merges for opinion in opinions if opinion.log_prior is not None)
    return Judgement(log_prior, value, preferred, merges and bool(priors))


@dataclass(frozen=True, slots=True)
class Bayes:
    """A prior over the steps, corrected by estimates of the states the steps lead to.

    The posterior of step a with successor s' is proportional to
    prior(a) * exp(-(cost(a) + h(s')) / temperature): a Boltzmann model says how likely estimates
    are if the step is a good one. Each judgement estimates every successor.

    Attributes:
        prior: guide that gives the prior; without one all steps are alike.
        evidence: guide that gives h.
        temperature: in the unit of the estimates; high trusts the prior.
    """

    prior: Guide
    evidence: Guide
    temperature: float = 1.0

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.prior.name}*{self.evidence.name}"

    def bind(self, space: StepSpace) -> BoundBayes:
        """Bind both guides."""
        prior, evidence = self.prior.bind(space), self.evidence.bind(space)
        return BoundBayes(space, prior, evidence, self.temperature)


class BoundBayes:
    """`Bayes` bound to a space."""

    def __init__(
        self, space: StepSpace, prior: BoundGuide, evidence: BoundGuide, temperature: float
    ) -> None:
        self._space = space
        self._prior, self._evidence = prior, evidence
        self._temperature = temperature

    @property
    def model_calls(self) -> int:
        """States that a step model has judged."""
        return sum(int(getattr(g, "model_calls", 0)) for g in (self._prior, self._evidence))

    @property
    def model_s(self) -> float:
        """CPU seconds in step models."""
        return sum(float(getattr(g, "model_s", 0.0)) for g in (self._prior, self._evidence))

    def judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[Judgement]:
        """Judge a batch of states."""
        priors = self._prior.judge(states, steps)
        own = self._evidence.judge(states, steps)
        return [
            self._correct(prior, merge((prior, state_opinion)), state, legal)
            for prior, state_opinion, state, legal in zip(priors, own, states, steps, strict=True)
        ]

    def _correct(
        self, prior: Judgement, merged: Judgement, state: int, legal: IntArray
    ) -> Judgement:
        log_prior = prior.log_prior
        if log_prior is None:
            log_prior = np.full(len(legal), -math.log(max(len(legal), 1)))
        estimates = self._estimates(state, legal)
        totals = estimates + self._space.costs[legal] / self._space.cost_scale
        # Steps into dead ends keep a trace of probability: only rules may forbid a step.
        worst = np.max(totals[np.isfinite(totals)], initial=0.0) + 100.0 * self._temperature
        totals = np.minimum(totals, worst)
        return replace(merged, log_prior=posterior(log_prior, totals, self._temperature))

    def _estimates(self, state: int, legal: IntArray) -> FloatArray:
        """The values of the successors."""
        if isinstance(self._evidence, ForesightGuide):
            values = self._evidence.values_after(state, legal)
            if values is not None:
                return values
        successors = [self._space.successor(state, int(step)) for step in legal]
        opinions = self._evidence.judge(successors, self._steps_after(successors))
        return np.array([o.value if o.value is not None else 0.0 for o in opinions])

    def _steps_after(self, successors: list[int]) -> list[IntArray]:
        """The legal steps of successors, or none where the evidence does not read them."""
        if not getattr(self._evidence, "reads_steps", True):
            return [_NO_STEPS] * len(successors)
        return [self._space.legal_steps(successor) for successor in successors]


def posterior(log_prior: FloatArray, costs: FloatArray, temperature: float = 1.0) -> FloatArray:
    """Bayes' rule: log of prior(a) * exp(-costs[a] / temperature), normalised.

    >>> import numpy as np
    >>> np.exp(posterior(np.log([0.5, 0.5]), np.array([0.0, np.log(3)]))).round(3).tolist()
    [0.75, 0.25]
    """
    return _normalised(log_prior - costs / temperature)


def _normalised(log_weights: FloatArray) -> FloatArray:
    if len(log_weights) == 0:
        return log_weights
    top = float(np.max(log_weights))
    if top == -math.inf:
        return log_weights
    shifted: FloatArray = log_weights - top
    normalised: FloatArray = shifted - math.log(float(np.sum(np.exp(shifted))))
    return normalised
