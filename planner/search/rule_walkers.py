"""How a dive goes on: a step model chooses among what rules suggest, or among all legal steps."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from planner.guides.model_guide import CALL_WORK
from planner.search.classes import merge_steps
from planner.search.policy import StepPolicy, judge
from planner.search.rollout import RuleRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from planner.guides.control_rules import BoundControlRules
    from planner.guides.suggestions import Suggestion
    from planner.interfaces import BoundGuide, FloatArray, IntArray
    from planner.search.tree import Growth, Node

    _Move: TypeAlias = tuple[tuple[int, ...], int, Suggestion]

__all__ = ["PlainWalker", "RuleWalker", "Walker", "nearest"]

_WIDEST = 60
"""Suggestions of a rank that a model chooses among."""


class Walker(Protocol):
    """One way of letting a model choose.

    Attributes:
        call_work: estimated work of a step.
    """

    @property
    def call_work(self) -> int: ...

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """The node behind the likeliest move to a state not yet visited."""
        ...


class RuleWalker:
    """Chooses among the suggestions of the best rank that lead anywhere new.

    Args:
        choice: narrows these down, if that leaves any.
        otherwise: goes on where no suggestion does.
    """

    def __init__(
        self,
        growth: Growth,
        rules: BoundControlRules,
        guide: BoundGuide,
        choice: Callable[[Sequence[Suggestion]], Sequence[Suggestion]],
        otherwise: PlainWalker,
    ) -> None:
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._growth = growth
        self._rules = rules
        self._guide = guide
        self._choice = choice
        self._otherwise = otherwise
        self._asked: dict[int, IntArray] = {}
        self._runner = RuleRunner(growth.space, rules)

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """As `Walker.next`."""
        suggestions = self._rules.suggestions(node.state)
        for _, ranked in groupby(suggestions, key=lambda found: found.rank):
            every = tuple(ranked)
            for chosen in dict.fromkeys((tuple(self._choice(every)), every)):
                moves = list(self._moves(node.state, chosen[:_WIDEST], visited))
                if moves:
                    self._growth.count(node)
                    steps, state, found = moves[self._likeliest(node.state, moves)]
                    return self._growth.grow(node, steps, state, self._rules.name_of(found))
        return self._otherwise.next(node, visited)

    def _moves(
        self, state: int, suggestions: Iterable[Suggestion], visited: AbstractSet[int]
    ) -> Iterator[_Move]:
        """The steps of each suggestion that leads to a new state."""
        for found in suggestions:
            steps, states = self._runner.run(state, found)
            if steps and states[-1] not in visited:
                yield tuple(steps), states[-1], found

    def _likeliest(self, state: int, moves: Sequence[_Move]) -> int:
        """The first move whose first step is of the likeliest class."""
        first = sorted({steps[0] for steps, _, _ in moves})
        if len(first) == 1:
            return 0
        legal = np.array(first, dtype=np.int32)
        log_prior = self._log_prior(state, legal)
        if log_prior is None:
            return 0
        classes = merge_steps(self._growth.space.steps.symbol[legal], log_prior)
        best = int(np.argmax(classes.log_mass))
        label = dict(zip(first, classes.label.tolist(), strict=True))
        return next(i for i, (steps, _, _) in enumerate(moves) if label[steps[0]] == best)

    def _log_prior(self, state: int, steps: IntArray) -> FloatArray | None:
        """What the model says of these steps.

        Its answers are kept by state: where a dive comes back to a state there are fewer steps to
        choose from, and it is asked for all legal ones.
        """
        if not np.array_equal(self._asked.setdefault(state, steps), steps):
            return self._otherwise.log_prior(state, steps)
        (judgement,) = judge(self._guide, self._growth.meter, [state], [steps])
        return judgement.log_prior


class PlainWalker:
    """Chooses among all legal steps."""

    def __init__(self, growth: Growth, guide: BoundGuide) -> None:
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._growth = growth
        self._guide = guide
        self._policy = StepPolicy(growth.space, guide, growth.meter)

    def log_prior(self, state: int, steps: IntArray) -> FloatArray | None:
        """What the model says of some of the legal steps, without renormalising."""
        legal = self._growth.space.legal_steps(state)
        (judgement,) = judge(self._guide, self._growth.meter, [state], [legal])
        log_prior = judgement.log_prior
        return None if log_prior is None else log_prior[np.searchsorted(legal, steps)]

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """As `Walker.next`."""
        growth = self._growth
        growth.count(node)
        (branches,) = self._policy.branches([node.state])
        for index in range(len(branches)):
            state = growth.successor(node.state, branches.move(index))
            if state not in visited:
                return growth.child(node, branches, index, state)
        return None


def nearest(ranked: Sequence[Suggestion]) -> Sequence[Suggestion]:
    """Of suggestions, the best first, those that cost as little as the first."""
    return [found for found in ranked if found.measure == ranked[0].measure]
