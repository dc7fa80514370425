"""Monte-Carlo tree search whose states live in Python and whose statistics live in a kernel.

For a user's own world, open tasks and guides that no kernel knows: selection, backup and proofs
are compiled, while successors and judgements are asked of the step space and the policy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.search.result import Status
from planner.search.simulations import tables
from planner.search.simulations.known_ways import cheapest_way

if TYPE_CHECKING:
    from planner.search.policy import Branches
    from planner.search.tree import Exploration, Growth

__all__ = ["SteppedSimulations"]

_UNLIMITED = 1 << 40


class SteppedSimulations:
    """One search.

    Args:
        exploration, commits: as in `planner.search.mcts.Mcts`, where ``commits`` is called
            ``simulations``.
    """

    def __init__(self, growth: Growth, *, exploration: float, commits: int) -> None:
        from planner.search.simulations import kernels

        self._kernels, self._growth = kernels, growth
        self._graph = tables.new_graph(1)
        self._registers = np.zeros(kernels.REGISTERS, dtype=np.int64)
        self._registers[kernels.COMMITS] = commits
        self._registers[kernels.MAY_DO] = _UNLIMITED
        self._reals = np.zeros(kernels.REALS)
        self._reals[kernels.LEAST], self._reals[kernels.MOST] = math.inf, -math.inf
        self._reals[kernels.EXPLORATION] = exploration
        self._scale = 0.0
        self._discounts: dict[int, float] = {}
        # By vertex its moves and its state, and the first edge, as the graph has it.
        self._branches: list[Branches] = []
        self._states: list[int] = []
        self._first: list[int] = []
        self._vertices: dict[int, int] = {}
        # By edge the cost of its move.
        self._costs: list[int] = []

    def explore(self) -> Exploration:
        """The search itself, yielding before each expansion."""
        kernels, growth, registers = self._kernels, self._growth, self._registers
        root = growth.space.initial()
        if growth.space.is_goal(root):
            return growth.outcome(Status.SOLVED, (), 0)
        yield
        self._enter(root)
        kernels.open_root(self._graph, registers)
        simulate, expansions_left = kernels.simulate, growth.meter.expansions_left
        while True:
            registers[kernels.MAY_EXPAND] = expansions_left(_UNLIMITED)
            registers[kernels.DONE] = 0
            answer = simulate(self._graph, registers, self._reals)
            if answer == kernels.EMPTY:
                return growth.ran_out()
            yield
            if answer == kernels.FOLLOW:
                if self._follow():
                    steps, cost = self._plan()
                    return growth.outcome(Status.SOLVED, steps, cost)
            elif answer == kernels.GROW_VERTICES:
                self._graph = tables.grow_vertices(self._graph)
            elif answer == kernels.GROW_EDGES:
                self._grow_edges(int(registers[kernels.WIDEST]))

    def _follow(self) -> bool:
        """Take the move the kernel asks for; whether it leads to a goal."""
        kernels, growth, registers = self._kernels, self._growth, self._registers
        vertex = int(registers[kernels.VERTEX])
        place = int(registers[kernels.EDGE]) - self._first[vertex]
        state = growth.successor(self._states[vertex], self._branches[vertex].move(place))
        growth.generated += 1
        child = self._vertices.get(state)
        if child is not None:
            registers[kernels.CHILD], registers[kernels.MADE] = child, 0
            return False
        if growth.space.is_goal(state):
            return True
        registers[kernels.CHILD], registers[kernels.MADE] = len(self._states), 1
        self._enter(state)
        return False

    def _enter(self, state: int) -> None:
        """Judge a state, and leave what the kernel needs to open its vertex."""
        kernels, growth, graph = self._kernels, self._growth, self._graph
        (branches,) = growth.policy.branches((state,))
        growth.expanded += 1
        growth.meter.expanded += 1
        vertex, count, value = len(self._states), len(branches), branches.value
        self._vertices[state] = vertex
        self._states.append(state)
        self._branches.append(branches)
        self._first.append(len(self._costs))
        if not self._scale:
            known = value is not None and value != math.inf
            self._scale = max(value, 1.0) if known and value is not None else 100.0
        graph.own[vertex] = 0.0 if value is None else math.exp(-value / self._scale)
        self._registers[kernels.NEW_EDGES] = count
        if count:
            self._registers[kernels.WIDEST] = max(self._registers[kernels.WIDEST], count)
            costs = self._costs_of(branches)
            self._costs += costs
            if len(self._costs) > len(graph.source):
                graph = self._grow_edges(count)
            graph.new_prior[:count] = np.exp(branches.log_prob)
            graph.new_discount[:count] = [self._discount(cost) for cost in costs]

    def _grow_edges(self, count: int) -> tables.VertexGraph:
        self._graph = tables.grow_edges(self._graph, len(self._costs) + count)
        return self._graph

    def _discount(self, cost: int) -> float:
        """By how much the cost of a move lessens values."""
        found = self._discounts.get(cost)
        if found is None:
            scale = self._scale * self._growth.space.cost_scale
            found = self._discounts[cost] = math.exp(-cost / scale)
        return found

    def _costs_of(self, branches: Branches) -> list[int]:
        costs = self._growth.space.costs
        if branches.macros is None:
            listed: list[int] = costs[branches.steps].tolist()
            return listed
        return [int(costs[list(move)].sum()) for move in branches.macros]

    def _plan(self) -> tuple[tuple[int, ...], int]:
        """The cheapest known plan and its cost."""
        costs, source = self._costs, self._graph.source
        edges = cheapest_way(self._graph, int(self._registers[self._kernels.EDGE]), costs)
        moves = [
            self._branches[source[edge]].move(edge - self._first[source[edge]]) for edge in edges
        ]
        return tuple(step for move in moves for step in move), sum(costs[edge] for edge in edges)
