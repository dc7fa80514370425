"""LevinTS and PHS*: policy-guided searches that bound their own effort.

LevinTS (Orseau, Lelis, Lattimore, Weber 2018) expands nodes by (d + 1) / pi, with d the depth and
pi the probability of the path. It makes at most (d + 1) / pi expansions before it reaches a node:
the expanded nodes form a tree, each of its leaves costs at most that of the node returned, and
the probabilities of the leaves sum to one at most.

PHS* (Orseau, Lelis 2021) multiplies by eta = (1 + h / g) pi^(-h / g) >= 1, here with g = d + 1 and
h the parent's estimate less one step, so that a node is judged when it is expanded, not before.
The same argument bounds its expansions by the largest priority on the path of the node returned.
"""

from __future__ import annotations

import heapq
import math
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

__all__ = ["PHS", "LevinTS"]


@dataclass(frozen=True, slots=True)
class LevinTS:
    """Levin tree search; complete on finite spaces.

    The bound holds for the policy as it is used: renormalised over the legal steps, classes
    merged, mixed with epsilon uniform.

    Attributes:
        epsilon: mass of the uniform mixture.
    """

    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "levin"

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
        return _explore(growth, informed=False)


@dataclass(frozen=True, slots=True)
class PHS:
    """Policy-guided heuristic search PHS*; with a guide without values it is LevinTS.

    Attributes:
        epsilon: mass of the uniform mixture.
    """

    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "phs"

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
        return _explore(growth, informed=True)


def _explore(growth: Growth, *, informed: bool) -> Exploration:
    queue = _Queue(growth)
    # The root's own cost is (0 + 1) / 1.
    node: Node | None = growth.root()
    path_cost = 0.0
    while node is not None:
        if growth.space.is_goal(node.state):
            return growth.solved(node, bound=_exp(path_cost))
        yield
        queue.best[node.state] = node.log_pi
        (branches,) = growth.expand([node])
        value = branches.value if informed and branches.value is not None else 0.0
        queue.push(_Waiting(node, branches, max(0.0, value - 1.0), path_cost))
        node, path_cost = queue.pop()
    return growth.ran_out()


@dataclass(slots=True)
class _Waiting:
    """An expanded node whose moves from ``index`` on have not been followed.

    Attributes:
        to_go: h of the children.
        path_cost: log of the largest priority on the path to the node.
    """

    node: Node
    branches: Branches
    to_go: float
    path_cost: float
    index: int = 0

    def cost(self) -> float:
        """Log-priority of the next child, never below that of its ancestors."""
        log_pi = self.node.log_pi + float(self.branches.log_prob[self.index])
        g = self.node.depth + 2
        ratio = self.to_go / g
        own = math.log(g) + math.log1p(ratio) - log_pi * (1.0 + ratio)
        return max(own, self.path_cost)


class _Queue:
    """Waiting nodes by the priority of their next child."""

    def __init__(self, growth: Growth) -> None:
        self.best: dict[int, float] = {}
        self._growth = growth
        self._heap: list[tuple[float, int, _Waiting]] = []
        self._serial = 0

    def push(self, waiting: _Waiting) -> None:
        """Queue the moves of an expanded node, newest first on ties."""
        self._serial -= 1
        if len(waiting.branches):
            heapq.heappush(self._heap, (waiting.cost(), self._serial, waiting))

    def pop(self) -> tuple[Node | None, float]:
        """The cheapest child that is not pruned, and the log-priority of its path."""
        while self._heap:
            cost, serial, waiting = heapq.heappop(self._heap)
            index = waiting.index
            waiting.index += 1
            if waiting.index < len(waiting.branches):
                heapq.heappush(self._heap, (waiting.cost(), serial, waiting))
            state = self._growth.successor(waiting.node.state, waiting.branches.move(index))
            log_pi = waiting.node.log_pi + float(waiting.branches.log_prob[index])
            # The policy depends on the state alone, so what follows from an earlier, at least as
            # probable visit costs no more. A less probable visit is shallower and proves nothing.
            if self.best.get(state, -math.inf) < log_pi:
                return self._growth.child(waiting.node, waiting.branches, index, state), cost
        return None, 0.0


def _exp(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 709.0 else math.inf
