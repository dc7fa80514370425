"""Merged regret best-first search: go where the policy points, return to the cheapest doubt.

The priority of a node is the sum over its path of log pi(best move) - log pi(move taken), newest
first on ties. So the first dive is the greedy walk, and what is reconsidered first is the choice
in which the policy hesitated least. Where many errands can be done in any order, the probability
of each single order is astronomically small, which misleads LevinTS; regret does not see it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.search.policy import EPSILON, check_epsilon
from planner.search.tree import run_by_policy

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Branches
    from planner.search.result import Outcome
    from planner.search.tree import Exploration, Growth, Node

__all__ = ["Regret"]


@dataclass(frozen=True, slots=True)
class Regret:
    """Regret best-first search; complete on finite spaces.

    Attributes:
        against: ``new`` measures regret against the best move into a state not yet visited,
            ``all`` against the best move of all.
        epsilon: mass of the uniform mixture.
    """

    against: str = "new"
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.against not in ("new", "all"):
            raise ValueError(f"against must be `new` or `all`, not `{self.against}`")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "regret"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan."""
        return run_by_policy(self, space, guide, meter, trace)

    def explore(self, growth: Growth) -> Exploration:
        """The search itself, yielding before each expansion."""
        queue = _Queue(growth, rebase=self.against == "new")
        node: Node | None = growth.root()
        regret = 0.0
        while node is not None:
            if growth.space.is_goal(node.state):
                return growth.solved(node)
            yield
            queue.visited.add(node.state)
            (branches,) = growth.expand([node])
            queue.push(node, branches, regret)
            node, regret = queue.pop()
        return growth.ran_out()


@dataclass(slots=True)
class _Waiting:
    """An expanded node whose moves from ``index`` on have not been followed.

    Attributes:
        base: regret of the node plus log-probability of the move it is measured against.
    """

    node: Node
    branches: Branches
    base: float
    index: int

    def regret(self) -> float:
        return self.base - float(self.branches.log_prob[self.index])


class _Queue:
    """Waiting nodes, each keyed by its next move, so that its size is that of the tree."""

    def __init__(self, growth: Growth, *, rebase: bool) -> None:
        self.visited: set[int] = set()
        self._growth = growth
        self._rebase = rebase
        self._heap: list[tuple[float, int, _Waiting]] = []
        self._serial = 0

    def push(self, node: Node, branches: Branches, regret: float) -> None:
        """Queue the moves of an expanded node."""
        index = 0
        # Moves into visited states are finished; none of them may be the yardstick.
        while index < len(branches) and self._leads_back(node, branches, index):
            index += 1
        if index == len(branches):
            return
        yardstick = branches.log_prob[index if self._rebase else 0]
        self._serial -= 1
        self._queue(self._serial, _Waiting(node, branches, regret + float(yardstick), index))

    def pop(self) -> tuple[Node | None, float]:
        """Follow the move of least regret into a state not yet visited; its node and regret."""
        while self._heap:
            _, serial, waiting = heapq.heappop(self._heap)
            index, regret = waiting.index, waiting.regret()
            waiting.index += 1
            if waiting.index < len(waiting.branches):
                self._queue(serial, waiting)
            state = self._growth.successor(waiting.node.state, waiting.branches.move(index))
            if state not in self.visited:
                return self._growth.child(waiting.node, waiting.branches, index, state), regret
        return None, 0.0

    def _leads_back(self, node: Node, branches: Branches, index: int) -> bool:
        return self._growth.successor(node.state, branches.move(index)) in self.visited

    def _queue(self, serial: int, waiting: _Waiting) -> None:
        # Rounding lets moves of practically equal regret fall to the newest node.
        heapq.heappush(self._heap, (round(waiting.regret(), 3), serial, waiting))
