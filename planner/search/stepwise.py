"""Best-first search in plain Python: any space, any guides, and a trace of every expansion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.control_rules import prohibitions
from planner.interfaces import Expansion, PathGuide
from planner.search.binding import bind_guide
from planner.search.exploring.waiting import StepsByType
from planner.search.open_list import Alternation
from planner.search.policy import judge
from planner.search.result import Outcome, Status
from planner.search.stubborn import StubbornSets, can_prune
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray, Guide, IntArray, Judgement, StepSpace, TraceSink
    from planner.search.best_first import Variant
    from planner.search.limits import Meter

__all__ = ["StepwiseSearch"]

_NO_STEPS: IntArray = np.zeros(0, dtype=np.int32)


class _Mark(Enum):
    OPEN = 0
    CLOSED = 1
    DEAD = 2


@dataclass(slots=True)
class _Node:
    """One state met by the search.

    Attributes:
        legal: steps the guides allow; none before the expansion where guides only value states.
        preferred: the preferred ones among them.
        estimates: one a guide, in the unit of the space's integer costs.
    """

    number: int
    state: int
    parent: int
    step: int
    cost: int
    legal: IntArray
    preferred: frozenset[int] = frozenset()
    log_prior: FloatArray | None = None
    estimates: tuple[float, ...] = ()
    mark: _Mark = _Mark.OPEN


class StepwiseSearch:
    """One run of a best-first variant."""

    def __init__(
        self,
        space: StepSpace,
        variant: Variant,
        guides: Sequence[Guide],
        meter: Meter,
        trace: TraceSink | None,
    ) -> None:
        self._space, self._variant, self._meter, self._trace = space, variant, meter, trace
        self._guides = [bind_guide(guide, space, meter) for guide in guides]
        self._path_guides = [guide for guide in self._guides if isinstance(guide, PathGuide)]
        self._prohibitions = prohibitions(space)
        self._stubborn: StubbornSets | None = None
        if variant.stubborn and isinstance(space, GroundSpace) and can_prune(space.ground_task):
            self._stubborn = StubbornSets(space)
        # Steps of a node that is never expanded need not be known, and its siblings are judged
        # together: where the guides value states and do no more.
        self._is_late = (
            not variant.lazy
            and self._stubborn is None
            and self._prohibitions is None
            and not self._path_guides
            and all(getattr(guide, "values_only", False) for guide in self._guides)
        )
        self._ahead: dict[int, list[Judgement]] = {}
        self._open: Alternation[tuple[int, int]] = Alternation(len(guides))
        self._types = StepsByType(variant.explore)
        self._nodes: list[_Node] = []
        self._number_of: dict[int, int] = {}
        self._best = [math.inf] * len(guides)
        self._goal: _Node | None = None
        self._pruned = False
        self._bound, self._dearer = math.inf, False
        self._expanded = self._generated = self._evaluated = 0
        self._lower_bound = 0.0

    def run(self, admissible: bool) -> Outcome:
        """Search until a plan, exhaustion or a limit.

        Args:
            admissible: whether the first estimate is; then plans by f are optimal.
        """
        self._enter(self._space.initial(), -1, -1, 0, False)
        reason = ""
        while self._goal is None:
            reason = self._meter.exceeded()
            self._compare(admissible and self._variant.is_optimal)
            drawn = None if reason else self._types.draw()
            if drawn is not None:
                self._advance(self._nodes[drawn[0]], drawn[1])
                continue
            entry = None if reason else self._open.pop()
            if entry is None:
                break
            (number, step), key = entry
            if self._variant.lazy:
                self._advance(self._nodes[number], step)
            else:
                self._expand(self._nodes[number], key)
        return self._outcome(reason, admissible)

    def _compare(self, proves: bool) -> None:
        """Look at what others have found, and tell them what is proved."""
        incumbent, scale = self._meter.incumbent, self._space.cost_scale
        if incumbent is None or not self._variant.by_f:
            return
        cost = incumbent.cost()
        if cost is not None:
            self._bound = min(self._bound, math.ceil(cost * scale))
        if proves and not self._pruned:
            incumbent.prove(Fraction(self._least(), scale))

    def _least(self) -> int:
        """What plans cost at least, by a search that takes the least f first: those that were left
        out cost what was to be undercut."""
        return math.ceil(min(self._lower_bound, self._bound))

    def _enter(self, state: int, parent: int, step: int, cost: int, preferred: bool) -> _Node:
        """Make a node, test and estimate it, and file it (lazily: its steps)."""
        legal = _NO_STEPS if self._is_late else self._space.legal_steps(state)
        if self._stubborn is not None:
            legal = self._stubborn.prune(state, legal)
        node = _Node(len(self._nodes), state, parent, step, cost, legal)
        self._nodes.append(node)
        self._number_of[state] = node.number
        if self._variant.early_goal and self._space.is_goal(state):
            self._goal = node
            return node
        self._evaluated += 1
        for guide in self._path_guides:
            guide.reach(self._nodes[parent].state if parent >= 0 else -1, state)
        if not self._judge(node):
            node.mark = _Mark.DEAD
            return node
        if self._variant.prefer:
            self._boost_on_progress(node)
        if self._variant.lazy:
            self._file_steps(node)
        else:
            self._file(node, preferred)
        return node

    def _judge(self, node: _Node) -> bool:
        """Ask the guides; False at a dead end."""
        opinions = self._ahead.pop(node.state, None) or self._ask([node.state], [node.legal])[0]
        if any(opinion.value == math.inf for opinion in opinions):
            return False
        scale = self._space.cost_scale
        node.estimates = tuple(_in_units(opinion.value, scale) for opinion in opinions)
        allowed = np.ones(len(node.legal), dtype=np.bool_)
        if self._prohibitions is not None:
            allowed = ~self._prohibitions.forbidden(node.state, node.legal)
        liked = np.zeros(len(node.legal), dtype=np.bool_)
        for opinion in opinions:
            if opinion.log_prior is not None:
                node.log_prior = opinion.log_prior
                allowed &= opinion.log_prior > -math.inf
            if opinion.preferred is not None:
                liked |= opinion.preferred
        node.preferred = frozenset(node.legal[liked & allowed].tolist())
        if not allowed.all():
            self._pruned = True
            node.legal = node.legal[allowed]
            node.log_prior = None if node.log_prior is None else node.log_prior[allowed]
        return True

    def _ask(self, states: list[int], steps: list[IntArray]) -> list[list[Judgement]]:
        """The opinions of the guides on each state, none after one that sees a dead end."""
        found: list[list[Judgement]] = [[] for _ in states]
        for guide in self._guides:
            places = [
                n for n, known in enumerate(found) if not known or known[-1].value != math.inf
            ]
            if not places:
                break
            opinions = judge(
                guide, self._meter, [states[n] for n in places], [steps[n] for n in places]
            )
            for place, opinion in zip(places, opinions, strict=True):
                found[place].append(opinion)
        return found

    def _look_ahead(self, node: _Node) -> None:
        """Find the steps of a node that is expanded, and judge together where they lead."""
        node.legal = self._space.legal_steps(node.state)
        reached = [self._space.successor(node.state, step) for step in node.legal.tolist()]
        new = [state for state in dict.fromkeys(reached) if state not in self._number_of]
        self._ahead = dict(zip(new, self._ask(new, [_NO_STEPS] * len(new)), strict=True))

    def _boost_on_progress(self, node: _Node) -> None:
        progress = False
        for index, estimate in enumerate(node.estimates):
            if estimate < self._best[index]:
                self._best[index] = estimate
                progress = True
        if progress:
            self._open.boost(self._variant.boost)

    def _key(self, node: _Node, estimate: float) -> tuple[float, float]:
        if not self._variant.by_f:
            return estimate, 0.0
        of_g, of_h = self._variant.weights
        return of_g * node.cost + of_h * estimate, estimate

    def _file(self, node: _Node, preferred: bool) -> None:
        for pair, estimate in enumerate(node.estimates):
            key, tie = self._key(node, estimate)
            self._open.push(pair, (node.number, -1), key, tie, False)
            if preferred and self._variant.prefer:
                self._open.push(pair, (node.number, -1), key, tie, True)

    def _file_steps(self, node: _Node) -> None:
        """Expand lazily: each step waits under the estimates of this node, preferred ones first."""
        node.mark = _Mark.CLOSED
        self._count_expansion()
        liked = [step for step in node.legal.tolist() if step in node.preferred]
        if not self._variant.prefer:
            liked = []
        others = [step for step in node.legal.tolist() if step not in liked]
        self._generated += len(node.legal)
        self._types.file(node.number, [*liked, *others], node.estimates[0], node.cost)
        for pair, estimate in enumerate(node.estimates):
            for step in [*liked, *others]:
                self._open.push(pair, (node.number, step), estimate, 0.0, False)
            for step in liked:
                self._open.push(pair, (node.number, step), estimate, 0.0, True)
        self._record(node, None)

    def _advance(self, parent: _Node, step: int) -> None:
        """Lazily: make the step's successor, unless it is known."""
        state = self._space.successor(parent.state, step)
        if state not in self._number_of:
            cost = parent.cost + int(self._space.costs[step])
            self._enter(state, parent.number, step, cost, False)

    def _expand(self, node: _Node, key: float) -> None:
        """Close a node and enter its successors."""
        if node.mark is not _Mark.OPEN:
            return
        self._lower_bound = max(self._lower_bound, key)
        if not self._variant.early_goal and self._space.is_goal(node.state):
            self._goal = node
            return
        if self._is_late:
            self._look_ahead(node)
        node.mark = _Mark.CLOSED
        self._count_expansion()
        children = np.full(len(node.legal), -1, dtype=np.int32)
        for index, step in enumerate(node.legal.tolist()):
            self._generated += 1
            cost = node.cost + int(self._space.costs[step])
            if cost >= self._bound:
                self._dearer = True
                continue
            state = self._space.successor(node.state, step)
            known = self._number_of.get(state)
            if known is None:
                child = self._enter(state, node.number, step, cost, step in node.preferred)
                children[index] = child.number
                if self._goal is not None:
                    break
            elif cost < self._nodes[known].cost:
                self._improve(self._nodes[known], node, step, cost)
        self._record(node, children)

    def _improve(self, node: _Node, parent: _Node, step: int, cost: int) -> None:
        """Note a cheaper path."""
        if node.mark is _Mark.DEAD:
            return
        node.parent, node.step, node.cost = parent.number, step, cost
        if self._variant.reopen:
            node.mark = _Mark.OPEN
            self._file(node, False)

    def _count_expansion(self) -> None:
        self._expanded += 1
        self._meter.expanded += 1

    def _record(self, node: _Node, successors: IntArray | None) -> None:
        if self._trace is None:
            return
        self._trace.expanded(
            Expansion(
                node=node.number,
                parent=node.parent,
                step=node.step,
                state=node.state,
                cost=node.cost,
                value=node.estimates[0] / self._space.cost_scale,
                steps=node.legal,
                log_prior=node.log_prior,
                successors=successors,
            )
        )

    def _outcome(self, reason: str, admissible: bool) -> Outcome:
        bounded = admissible and self._variant.is_optimal and not self._pruned
        lower_bound = self._least() if bounded else None
        status, steps, cost = Status.LIMIT, None, None
        if self._goal is not None:
            status, steps = Status.SOLVED, self._plan(self._goal)
            cost = sum(int(self._space.costs[step]) for step in steps)
            lower_bound = cost if bounded else None
        elif not reason:
            status = Status.EXHAUSTED if self._pruned or self._dearer else Status.UNSOLVABLE
            # No plan is cheaper than the one to be undercut.
            undercut = self._dearer and not self._pruned
            lower_bound = int(self._bound) if undercut else None
        return Outcome(
            status,
            steps,
            cost,
            reason,
            optimal=bounded and status is Status.SOLVED,
            lower_bound=lower_bound,
            expanded=self._expanded,
            generated=self._generated,
            evaluated=self._evaluated,
            model_calls=sum(int(getattr(guide, "model_calls", 0)) for guide in self._guides),
        )

    def _plan(self, node: _Node) -> tuple[int, ...]:
        steps = []
        while node.parent >= 0:
            steps.append(node.step)
            node = self._nodes[node.parent]
        return tuple(reversed(steps))


def _in_units(value: float | None, scale: int) -> float:
    """An estimate in integer costs; whole numbers stay whole, so that equal f are equal."""
    if value is None:
        return 0.0
    units = value * scale
    return float(round(units)) if abs(units - round(units)) < 1e-6 else units
