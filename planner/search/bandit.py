"""Tree search by the statistics of estimates, for heuristics without a prior.

GUCT-Normal2 (Wissow & Asai 2024): a subtree is as promising as the mean of the estimates in it
less their deviation times sqrt(2 log N); no constant depends on the scale of the heuristic. As in
bilevel MCTS (Asai 2025), a leaf at depth d is not expanded once: a best-first search from it makes
d expansions, so that walking down the tree costs O(1) for each expansion, as an open list does.
Each state has one place in the tree, that of the first path to it; exhausted subtrees are closed.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.search.policy import EPSILON, check_epsilon
from planner.search.tree import run_by_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.policy import Branches
    from planner.search.result import Outcome
    from planner.search.tree import Exploration, Growth, Node

__all__ = ["Bandit"]


@dataclass(frozen=True, slots=True)
class Bandit:
    """GUCT-Normal2, bilevel; complete on finite spaces.

    Attributes:
        bilevel: a best-first search of d expansions at a leaf of depth d, else one expansion.
        exploration: factor of the deviation; 1 is the published rule, 0 is greedy.
        epsilon: mass of the uniform mixture, which only orders ties.
    """

    bilevel: bool = True
    exploration: float = 1.0
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.exploration < 0:
            raise ValueError("exploration must be at least 0")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "bandit"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan; nothing in it is random."""
        return run_by_policy(self, space, guide, meter, trace)

    def explore(self, growth: Growth) -> Exploration:
        """The search itself, yielding before each batch of judgements."""
        root = growth.root()
        if growth.space.is_goal(root.state):
            return growth.solved(root)
        yield
        tree = _Tree(growth, self.exploration)
        start = tree.add(None, root, growth.expand([root])[0])
        while not start.is_closed:
            leaf = tree.select(start)
            budget = max(1, leaf.depth) if self.bilevel else 1
            waiting = [(leaf.estimate, 0, leaf)]
            serial = 0
            while waiting and budget > 0:
                _, _, place = heapq.heappop(waiting)
                yield
                found, children = tree.expand(place)
                if found is not None:
                    return growth.solved(found)
                budget -= 1
                for child in children:
                    serial += 1
                    heapq.heappush(waiting, (child.estimate, serial, child))
        return growth.ran_out()


@dataclass(slots=True, eq=False)
class _Place:
    """A node's place in the tree, with the statistics of the estimates at and below it.

    Attributes:
        children: those with something left to expand.
        pending: moves not followed yet, dropped at expansion.
        count, mean, spread: number, mean and summed squared deviation of estimates.
    """

    node: Node
    parent: _Place | None
    pending: Branches | None
    estimate: float
    depth: int
    children: list[_Place] = field(default_factory=list)
    count: int = 0
    mean: float = 0.0
    spread: float = 0.0
    is_closed: bool = False

    def learn(self, value: float) -> None:
        """Take an estimate into account (Welford 1962)."""
        self.count += 1
        change = value - self.mean
        self.mean += change / self.count
        self.spread += change * (value - self.mean)

    @property
    def deviation(self) -> float:
        """Standard deviation of the estimates."""
        return math.sqrt(self.spread / self.count)


class _Tree:
    """Places, and the states that have one."""

    def __init__(self, growth: Growth, exploration: float) -> None:
        self._growth, self._exploration = growth, exploration
        self._known: set[int] = set()

    def add(self, parent: _Place | None, node: Node, branches: Branches) -> _Place:
        """Give a judged node its place; its estimate counts for all above it."""
        estimate = branches.value or 0.0
        depth = 0 if parent is None else parent.depth + 1
        place = _Place(node, parent, branches, estimate, depth)
        self._known.add(node.state)
        if not len(branches):
            place.is_closed = True
        elif parent is not None:
            parent.children.append(place)
        if estimate != math.inf:
            above: _Place | None = place
            while above is not None:
                above.learn(estimate)
                above = above.parent
        return place

    def select(self, place: _Place) -> _Place:
        """Walk down to a place that was not expanded, always to the most promising child."""
        while place.pending is None:
            reach = self._exploration * math.sqrt(2.0 * math.log(max(1, place.count)))
            place = min(place.children, key=lambda c: c.mean - reach * c.deviation)
        return place

    def expand(self, place: _Place) -> tuple[Node | None, list[_Place]]:
        """Follow all moves, judge the new states in one call; a goal ends it."""
        branches, place.pending = place.pending, None
        assert branches is not None, "a place is expanded once"
        nodes: dict[int, Node] = {}
        for index in range(len(branches)):
            state = self._growth.successor(place.node.state, branches.move(index))
            if state in self._known or state in nodes:
                continue
            child = self._growth.child(place.node, branches, index, state)
            if self._growth.space.is_goal(state):
                return child, []
            nodes[state] = child
        children = self._judged(place, list(nodes.values()))
        self._close(place)
        return None, [child for child in children if not child.is_closed]

    def _judged(self, place: _Place, nodes: list[Node]) -> list[_Place]:
        room = self._growth.meter.expansions_left(len(nodes))
        results: Iterable[Branches] = self._growth.expand(nodes[:room]) if nodes[:room] else ()
        return [self.add(place, n, b) for n, b in zip(nodes[:room], results, strict=True)]

    def _close(self, place: _Place) -> None:
        """Close places with nothing left to expand, and what that closes above."""
        here: _Place | None = place
        while here is not None and here.pending is None and not here.children:
            here.is_closed = True
            if here.parent is not None:
                here.parent.children.remove(here)
            here = here.parent
