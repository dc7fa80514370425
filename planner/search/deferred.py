"""Deferred greedy best-first search as an exploration that can take turns with others.

Successors wait under their parent's estimate, so each expansion asks for one estimate (lazy
greedy search, Richter and Helmert 2009); preferred steps come before others of equal estimate.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.control_rules import prohibitions
from planner.search.policy import Branches, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.guides.control_rules import BoundControlRules
    from planner.interfaces import BoundGuide, IntArray, Judgement, StepSpace
    from planner.search.limits import Meter
    from planner.search.tree import Exploration, Growth, Node

__all__ = ["EstimatePolicy", "explore_deferred"]


class EstimatePolicy:
    """Moves of a guide that estimates and prefers but has no prior: preferred steps first."""

    def __init__(self, space: StepSpace, guide: BoundGuide, meter: Meter) -> None:
        self._space = space
        self._guide = guide
        self._meter = meter
        self._prohibitions = prohibitions(space)
        self.pruned = False
        self.evaluated = 0

    def branches(self, states: Sequence[int]) -> list[Branches]:
        """The legal steps of each state; log-probability 0 marks preferred ones, -1 others."""
        legal = [self._space.legal_steps(state) for state in states]
        self.evaluated += len(states)
        judgements = judge(self._guide, self._meter, states, legal)
        moves = [_branch(steps, j) for steps, j in zip(legal, judgements, strict=True)]
        if self._prohibitions is None:
            return moves
        return [
            self._without(self._prohibitions, *each) for each in zip(states, moves, strict=True)
        ]

    def _without(self, rules: BoundControlRules, state: int, moves: Branches) -> Branches:
        free = ~rules.forbidden(state, moves.steps)
        self.pruned = self.pruned or not bool(free.all())
        return replace(moves, log_prob=moves.log_prob[free], steps=moves.steps[free])


def _branch(legal: IntArray, judgement: Judgement) -> Branches:
    if judgement.value == np.inf:
        return Branches(np.zeros(0), judgement.value, legal[:0], legal)
    liked = np.zeros(len(legal))
    if judgement.preferred is not None:
        liked[~judgement.preferred] = -1.0
    order = np.argsort(-liked, kind="stable")
    return Branches(liked[order], judgement.value, legal[order], legal)


def explore_deferred(growth: Growth) -> Exploration:
    """Follow the smallest estimate, yielding before each expansion."""
    heap: list[tuple[float, float, int, Node, Branches, int]] = []
    visited: set[int] = set()
    serial = 0

    def push(node: Node, branches: Branches, index: int, tie: int) -> None:
        if index < len(branches):
            dislike = -float(branches.log_prob[index])
            estimate = branches.value or 0.0
            heapq.heappush(heap, (estimate, dislike, tie, node, branches, index))

    node: Node | None = growth.root()
    while node is not None:
        if growth.space.is_goal(node.state):
            return growth.solved(node)
        yield
        visited.add(node.state)
        (branches,) = growth.expand([node])
        serial -= 1
        push(node, branches, 0, serial)
        node = None
        while heap and node is None:
            _, _, tie, parent, branches, index = heapq.heappop(heap)
            push(parent, branches, index + 1, tie)
            state = growth.successor(parent.state, branches.move(index))
            if state not in visited:
                node = growth.child(parent, branches, index, state)
    return growth.ran_out()
