"""Merged regret best-first search: go where the policy points, return to the cheapest doubt.

The priority of a node is the sum over its path of log pi(best move) - log pi(move taken), newest
first on ties. So the first dive is the greedy walk, and what is reconsidered first is the choice
in which the policy hesitated least. Where many errands can be done in any order, the probability
of each single order is astronomically small, which misleads LevinTS; regret does not see it.

A policy that is lost wanders without regret. So where no further goal is met and states show
nothing new (`planner.search.progress`), every second node is the one nearest to the last progress.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.search.policy import EPSILON, check_epsilon
from planner.search.progress import Place, Progress
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
        queue = _Queue(growth, rebase=self.against == "new", watch=Progress.of(growth.space))
        place: Place | None = queue.start(growth.root())
        while place is not None:
            node = place.node
            if growth.space.is_goal(node.state):
                return growth.solved(node)
            yield
            queue.visited.add(node.state)
            (branches,) = growth.expand([node])
            queue.push(place, branches)
            place = queue.pop()
        return growth.ran_out()


@dataclass(slots=True)
class _Waiting:
    """An expanded node whose moves from ``index`` on have not been followed.

    Attributes:
        base: regret of the node plus log-probability of the move it is measured against.
    """

    place: Place
    branches: Branches
    base: float
    index: int

    def regret(self) -> float:
        # Rounding lets moves of practically equal regret fall to the newest node.
        return round(self.base - float(self.branches.log_prob[self.index]), 3)


class _Queue:
    """Waiting nodes, each keyed by its next move, so that its size is that of the tree.

    While the search is lost every second node is taken from a second queue, by
    `Place.key`. An entry that the other queue has used up is passed over.
    """

    def __init__(self, growth: Growth, *, rebase: bool, watch: Progress | None) -> None:
        self.visited: set[int] = set()
        self._growth = growth
        self._rebase = rebase
        self._watch = watch
        self._heap: list[tuple[float, int, int, _Waiting]] = []
        self._near: list[tuple[tuple[float, float], int, int, _Waiting]] | None = None
        self._serial = 0
        self._turn = False

    def start(self, node: Node) -> Place:
        """The first place."""
        if self._watch is None:
            return Place(node, 0.0, 0)
        place = Place(node, 0.0, self._watch.open_goals(node.state))
        self._watch.is_lost(place)
        return place

    def push(self, place: Place, branches: Branches) -> None:
        """Queue the moves of an expanded node."""
        index = 0
        # Moves into visited states are finished; none of them may be the yardstick.
        while index < len(branches) and self._leads_back(place.node, branches, index):
            index += 1
        if index == len(branches):
            return
        yardstick = branches.log_prob[index if self._rebase else 0]
        self._serial -= 1
        base = place.regret + float(yardstick)
        self._queue(self._serial, _Waiting(place, branches, base, index))

    def pop(self) -> Place | None:
        """Follow the move of least regret into a state not yet visited."""
        while self._heap:
            serial, index, waiting = self._take()
            if index != waiting.index:
                continue
            regret = waiting.base - float(waiting.branches.log_prob[index])
            waiting.index += 1
            if waiting.index < len(waiting.branches):
                self._queue(serial, waiting)
            node = waiting.place.node
            state = self._growth.successor(node.state, waiting.branches.move(index))
            if state not in self.visited:
                child = self._growth.child(node, waiting.branches, index, state)
                return self._placed(waiting.place, child, regret)
        return None

    def _take(self) -> tuple[int, int, _Waiting]:
        self._turn = not self._turn
        if self._near and self._turn:
            _, serial, index, waiting = heapq.heappop(self._near)
        else:
            _, serial, index, waiting = heapq.heappop(self._heap)
        return serial, index, waiting

    def _placed(self, parent: Place, node: Node, regret: float) -> Place:
        """A node's place, and what it says of the search's progress."""
        if self._watch is None:
            return Place(node, regret, 0)
        goals = self._watch.open_goals(node.state)
        new = self._watch.is_new(node.state, goals)
        place = parent.child(node, regret, goals, new=new)
        lost = self._watch.is_lost(place)
        if lost and self._near is None:
            live = ((w, s) for _, s, index, w in self._heap if index == w.index)
            self._near = [(w.place.key(w.regret()), s, w.index, w) for w, s in live]
            heapq.heapify(self._near)
        elif not lost:
            self._near = None
        return place

    def _leads_back(self, node: Node, branches: Branches, index: int) -> bool:
        return self._growth.successor(node.state, branches.move(index)) in self.visited

    def _queue(self, serial: int, waiting: _Waiting) -> None:
        regret = waiting.regret()
        heapq.heappush(self._heap, (regret, serial, waiting.index, waiting))
        if self._near is not None:
            key = waiting.place.key(regret)
            heapq.heappush(self._near, (key, serial, waiting.index, waiting))
