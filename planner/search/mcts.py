"""Monte-Carlo tree search with a prior (PUCT) on a graph of states.

Selection follows Silver et al. (2017): value plus exploration in proportion to the prior.
Equal states share one vertex, and visits are counted on edges, so that a vertex reached in two
ways is evaluated once (Czech, Korus, Kersting 2021). Rollouts are not made: a leaf is worth what
the guide says. What is proved is passed up: a vertex all of whose moves are finished is closed,
and the cheapest known way to a goal is kept at each vertex.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from planner.engine.jit import HAS_NUMBA
from planner.guides.relaxed_task import H_FF
from planner.search.best_first import runs_compiled
from planner.search.policy import EPSILON, check_epsilon
from planner.search.search_graph import SearchGraph
from planner.search.tree import run_by_policy
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.guides.relaxed_task import CostKind
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.result import Outcome
    from planner.search.search_graph import Vertex
    from planner.search.simulations.over_rows import SimulationsOverRows
    from planner.search.tree import Exploration, Growth

__all__ = ["Mcts", "Selection"]


@dataclass(frozen=True, slots=True)
class Mcts:
    """Monte-Carlo tree search; complete on finite spaces.

    Attributes:
        exploration: weight of the prior against the value.
        simulations: after so many, the most visited move is made and the search goes on from
            there; 0 never commits, and then plans of more than about twenty steps are out of
            reach.
        batch: leaves judged together, kept apart by virtual visits.
        improve: go on after the first plan until a limit or until all is explored.
        epsilon: mass of the uniform mixture.
    """

    exploration: float = 1.5
    simulations: int = 8
    batch: int = 1
    improve: bool = False
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if self.batch < 1:
            raise ValueError(f"batch must be at least 1, not {self.batch}")
        if self.simulations < 0:
            raise ValueError(f"simulations must be at least 0, not {self.simulations}")
        if not self.exploration >= 0:
            raise ValueError(f"exploration must be at least 0, not {self.exploration}")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "mcts"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan, or for the best."""
        if self._has_kernel and isinstance(space, GroundSpace):
            compiled = runs_compiled(space, guide, trace)
            if compiled is not None and len(compiled[0]) == 1 and compiled[0][0] <= H_FF:
                return self._over_rows(space, compiled[0][0], compiled[1], meter).run()
        return run_by_policy(self, space, guide, meter, trace)

    @property
    def _has_kernel(self) -> bool:
        """Whether kernels do the same: one leaf at a time, until the first plan."""
        return HAS_NUMBA and self.batch == 1 and not self.improve

    def _over_rows(
        self, space: GroundSpace, kind: int, costs: CostKind, meter: Meter
    ) -> SimulationsOverRows:
        from planner.search.simulations.over_rows import SimulationsOverRows

        return SimulationsOverRows(
            space,
            kind,
            costs,
            meter,
            exploration=self.exploration,
            commits=self.simulations,
            epsilon=self.epsilon,
        )

    def explore(self, growth: Growth, selection: Selection | None = None) -> Exploration:
        """The search itself, yielding before each batch of expansions."""
        if self._has_kernel and selection is None and not growth.is_traced:
            from planner.search.simulations.stepped import SteppedSimulations

            stepped = SteppedSimulations(
                growth, exploration=self.exploration, commits=self.simulations
            )
            return (yield from stepped.explore())
        graph = SearchGraph(growth)
        if growth.space.is_goal(graph.root.state):
            return growth.solved(graph.root.node)
        yield
        graph.evaluate([graph.root], [[]])
        simulations = Simulations(self, growth, graph, selection)
        while not graph.root.closed and not simulations.is_exhausted:
            yield
            simulations.batch(growth.meter.expansions_left(self.batch))
            if graph.root.to_goal is not None:
                growth.incumbent = graph.plan()
                if not self.improve:
                    break
        return growth.ran_out() if growth.incumbent is None else growth.found()


class Selection(Protocol):
    """How simulations choose among moves, where it is not by PUCT."""

    def choose(
        self, graph: SearchGraph, vertex: Vertex, on_path: set[int], *, is_focus: bool
    ) -> tuple[int, Vertex | None]:
        """The edge to follow and its child, as `SearchGraph.take` gives them."""
        ...

    def commit(self, graph: SearchGraph, focus: Vertex, on_path: set[int]) -> Vertex | None:
        """The child from which the search goes on."""
        ...


