"""Gumbel MCTS for few simulations a move (Danihelka, Guez, Schrittwieser & Silver 2022).

At the vertex where a move is to be made, moves are drawn without replacement by Gumbel noise on
the prior, and sequential halving shares the simulations among them; the move made improves on the
prior in expectation even where there are fewer simulations than moves. Below, moves are chosen so
that visits follow the improved policy (equation 14). Graph, proofs and limits are those of `Mcts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log2
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import LimitError
from planner.search.binding import bind_guide
from planner.search.mcts import Mcts
from planner.search.policy import EPSILON, StepPolicy, check_epsilon
from planner.search.result import Outcome, Status
from planner.search.tree import Growth, drive

if TYPE_CHECKING:
    from planner.interfaces import FloatArray, Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.search_graph import SearchGraph, Vertex

__all__ = ["Gumbel"]

_VISIT, _SCALE = 50.0, 0.1
"""c_visit and c_scale of the paper's equation 8."""


@dataclass(frozen=True, slots=True)
class Gumbel:
    """Monte-Carlo tree search with Gumbel noise and sequential halving; complete like `Mcts`.

    Attributes:
        simulations: for each move made.
        considered: moves among which they are shared, at most.
        batch, improve, epsilon: as in `Mcts`.
    """

    simulations: int = 8
    considered: int = 8
    batch: int = 1
    improve: bool = False
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)
        if min(self.simulations, self.considered, self.batch) < 1:
            raise ValueError("simulations, considered and batch must be at least 1")

    @property
    def name(self) -> str:
        """The name on the command line."""
        return "gumbel"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan, or for the best; ``seed`` draws the noise."""
        try:
            bound = bind_guide(guide, space, meter)
        except LimitError:
            return Outcome(Status.LIMIT, reason=meter.exceeded(), search=self.name)
        policy = StepPolicy(space, bound, meter, epsilon=self.epsilon)
        growth = Growth(self.name, space, policy, meter, trace)
        search = Mcts(
            simulations=self.simulations,
            batch=self.batch,
            improve=self.improve,
            epsilon=self.epsilon,
        )
        halving = Halving(self.simulations, self.considered, np.random.default_rng(seed))
        return drive(search.explore(growth, halving), growth)


class Halving:
    """Sequential halving at the vertex where the next move is made.

    Args:
        simulations: the budget of a move.
        considered: moves drawn.
        draws: where the noise comes from.
    """

    def __init__(self, simulations: int, considered: int, draws: np.random.Generator) -> None:
        self._budget, self._considered, self._draws = simulations, considered, draws
        self._focus: Vertex | None = None
        self._noisy: FloatArray = np.zeros(0)
        self._before: FloatArray = np.zeros(0)
        self.candidates: list[int] = []
        self._phase_ends = 0
        self._phases = 1

    def choose(
        self, graph: SearchGraph, vertex: Vertex, on_path: set[int], *, is_focus: bool
    ) -> tuple[int, Vertex | None]:
        """By halving at the focus, by the improved policy below it."""
        if not is_focus:
            return graph.take(vertex, _lag(graph, vertex).tolist(), on_path)
        if vertex is not self._focus:
            self._begin(vertex)
        made = _made(vertex) - self._before
        if made.sum() >= self._phase_ends and len(self.candidates) > 1:
            self._halve(graph, vertex)
        score: list[float] = _lag(graph, vertex).tolist()
        # Candidates come before all other moves, the least simulated of them first.
        for edge in self.candidates:
            score[edge] = 10.0 - float(made[edge]) / (1.0 + self._budget)
        return graph.take(vertex, score, on_path)

    def commit(self, graph: SearchGraph, focus: Vertex, on_path: set[int]) -> Vertex | None:
        """The candidate with the best noise, prior and value; else the most visited move."""
        if focus is self._focus:
            for edge in self._ranked(graph, focus):
                child = focus.child[edge]
                is_new = child is not None and id(child) not in on_path
                if child is not None and is_new and focus.open[edge]:
                    return child if child.branches is not None else None
        return graph.most_visited(focus, on_path)

    def _begin(self, vertex: Vertex) -> None:
        assert vertex.branches is not None, "only judged vertices have edges"
        self._focus = vertex
        self._before = _made(vertex)
        count = len(vertex.child)
        self._noisy = vertex.branches.log_prob + self._draws.gumbel(size=count)
        ranked = [e for e in np.argsort(-self._noisy, kind="stable").tolist() if vertex.open[e]]
        self.candidates = ranked[: min(self._considered, self._budget)]
        self._phases = max(1, ceil(log2(max(1, len(self.candidates)))))
        self._phase_ends = self._share()

    def _share(self) -> int:
        """Simulations of the phase that begins."""
        left = max(1, len(self.candidates))
        return left * max(1, self._budget // (self._phases * left))

    def _halve(self, graph: SearchGraph, vertex: Vertex) -> None:
        ranked = self._ranked(graph, vertex)
        self.candidates = ranked[: max(1, len(ranked) // 2)]
        self._phase_ends += self._share()

    def _ranked(self, graph: SearchGraph, vertex: Vertex) -> list[int]:
        """Candidates by noise, prior and value, best first."""
        score = self._noisy + _advantage(graph, vertex)
        return sorted(self.candidates, key=lambda edge: -score[edge])


def _made(vertex: Vertex) -> FloatArray:
    """Simulations along each edge, those under way included."""
    return np.array(vertex.visits, dtype=np.float64) + np.array(vertex.virtual, dtype=np.float64)


def _advantage(graph: SearchGraph, vertex: Vertex) -> FloatArray:
    """Sigma of the completed values (equations 8 and 33): unvisited moves get the mixed value."""
    assert vertex.branches is not None, "only judged vertices have edges"
    count, value = np.array(vertex.visits, dtype=np.int64), np.array(vertex.value)
    visited = count > 0
    prior = np.array(vertex.prior)
    mass = float(prior[visited].sum())
    total = int(count.sum())
    mixed = vertex.own
    if mass > 0:
        seen = float(prior[visited] @ value[visited]) / mass
        mixed = (vertex.own + total * seen) / (1 + total)
    completed = graph.normal(np.where(visited, value, mixed))
    most = int(count.max()) if len(count) else 0
    advantage: FloatArray = (_VISIT + most) * _SCALE * completed
    return advantage


def _lag(graph: SearchGraph, vertex: Vertex) -> FloatArray:
    """By how much visits lag behind the improved policy (equation 14)."""
    assert vertex.branches is not None, "only judged vertices have edges"
    logits = vertex.branches.log_prob + _advantage(graph, vertex)
    weights = np.exp(logits - logits.max())
    count = _made(vertex)
    lag: FloatArray = weights / weights.sum() - count / (1.0 + count.sum())
    return lag
