"""Greedy search without grounding: h_FF, preferred steps, and looking ahead along relaxed plans.

Lazy greedy best-first search (Richter & Westphal 2010) whose states are each followed by a
*lookahead* state: the steps of the relaxed plan are taken as far as they are legal (Vidal 2004).
Each judgement of a state thus leads many steps ahead, which pays where judging and successors are
dear, as they are when they come from joins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.guides.lifted.relaxed_plan import LiftedRelaxation
from planner.search.open_list import Alternation
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from planner.guides.lifted.relaxed_plan import RelaxedPlan
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["LiftedSearch"]

_WHOLE = -1
"""In place of a step: all steps of the node, not yet generated."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A judged state.

    Attributes:
        steps: that lead here from the parent, one or many.
        helpful: atoms that the relaxed plan adds.
    """

    state: int
    parent: int
    steps: tuple[int, ...]
    estimate: int
    helpful: frozenset[int]


class LiftedSearch:
    """One run.

    Args:
        space: what is searched.
        meter: watches the limits.
        boost: turns for preferred steps after progress.
    """

    def __init__(self, space: LiftedSpace, meter: Meter, *, boost: int = 1000) -> None:
        self._space, self._meter, self._boost = space, meter, boost
        self._open: Alternation[tuple[int, int]] = Alternation(1)
        self._nodes: list[_Node] = []
        self._seen: set[int] = set()
        self._expanded: set[int] = set()
        self._best = math.inf
        self._goal = -1
        self._generated = 0
        self._evaluated = 0
        self._relaxation = LiftedRelaxation(space, self._stop_at_limits)

    def run(self) -> Outcome:
        """Search until a plan, a limit, or the proof that there is no plan."""
        try:
            self._enter(self._space.initial(), -1, ())
            while self._goal < 0:
                self._stop_at_limits()
                entry = self._open.pop()
                if entry is None:
                    return self._outcome(Status.UNSOLVABLE)
                number, step = entry[0]
                if step == _WHOLE:
                    self._expand(number)
                else:
                    state = self._space.successor(self._nodes[number].state, step)
                    self._enter(state, number, (step,))
        except LimitError:
            return self._outcome(Status.LIMIT, self._meter.exceeded() or "memory")
        return self._outcome(Status.SOLVED)

    def _stop_at_limits(self) -> None:
        reason = self._meter.exceeded()
        if reason:
            raise LimitError(reason)

    def _enter(self, state: int, parent: int, steps: tuple[int, ...]) -> None:
        """Judge a state, and the states ahead of it as long as they come nearer to the goal."""
        while state not in self._seen and self._goal < 0:
            self._seen.add(state)
            is_goal = self._space.is_goal(state)
            plan = None if is_goal else self._relaxation.relaxed_plan(state)
            self._evaluated += 1
            if plan is None and not is_goal:
                return
            estimate = 0 if plan is None else len(plan.steps)
            helpful = frozenset[int]() if plan is None else plan.atoms
            node = _Node(state, parent, steps, estimate, helpful)
            parent = len(self._nodes)
            self._nodes.append(node)
            if plan is None:
                self._goal = parent
                return
            if estimate < self._best:
                self._best = estimate
                self._open.boost(self._boost)
            self._open.push(0, (parent, _WHOLE), estimate, 0.0, False)
            self._open.push(0, (parent, _WHOLE), estimate, 0.0, True)
            state, steps = self._ahead(state, plan)

    def _ahead(self, state: int, plan: RelaxedPlan) -> tuple[int, tuple[int, ...]]:
        """Where the steps of a relaxed plan lead, each taken once it is legal."""
        space = self._space
        taken: list[int] = []
        waiting = [space.step_number(*step) for step in plan.steps]
        grown = True
        while grown:
            left = []
            for step in waiting:
                if space.is_legal(state, step):
                    state = space.successor(state, step)
                    taken.append(step)
                else:
                    left.append(step)
            grown = len(left) < len(waiting) and bool(left)
            waiting = left
        return state, tuple(taken)

    def _expand(self, number: int) -> None:
        """File the steps of a node under its estimate."""
        node = self._nodes[number]
        if node.state in self._expanded:
            return
        self._expanded.add(node.state)
        self._meter.expanded += 1
        for step in self._space.legal_steps(node.state).tolist():
            self._generated += 1
            liked = not node.helpful.isdisjoint(self._space.added_atoms(step))
            self._open.push(0, (number, step), node.estimate, 0.0, False)
            if liked:
                self._open.push(0, (number, step), node.estimate, 0.0, True)

    def _outcome(self, status: Status, reason: str = "") -> Outcome:
        steps = self._path() if status is Status.SOLVED else None
        cost = None if steps is None else int(sum(self._space.costs[s] for s in steps))
        return Outcome(
            status,
            steps,
            cost,
            reason,
            expanded=self._meter.expanded,
            generated=self._generated,
            evaluated=self._evaluated,
        )

    def _path(self) -> tuple[int, ...]:
        parts = []
        number = self._goal
        while number >= 0:
            parts.append(self._nodes[number].steps)
            number = self._nodes[number].parent
        return tuple(step for part in reversed(parts) for step in part)
