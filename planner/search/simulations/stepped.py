"""Monte-Carlo tree search whose states live in Python and whose statistics live in a kernel.

For a user's own world, open tasks and guides that no kernel knows: selection, backup and proofs
are compiled, while successors and judgements are asked of the step space and the policy.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.search.policy import StepPolicy
from planner.search.result import Status
from planner.search.simulations import kernels, tables
from planner.search.simulations.kernels import (
    CHILD,
    DONE,
    EDGE,
    EMPTY,
    FOLLOW,
    GROW_EDGES,
    GROW_VERTICES,
    MADE,
    NEW_EDGES,
    VERTEX,
    WIDEST,
)
from planner.search.simulations.known_ways import cheapest_way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import FloatArray
    from planner.search.tree import Exploration, Growth

    # A step, or several in a row.
    Move = int | tuple[int, ...]
    Judged = tuple[Sequence[Move], float | None, FloatArray, FloatArray | None]

__all__ = ["SteppedSimulations"]

_UNLIMITED = 1 << 40


class SteppedSimulations:
    """One search.

    Args:
        exploration, commits: as in `planner.search.mcts.Mcts`, where ``commits`` is called
            ``simulations``.
    """

    def __init__(self, growth: Growth, *, exploration: float, commits: int) -> None:
        self._growth = growth
        self._graph = tables.new_graph(1)
        self._registers = np.zeros(kernels.REGISTERS, dtype=np.int64)
        self._registers[kernels.COMMITS] = commits
        # A call expands one vertex at most, which was entered and counted before it.
        self._registers[kernels.MAY_EXPAND] = self._registers[kernels.MAY_DO] = _UNLIMITED
        self._reals = np.zeros(kernels.REALS)
        self._reals[kernels.LEAST], self._reals[kernels.MOST] = math.inf, -math.inf
        self._reals[kernels.EXPLORATION] = exploration
        # The same numbers as views, of which Python reads and writes single ones several times as
        # fast as of arrays.
        self._at: memoryview[int] = self._registers.data
        self._own = _view(self._graph.own)
        self._scale = 0.0
        # By how much costs lessen values: by cost, and by step as far as steps are known; whether
        # all of them are alike, and then written for every edge that may be entered.
        self._discount_of: dict[int, float] = {}
        self._discounts: FloatArray = np.zeros(64)
        self._known_steps = 0
        self._is_filled = False
        # By vertex its moves and its state, and the first edge, as the graph has it.
        self._moves: list[Sequence[Move]] = []
        self._states: list[int] = []
        self._first: list[int] = []
        self._vertices: dict[int, int] = {}
        self._edges = 0
        # Probabilities by number of moves where all are alike, and those that the graph has now.
        self._even: dict[int, FloatArray] = {}
        self._written: FloatArray | None = None
        policy = growth.policy
        self._policy = policy if isinstance(policy, StepPolicy) and policy.is_even else None

    def explore(self) -> Exploration:
        """The search itself, yielding before each expansion."""
        growth, at = self._growth, self._at
        root = growth.space.initial()
        if growth.space.is_goal(root):
            return growth.outcome(Status.SOLVED, (), 0)
        yield
        self._enter(root)
        kernels.open_root(self._graph, self._registers)
        simulate, registers, reals = kernels.simulate, self._registers, self._reals
        while True:
            answer = simulate(self._graph, registers, reals)
            if answer == EMPTY:
                return growth.ran_out()
            yield
            if answer == FOLLOW:
                if self._follow():
                    steps, cost = self._plan()
                    return growth.outcome(Status.SOLVED, steps, cost)
            elif answer == GROW_VERTICES:
                self._graph = tables.grow_vertices(self._graph)
                self._own = _view(self._graph.own)
            elif answer == GROW_EDGES:
                self._grow_edges(at[WIDEST])
            else:
                at[DONE] = 0

    def _follow(self) -> bool:
        """Take the move the kernel asks for; whether it leads to a goal."""
        growth, at = self._growth, self._at
        vertex = at[VERTEX]
        move = self._moves[vertex][at[EDGE] - self._first[vertex]]
        if isinstance(move, int):
            state = growth.space.successor(self._states[vertex], move)
        else:
            state = growth.successor(self._states[vertex], move)
        growth.generated += 1
        child = self._vertices.get(state)
        if child is not None:
            at[CHILD], at[MADE] = child, 0
            return False
        if growth.space.is_goal(state):
            return True
        at[CHILD], at[MADE] = len(self._states), 1
        self._enter(state)
        return False

    def _enter(self, state: int) -> None:
        """Judge a state, and leave what the kernel needs to open its vertex."""
        growth = self._growth
        moves, value, prior, discounts = self._judge(state)
        growth.expanded += 1
        growth.meter.expanded += 1
        vertex, count = len(self._states), len(moves)
        self._vertices[state] = vertex
        self._states.append(state)
        self._moves.append(moves)
        self._first.append(self._edges)
        self._own[vertex] = 0.0 if value is None else math.exp(-value / self._scale)
        self._at[NEW_EDGES] = count
        if not count:
            return
        self._edges += count
        if count > self._at[WIDEST]:
            self._at[WIDEST] = count
        if self._edges > len(self._graph.source):
            self._grow_edges(count)
        if prior is not self._written:
            self._graph.new_prior[:count] = prior
            self._written = prior
        if discounts is not None:
            self._graph.new_discount[:count] = discounts

    def _judge(self, state: int) -> Judged:
        """A state's moves, its value, the probability and the discount of each move.

        Discounts are ``None`` where the graph has them already.
        """
        if self._policy is not None:
            steps, even = self._policy.even_steps(state)
            value, macros, count = even.value, None, len(steps)
            prior = self._even.get(count)
            if prior is None:
                prior = self._even[count] = np.exp(even.log_prob)
        else:
            (branches,) = self._growth.policy.branches((state,))
            steps, value, macros = branches.steps, branches.value, branches.macros
            prior = np.exp(branches.log_prob)
        if not self._scale:
            known = value is not None and value != math.inf
            self._scale = max(value, 1.0) if known and value is not None else 100.0
        if len(self._growth.space.costs) > self._known_steps:
            self._know_steps()
        if macros is not None:
            costs = self._growth.space.costs
            self._is_filled = False
            discounts = [self._discount(int(costs[list(move)].sum())) for move in macros]
            return macros, value, prior, np.array(discounts)
        listed: list[int] = steps.tolist()
        return listed, value, prior, None if self._is_filled else self._discounts[steps]

    def _know_steps(self) -> None:
        """Note by how much the costs of steps lessen values of which the space did not know yet."""
        first, costs = self._known_steps, self._growth.space.costs
        if len(costs) > len(self._discounts):
            larger = np.zeros(2 * len(costs))
            larger[:first] = self._discounts[:first]
            self._discounts = larger
        for step, cost in enumerate(costs[first:].tolist(), first):
            self._discounts[step] = self._discount(cost)
        self._known_steps = len(costs)
        was_filled, self._is_filled = self._is_filled, len(self._discount_of) == 1
        if self._is_filled and not was_filled:
            self._fill()

    def _fill(self) -> None:
        self._graph.new_discount[:] = self._discounts[0]

    def _discount(self, cost: int) -> float:
        """By how much a cost lessens values."""
        found = self._discount_of.get(cost)
        if found is None:
            scale = self._scale * self._growth.space.cost_scale
            found = self._discount_of[cost] = math.exp(-cost / scale)
        return found

    def _grow_edges(self, count: int) -> None:
        self._graph = tables.grow_edges(self._graph, self._edges + count)
        if self._is_filled:
            self._fill()

    def _plan(self) -> tuple[tuple[int, ...], int]:
        """The cheapest known plan and its cost."""
        step_costs = self._growth.space.costs.tolist()
        moves = [
            (move,) if isinstance(move, int) else move for moves in self._moves for move in moves
        ]
        costs = [sum(step_costs[step] for step in move) for move in moves]
        edges = cheapest_way(self._graph, self._at[EDGE], costs)
        return tuple(step for edge in edges for step in moves[edge]), sum(costs[e] for e in edges)


def _view(array: FloatArray) -> memoryview[float]:
    return array.data.cast("B").cast("d")
