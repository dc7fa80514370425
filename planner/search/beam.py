"""Beam search: the most probable paths of each length, a fixed number at a time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.search.policy import EPSILON, check_epsilon
from planner.search.tree import run_by_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Branches
    from planner.search.result import Outcome
    from planner.search.tree import Exploration, Growth, Node

__all__ = ["Beam"]


@dataclass(frozen=True, slots=True)
class Beam:
    """Beam search by summed log-probability; duplicates are merged across the beam.

    Attributes:
        width: nodes kept at each depth.
        depth: moves of the longest path, ``None`` for no bound.
        complete: keep what falls out of the beam and go on with it when the beam runs empty.
        epsilon: mass of the uniform mixture.
    """

    width: int = 8
    depth: int | None = None
    complete: bool = False
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.width < 1:
            raise ValueError(f"width must be at least 1, not {self.width}")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "beam"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan; `Status.EXHAUSTED` when something was dropped."""
        return run_by_policy(self, space, guide, meter, trace)

    def explore(self, growth: Growth) -> Exploration:
        """The search itself, yielding before each batch of expansions."""
        root = growth.root()
        if growth.space.is_goal(root.state):
            return growth.solved(root)
        frontier = _Frontier(growth)
        frontier.visited.add(root.state)
        beam = [root]
        dropped = False
        while beam:
            yield
            deep = [node for node in beam if node.depth == self.depth]
            dropped = dropped or bool(deep)
            rest = [node for node in beam if node.depth != self.depth]
            rest = rest[: growth.meter.expansions_left(len(rest))]
            frontier.push(rest, growth.expand(rest))
            beam, goal = frontier.pop(self.width)
            if goal is not None:
                return growth.solved(goal)
            if not self.complete:
                dropped = frontier.clear() or dropped
        return growth.ran_out(dropped=dropped)


@dataclass(slots=True)
class _Waiting:
    """An expanded node whose moves from ``index`` on have not been followed."""

    node: Node
    branches: Branches
    index: int = 0

    def cost(self) -> float:
        return -(self.node.log_pi + float(self.branches.log_prob[self.index]))


class _Frontier:
    """The moves that may come next, the most probable path first."""

    def __init__(self, growth: Growth) -> None:
        self.visited: set[int] = set()
        self._growth = growth
        self._heap: list[tuple[float, int, _Waiting]] = []
        self._serial = 0

    def push(self, nodes: Sequence[Node], branches: Sequence[Branches]) -> None:
        """Queue the moves of expanded nodes."""
        for node, moves in zip(nodes, branches, strict=True):
            self._serial += 1
            if len(moves):
                waiting = _Waiting(node, moves)
                heapq.heappush(self._heap, (waiting.cost(), self._serial, waiting))

    def pop(self, width: int) -> tuple[list[Node], Node | None]:
        """Follow moves into ``width`` new states; the second part is a goal when one is met."""
        beam: list[Node] = []
        while self._heap and len(beam) < width:
            _, serial, waiting = heapq.heappop(self._heap)
            index = waiting.index
            waiting.index += 1
            if waiting.index < len(waiting.branches):
                heapq.heappush(self._heap, (waiting.cost(), serial, waiting))
            state = self._growth.successor(waiting.node.state, waiting.branches.move(index))
            if state in self.visited:
                continue
            self.visited.add(state)
            child = self._growth.child(waiting.node, waiting.branches, index, state)
            if self._growth.space.is_goal(state):
                return beam, child
            beam.append(child)
        return beam, None

    def clear(self) -> bool:
        """Forget the moves that wait; whether one of them led to a new state."""
        lost = any(self._has_new(waiting) for _, _, waiting in self._heap)
        self._heap.clear()
        return lost

    def _has_new(self, waiting: _Waiting) -> bool:
        return any(
            self._growth.successor(waiting.node.state, waiting.branches.move(i)) not in self.visited
            for i in range(waiting.index, len(waiting.branches))
        )
