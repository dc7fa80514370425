"""Greedy search without grounding: h_FF, preferred steps, and looking ahead along relaxed plans.

Lazy greedy best-first search (Richter & Westphal 2010) whose states are each followed by a
*lookahead* state: the steps of the relaxed plan are taken as far as they are legal (Vidal 2004).
Each judgement of a state thus leads many steps ahead, which pays where judging and successors are
dear, as they are when they come from joins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.guides.lifted.relaxed_plan import LiftedRelaxation
from planner.search.glance import glance
from planner.search.open_list import Alternation
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.guides.lifted.relaxed_plan import RelaxedPlan
    from planner.kr.formulas import Atom
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["LiftedSearch"]

_ALL, _HELPFUL, _PLANNED = -1, -2, -3
"""In place of a step: all steps of the node, those that add what its relaxed plan adds, or the
steps of the relaxed plan itself; not yet generated."""

_FIRST_STEPS = 1 << 11
"""Steps of a schema that are generated at first; eight times as many each time it is not enough."""

_MOST_HELPFUL = 64
"""Steps of a schema that are generated for one atom of the relaxed plan."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What waits in an open list.

    Attributes:
        step: to be taken from the node, or one of the marks above.
        most: steps of a schema to generate.
    """

    node: int
    step: int
    most: int = 0


@dataclass(frozen=True, slots=True)
class _Node:
    """A judged state.

    Attributes:
        steps: that lead here from the parent, one or many.
        helpful: atoms that the relaxed plan adds.
        planned: its steps.
    """

    state: int
    parent: int
    steps: tuple[int, ...]
    estimate: int
    helpful: frozenset[int]
    planned: tuple[int, ...]


class LiftedSearch:
    """One run.

    Args:
        space: what is searched.
        meter: watches the limits.
        boost: turns for preferred steps after progress.
    """

    def __init__(self, space: LiftedSpace, meter: Meter, *, boost: int = 100) -> None:
        self._space, self._meter, self._boost = space, meter, boost
        self._open: Alternation[_Entry] = Alternation(2)
        self._nodes: list[_Node] = []
        self._seen: set[int] = set()
        self._filed: dict[int, frozenset[int]] = {}
        self._best = math.inf
        self._goal = -1
        self._generated = 0
        self._evaluated = 0
        self._prepared: LiftedRelaxation | None = None

    @property
    def _relaxation(self) -> LiftedRelaxation:
        if self._prepared is None:
            self._prepared = LiftedRelaxation(self._space, self._stop_at_limits)
        return self._prepared

    @property
    def unreachable(self) -> Atom | None:
        """An atom of the goal that is not reached from the initial state even by adding only."""
        if self._nodes or not self._evaluated or self._goal >= 0:
            return None
        goal = self._relaxation.unreached_goal()
        return None if goal is None else self._space.atom(goal)

    def run(self) -> Outcome:
        """Search until a plan, a limit, or the proof that there is no plan."""
        try:
            steps = glance(self._space, self._stop_at_limits)
            if steps is not None:
                return self._solved(steps)
            self._enter(self._space.initial(), -1, ())
            while self._goal < 0:
                self._stop_at_limits()
                entry = self._open.pop()
                if entry is None:
                    return self._outcome(Status.UNSOLVABLE)
                self._serve(entry[0])
        except LimitError:
            return self._outcome(Status.LIMIT, self._meter.exceeded() or "memory")
        return self._solved(self._path())

    def _serve(self, entry: _Entry) -> None:
        if entry.step == _ALL:
            self._file_all(entry.node, entry.most)
        elif entry.step == _HELPFUL:
            self._file_helpful(entry.node)
        elif entry.step == _PLANNED:
            self._file_planned(entry.node)
        else:
            state = self._space.successor(self._nodes[entry.node].state, entry.step)
            self._enter(state, entry.node, (entry.step,))

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
            planned = () if plan is None else self._steps_of(plan)
            node = _Node(state, parent, steps, estimate, helpful, planned)
            parent = len(self._nodes)
            self._nodes.append(node)
            if plan is None:
                self._goal = parent
                return
            if estimate < self._best:
                self._best = estimate
                self._open.boost(self._boost)
            self._open.push(0, _Entry(parent, _ALL, _FIRST_STEPS), estimate, 0.0, False)
            self._open.push(0, _Entry(parent, _PLANNED), estimate, 0.0, True)
            self._open.push(1, _Entry(parent, _HELPFUL), estimate, 0.0, True)
            state, steps = self._ahead(state, planned)

    def _steps_of(self, plan: RelaxedPlan) -> tuple[int, ...]:
        return tuple(self._space.step_number(*step) for step in plan.steps)

    def _ahead(self, state: int, planned: Sequence[int]) -> tuple[int, tuple[int, ...]]:
        """Where the steps of a relaxed plan lead, each taken once it is legal."""
        space = self._space
        taken: list[int] = []
        waiting = list(planned)
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

    def _file_planned(self, number: int) -> None:
        """File the legal steps of a node's relaxed plan; others that add the same have a queue."""
        node = self._nodes[number]
        for step in node.planned:
            if self._space.is_legal(node.state, step):
                self._open.push(0, _Entry(number, step), node.estimate, 0.0, True)

    def _file_helpful(self, number: int) -> None:
        """File the preferred steps of a node: those that add what its relaxed plan adds."""
        node = self._nodes[number]
        missing = sorted(node.helpful - self._space.facts(node.state))
        check = self._stop_at_limits
        for step in self._space.achievers(node.state, missing, _MOST_HELPFUL, check):
            self._open.push(1, _Entry(number, step), node.estimate, 0.0, True)

    def _file_all(self, number: int, most: int) -> None:
        """File the steps of a node; where there are more than ``most``, the rest come later."""
        node = self._nodes[number]
        if most == _FIRST_STEPS:
            self._meter.expanded += 1
        steps, complete = self._space.distinct_steps(node.state, most, self._stop_at_limits)
        known = self._filed.pop(number, frozenset())
        for step in steps:
            if step not in known:
                self._generated += 1
                self._open.push(0, _Entry(number, step), node.estimate, 0.0, False)
        if not complete:
            self._filed[number] = frozenset(steps)
            self._open.push(0, _Entry(number, _ALL, most * 8), node.estimate, 0.0, False)

    def _solved(self, steps: tuple[int, ...]) -> Outcome:
        cost = int(sum(self._space.costs[step] for step in steps))
        return replace(self._outcome(Status.SOLVED), steps=steps, cost=cost)

    def _outcome(self, status: Status, reason: str = "") -> Outcome:
        return Outcome(
            status,
            reason=reason,
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
