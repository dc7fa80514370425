"""The ways on from a state, most probable first: what policy-guided searches ask of a guide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.guides.control_rules import prohibitions
from planner.guides.uniform import BoundUniform
from planner.search.classes import class_policy, merge_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoundGuide, FloatArray, IntArray, Judgement, StepSpace
    from planner.search.limits import Meter

__all__ = ["EPSILON", "Branches", "Policy", "StepPolicy", "check_epsilon", "judge"]

EPSILON = 0.01
"""Mass of the uniform mixture: a wrong model costs at most a known factor."""


@dataclass(frozen=True, slots=True)
class Branches:
    """The moves of a state in the order in which searches try them.

    Attributes:
        log_prob: shape (m,), descending; the probabilities sum to one.
        value: estimated cost to go, ``None`` without an opinion, ``inf`` at a dead end.
        steps: shape (m,), the step of each move where moves are single steps.
        macros: the steps of each move where moves are sequences, else ``None``.
        legal: legal steps of the state, ascending, for the trace.
        log_prior: what the guide said of ``legal``, normalised, or ``None``.
        notes: a word on each move for the trace, or ``None``.
    """

    log_prob: FloatArray
    value: float | None
    steps: IntArray
    legal: IntArray
    log_prior: FloatArray | None = None
    macros: tuple[tuple[int, ...], ...] | None = None
    notes: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.log_prob)

    def move(self, index: int) -> tuple[int, ...]:
        """The steps of a move, all legal in turn."""
        return (int(self.steps[index]),) if self.macros is None else self.macros[index]

    def note(self, index: int) -> str:
        """A word on a move."""
        return "" if self.notes is None else self.notes[index]


class Policy(Protocol):
    """A probability for each move of a state.

    Attributes:
        pruned: True once a move was left out that might have led to the goal.
        evaluated: states judged so far.
    """

    @property
    def pruned(self) -> bool: ...
    @property
    def evaluated(self) -> int: ...

    def branches(self, states: Sequence[int]) -> list[Branches]:
        """The moves of each state of a batch."""
        ...


class StepPolicy:
    """Legal steps with the guide's prior: renormalised, classes merged, mixed with epsilon.

    Steps that a control rule forbids are left out, whatever the guide.

    The result depends on the state alone, as the bounds of LevinTS and PHS* need.

    Attributes:
        is_even: True where states with equally many steps have the same policy.
    """

    def __init__(
        self, space: StepSpace, guide: BoundGuide, meter: Meter, *, epsilon: float = EPSILON
    ) -> None:
        check_epsilon(epsilon)
        self._space = space
        self._guide = guide
        self._meter = meter
        self._epsilon = epsilon
        self._prohibitions = prohibitions(space)
        # Without an opinion it is worked out once for each number of steps.
        self.is_even = isinstance(guide, BoundUniform) and self._prohibitions is None
        self._even: dict[int, Branches] = {}
        self.pruned = False
        self.evaluated = 0

    def branches(self, states: Sequence[int]) -> list[Branches]:
        """The legal steps of each state."""
        if not states:
            return []
        legal = [self._space.legal_steps(state) for state in states]
        if self.is_even:
            self.evaluated += len(states)
            return [self._even_branch(*each) for each in zip(states, legal, strict=True)]
        judgements = judge(self._guide, self._meter, states, legal)
        self.evaluated += len(states)
        return [self._branch(*each) for each in zip(states, legal, judgements, strict=True)]

    def even_steps(self, state: int) -> tuple[IntArray, Branches]:
        """The legal steps of a state, and the policy of any state that has so many (`is_even`)."""
        legal = self._space.legal_steps(state)
        self.evaluated += 1
        return legal, self._even_policy(state, legal)

    def _even_policy(self, state: int, legal: IntArray) -> Branches:
        known = self._even.get(len(legal))
        if known is None:
            (judgement,) = self._guide.judge((state,), (legal,))
            known = self._even[len(legal)] = self._branch(state, legal, judgement)
        return known

    def _even_branch(self, state: int, legal: IntArray) -> Branches:
        known = self._even_policy(state, legal)
        return Branches(known.log_prob, known.value, legal, legal, known.log_prior)

    def _branch(self, state: int, legal: IntArray, judgement: Judgement) -> Branches:
        value = judgement.value
        if len(legal) == 0 or value == math.inf:
            return Branches(np.zeros(0), value, legal[:0], legal)
        prior = normalised(judgement.log_prior, len(legal))
        if self._prohibitions is not None:
            forbidden = self._prohibitions.forbidden(state, legal)
            prior = normalised(np.where(forbidden, -np.inf, prior), len(legal))
        allowed = prior > -np.inf
        if not allowed.all():
            self.pruned = True
        classes = None
        if judgement.merges and judgement.log_prior is not None:
            schema = self._space.steps.symbol[legal[allowed]]
            classes = merge_steps(schema, prior[allowed])
        policy = class_policy(prior, classes, self._epsilon)
        order = np.argsort(-policy, kind="stable")[: int(allowed.sum())]
        given = None if judgement.log_prior is None else prior
        return Branches(policy[order], value, legal[order], legal, given)


def check_epsilon(epsilon: float) -> None:
    """Refuse a mixture that leaves a step without mass, or the guide without a say.

    Raises:
        ValueError: outside (0, 1).
    """
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon must lie between 0 and 1, not {epsilon}")


def judge(
    guide: BoundGuide, meter: Meter, states: Sequence[int], legal: Sequence[IntArray]
) -> list[Judgement]:
    """Ask a guide, and report the calls of its step model to the meter, with their time."""
    calls, seconds = int(getattr(guide, "model_calls", 0)), float(getattr(guide, "model_s", 0.0))
    judgements = guide.judge(states, legal)
    meter.model_calls += int(getattr(guide, "model_calls", 0)) - calls
    meter.model_s += float(getattr(guide, "model_s", 0.0)) - seconds
    return judgements


def normalised(log_prior: FloatArray | None, count: int) -> FloatArray:
    """Log-probabilities that sum to one over the steps that are not forbidden."""
    if log_prior is None:
        return np.full(count, -math.log(count))
    top = float(log_prior.max())
    if top == -math.inf:
        return log_prior
    shifted = log_prior - top
    normal: FloatArray = shifted - np.log(np.exp(shifted).sum())
    return normal
