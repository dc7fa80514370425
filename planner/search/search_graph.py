"""The graph of states that MCTS grows: visits on edges, values, and what is proved."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray
    from planner.search.policy import Branches
    from planner.search.tree import Growth, Node

__all__ = ["SearchGraph", "Vertex"]


_FEW = 48
"""Edges up to which a loop over lists is faster than NumPy."""


class Vertex:
    """A state with its statistics; edge ``i`` is move ``i`` of ``branches``.

    Statistics are lists: most states have few edges, and one is looked at at a time.

    Attributes:
        node: the first path found to the state.
        branches: ``None`` until the state was judged.
        own: the guide's estimate in [0, 1]; ``mean`` averages it with what lies below.
        prior: the probability of each edge.
        costs: the cost of each edge.
        visits: simulations that went along each edge.
        virtual: simulations under way along each edge.
        value: for each edge the discounted mean of the child as last backed up.
        open: whether something is left to explore under each edge.
        child: the vertex each edge leads to, ``None`` where it was never followed.
        parents: edges that lead here.
        to_goal: cost of the cheapest known way to a goal, along the edge ``best``.
        closed: nothing is left to explore here or below.
    """

    __slots__ = (
        "best",
        "branches",
        "child",
        "closed",
        "costs",
        "is_goal",
        "is_pending",
        "mean",
        "node",
        "open",
        "own",
        "parents",
        "prior",
        "state",
        "to_goal",
        "value",
        "virtual",
        "visits",
    )

    def __init__(self, node: Node, *, is_goal: bool) -> None:
        self.node = node
        self.state = node.state
        self.is_goal = is_goal
        self.is_pending = False
        self.closed = is_goal
        self.to_goal: int | None = 0 if is_goal else None
        self.best = -1
        self.branches: Branches | None = None
        self.own = self.mean = 1.0 if is_goal else 0.0
        self.parents: list[tuple[Vertex, int]] = []
        self.child: list[Vertex | None] = []
        self.prior: list[float] = []
        self.costs: list[int] = []
        self.visits: list[int] = []
        self.virtual: list[int] = []
        self.value: list[float] = []
        self.open: list[bool] = []

    @property
    def visit_count(self) -> int:
        """Simulations that ended here or passed through: its own evaluation and its edges'."""
        return 1 + sum(self.visits)