class _Puct:
    """Value plus exploration in proportion to the prior; the most visited move is made."""

    def __init__(self, exploration: float) -> None:
        self._exploration = exploration

    def choose(
        self, graph: SearchGraph, vertex: Vertex, on_path: set[int], *, is_focus: bool
    ) -> tuple[int, Vertex | None]:
        return graph.choose(vertex, on_path, self._exploration)

    def commit(self, graph: SearchGraph, focus: Vertex, on_path: set[int]) -> Vertex | None:
        return graph.most_visited(focus, on_path)


class Simulations:
    """Selection, expansion, evaluation and backup, a batch at a time."""

    def __init__(
        self,
        options: Mcts,
        growth: Growth,
        graph: SearchGraph,
        selection: Selection | None = None,
    ) -> None:
        self._options = options
        self._selection: Selection = selection or _Puct(options.exploration)
        self._growth = growth
        self._graph = graph
        self._trail = [graph.root]
        self._since_commit = 0
        # How many moves are taken back when the next vertex is closed.
        self._retreat = 1
        # Circles keep vertices open although all moves were followed: then this becomes True.
        self.is_exhausted = False
        # Vertices in order of expansion: the next one to widen when selection runs in circles.
        self._waiting: deque[Vertex] = deque([graph.root])

    def batch(self, size: int) -> None:
        """Select up to ``size`` leaves, judge them in one call, back their values up."""
        leaves: list[Vertex] = []
        paths: list[list[tuple[Vertex, int]]] = []
        for _ in range(max(1, size)):
            leaf, path = self._select()
            if leaf is None:
                self._graph.back_up(path)
                if self._is_over():
                    break
                leaf, path = self._widen()
                self.is_exhausted = leaf is None and not leaves and not self._is_over()
            if leaf is None or leaf.is_pending:
                break
            leaf.is_pending = True
            leaves.append(leaf)
            paths.append(path)
            for vertex, edge in path:
                vertex.virtual[edge] += 1
        if leaves:
            self._graph.evaluate(leaves, paths)
            self._waiting.extend(leaf for leaf in leaves if not leaf.closed)
        self._commit(len(leaves))

    def _select(self) -> tuple[Vertex | None, list[tuple[Vertex, int]]]:
        """Follow the best moves to a vertex that was never judged; ``None`` when cut short.

        A walk is cut short at a goal, and where every move leads back onto the walk.
        """
        vertex = self._focus()
        on_path = {id(v) for v in self._trail}
        path: list[tuple[Vertex, int]] = []
        while vertex.branches is not None:
            edge, child = self._selection.choose(self._graph, vertex, on_path, is_focus=not path)
            if child is None:
                if not path and len(self._trail) > 1:
                    self._trail.pop()
                return None, path
            path.append((vertex, edge))
            if child.is_goal:
                return None, path
            on_path.add(id(child))
            vertex = child
        return vertex, path

    def _widen(self) -> tuple[Vertex | None, list[tuple[Vertex, int]]]:
        """The first untried move of the vertex that was expanded first."""
        while self._waiting:
            vertex = self._waiting[0]
            edge = self._graph.untried(vertex)
            if edge is None:
                self._waiting.popleft()
                continue
            child = self._graph.follow(vertex, edge)
            if child.branches is None and not child.is_goal:
                return child, [(vertex, edge)]
            if self._is_over():
                break
        return None, []

    def _is_over(self) -> bool:
        root = self._graph.root
        return root.closed or (root.to_goal is not None and not self._options.improve)

    def _focus(self) -> Vertex:
        """Where simulations start: the vertex to which moves were made, while it is open.

        Where it is closed, one move is taken back, the next time two, then four, until all are:
        which of the moves was the mistake is not known, and the last one seldom is.
        """
        if len(self._trail) > 1 and self._trail[-1].closed:
            del self._trail[max(1, len(self._trail) - self._retreat) :]
            self._retreat *= 2
            while len(self._trail) > 1 and self._trail[-1].closed:
                self._trail.pop()
            if len(self._trail) == 1:
                self._retreat = 1
        return self._trail[-1]

    def _commit(self, simulations: int) -> None:
        self._since_commit += simulations
        if not self._options.simulations or self._since_commit < self._options.simulations:
            return
        self._since_commit = 0
        focus = self._focus()
        child = self._selection.commit(self._graph, focus, {id(v) for v in self._trail})
        if child is not None:
            self._trail.append(child)