class SearchGraph:
    """Vertices by state, with the four operations of a simulation."""

    def __init__(self, growth: Growth) -> None:
        self._growth = growth
        node = growth.root()
        self.root = Vertex(node, is_goal=False)
        self.vertices = {node.state: self.root}
        # Estimates are divided by that of the root, so that the root is worth 1/e and the goal 1.
        self._scale: float | None = None
        self._least, self._most = math.inf, -math.inf

    def choose(
        self, vertex: Vertex, on_path: set[int], exploration: float
    ) -> tuple[int, Vertex | None]:
        """The edge of the best PUCT score among those worth following, and its child.

        Not worth following are edges back onto the path and edges to closed vertices.
        """
        assert vertex.branches is not None, "only judged vertices have edges"
        few = len(vertex.visits) <= _FEW
        score = (self._scores if few else self._scores_of_many)(vertex, exploration)
        return self.take(vertex, score, on_path)

    def _scores(self, vertex: Vertex, exploration: float) -> list[float]:
        """The PUCT score of each edge."""
        visits, virtual, value, own = vertex.visits, vertex.virtual, vertex.value, vertex.own
        least, most = self._least, self._most
        root = math.sqrt(1 + sum(visits) + sum(virtual))
        scores = []
        for edge, prior in enumerate(vertex.prior):
            made, pending = visits[edge], virtual[edge]
            quality = 0.0
            if most > least:
                known = value[edge] if made else own
                quality = min(max((known - least) / (most - least), 0.0), 1.0)
            if pending:
                # A simulation under way counts as one that found nothing.
                quality *= 1 - pending / (made + pending)
            scores.append(quality + exploration * prior * root / (1 + made + pending))
        return scores

    def _scores_of_many(self, vertex: Vertex, exploration: float) -> list[float]:
        """The same for many edges."""
        visits, virtual = np.array(vertex.visits), np.array(vertex.virtual)
        count = visits + virtual
        known = np.where(visits > 0, vertex.value, vertex.own)
        quality = self.normal(known) * (1 - virtual / np.maximum(count, 1))
        root = math.sqrt(1 + int(count.sum()))
        scores: list[float] = (
            quality + exploration * np.array(vertex.prior) * root / (1 + count)
        ).tolist()
        return scores

    def take(
        self, vertex: Vertex, score: list[float], on_path: set[int]
    ) -> tuple[int, Vertex | None]:
        """The edge with the best score among those worth following, and its child.

        The scores of others are overwritten; (-1, ``None``) when none is worth following.
        """
        for edge, is_open in enumerate(vertex.open):
            if not is_open:
                score[edge] = -math.inf
        while score:
            best = max(score)
            if best == -math.inf:
                break
            edge = score.index(best)
            child = self.follow(vertex, edge)
            if id(child) not in on_path and (child.is_goal or not child.closed):
                return edge, child
            score[edge] = -math.inf
        return -1, None

    def follow(self, vertex: Vertex, edge: int) -> Vertex:
        """The vertex an edge leads to, made or linked at the first time."""
        known = vertex.child[edge]
        if known is not None:
            return known
        assert vertex.branches is not None, "only judged vertices have edges"
        state = self._growth.successor(vertex.state, vertex.branches.move(edge))
        child = self.vertices.get(state)
        if child is not None:
            self._growth.generated += 1
        else:
            node = self._growth.child(vertex.node, vertex.branches, edge, state)
            child = Vertex(node, is_goal=self._growth.space.is_goal(state))
            self.vertices[state] = child
        vertex.child[edge] = child
        child.parents.append((vertex, edge))
        if child.closed:
            vertex.open[edge] = False
            self._close_upwards([vertex])
        if child.to_goal is not None:
            self._shorten_upwards(child)
        return child

    def untried(self, vertex: Vertex) -> int | None:
        """The most probable edge that was never followed."""
        for edge, child in enumerate(vertex.child):
            if child is None:
                return edge
        return None

    def most_visited(self, vertex: Vertex, on_path: set[int]) -> Vertex | None:
        """The child of the most visited open edge off the path, the more probable on ties."""
        for edge in sorted(range(len(vertex.visits)), key=lambda edge: -vertex.visits[edge]):
            child = vertex.child[edge]
            if vertex.open[edge] and child is not None and id(child) not in on_path:
                return child if child.branches is not None else None
        return None

    def evaluate(self, leaves: Sequence[Vertex], paths: Sequence[list[tuple[Vertex, int]]]) -> None:
        """Judge leaves in one call and back their values up along their paths."""
        results = self._growth.expand([leaf.node for leaf in leaves])
        for leaf, branches in zip(leaves, results, strict=True):
            self._open(leaf, branches)
        for path in paths:
            for vertex, edge in path:
                vertex.virtual[edge] -= 1
            self.back_up(path)
        self._close_upwards([leaf for leaf in leaves if not len(leaf.child)])

    def back_up(self, path: Sequence[tuple[Vertex, int]]) -> None:
        """Count a simulation along its path and renew the means, leaf first."""
        for vertex, edge in reversed(path):
            child = vertex.child[edge]
            assert child is not None, "a path follows known edges"
            vertex.visits[edge] += 1
            vertex.value[edge] = child.mean * math.exp(-vertex.costs[edge] / self._cost_scale())
            self._note(vertex.value[edge])
            # One after another, as the kernel adds: `sum` is more exact in some versions.
            below = 0.0
            for visits, value in zip(vertex.visits, vertex.value, strict=True):
                below += visits * value
            vertex.mean = (vertex.own + below) / vertex.visit_count

    def plan(self) -> tuple[tuple[int, ...], int]:
        """The cheapest known plan and its cost."""
        moves: list[tuple[int, ...]] = []
        vertex = self.root
        while not vertex.is_goal:
            child = vertex.child[vertex.best]
            assert vertex.branches is not None, "only judged vertices have edges"
            assert child is not None, "best edges lead to a goal"
            moves.append(vertex.branches.move(vertex.best))
            vertex = child
        assert self.root.to_goal is not None, "there is a plan"
        return tuple(step for move in moves for step in move), self.root.to_goal

    def _open(self, leaf: Vertex, branches: Branches) -> None:
        leaf.is_pending = False
        leaf.branches = branches
        count = len(branches)
        leaf.child = [None] * count
        leaf.prior = np.exp(branches.log_prob).tolist()
        leaf.visits = [0] * count
        leaf.virtual = [0] * count
        leaf.value = [0.0] * count
        leaf.open = [True] * count
        costs = self._growth.space.costs
        if branches.macros is None:
            leaf.costs = costs[branches.steps].tolist()
        else:
            leaf.costs = [int(costs[list(m)].sum()) for m in branches.macros]
        value = branches.value
        if self._scale is None:
            self._scale = 100.0 if value is None or value == math.inf else max(value, 1.0)
        leaf.own = leaf.mean = 0.0 if value is None else math.exp(-value / self._scale)

    def _cost_scale(self) -> float:
        return (self._scale or 1.0) * self._growth.space.cost_scale

    def _note(self, value: float) -> None:
        self._least = min(self._least, value)
        self._most = max(self._most, value)

    def normal(self, values: FloatArray) -> FloatArray:
        """Values spread over [0, 1] by the extremes seen (Schrittwieser et al. 2020)."""
        if self._most <= self._least:
            return np.zeros(len(values))
        spread: FloatArray = (values - self._least) / (self._most - self._least)
        return spread.clip(0.0, 1.0)

    def _close_upwards(self, vertices: Sequence[Vertex]) -> None:
        """Close vertices without open edges, and what that closes in turn."""
        todo = list(vertices)
        while todo:
            vertex = todo.pop()
            if vertex.closed or vertex.branches is None or any(vertex.open):
                continue
            vertex.closed = True
            for parent, edge in vertex.parents:
                parent.open[edge] = False
                todo.append(parent)

    def _shorten_upwards(self, solved: Vertex) -> None:
        """Tell parents of a cheaper way to a goal; strictly cheaper, so ways have no circles.

        In the order of cost (Dijkstra), so that each vertex passes its news on once.
        """
        assert solved.to_goal is not None, "only solved vertices are passed up"
        todo = [(solved.to_goal, 0, solved)]
        serial = 0
        while todo:
            to_goal, _, vertex = heapq.heappop(todo)
            if to_goal != vertex.to_goal:
                continue
            for parent, edge in vertex.parents:
                cost = parent.costs[edge] + to_goal
                if parent.to_goal is None or cost < parent.to_goal:
                    parent.to_goal, parent.best = cost, edge
                    serial += 1
                    heapq.heappush(todo, (cost, serial, parent))
