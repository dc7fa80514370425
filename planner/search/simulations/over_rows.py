"""Monte-Carlo tree search over the rows of a ground task, all of it in a kernel."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.relaxed_task import workspace
from planner.search.limits import next_share, resident_mb
from planner.search.result import Outcome, Status
from planner.search.simulations import tables
from planner.search.simulations.known_ways import cheapest_way
from planner.search.simulations.rows import grow_rows, new_rows, relaxed_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.guides.relaxed_task import CostKind
    from planner.search.limits import Meter
    from planner.spaces.ground import GroundSpace

__all__ = ["SimulationsOverRows"]

_FIRST_SHARE = 20_000
_UNLIMITED = 1 << 40
_NAME = "mcts"


class SimulationsOverRows:
    """One search.

    Args:
        kind, costs: the estimate, as in `planner.guides.relaxed_task`.
        exploration, commits, epsilon: as in `planner.search.mcts.Mcts`, where ``commits`` is called
            ``simulations``.
    """

    def __init__(
        self,
        space: GroundSpace,
        kind: int,
        costs: CostKind,
        meter: Meter,
        *,
        exploration: float,
        commits: int,
        epsilon: float,
    ) -> None:
        from planner.search.simulations import kernels

        self._kernels, self._space, self._meter = kernels, space, meter
        relaxed, unit = relaxed_for(space, kind, costs)
        self._relaxation, self._work = relaxed.arrays, workspace(relaxed)
        self._rows = new_rows(space, kind, unit, epsilon)
        widest = max(1, space.ground_task.operator_count)
        self._graph = tables.new_graph(widest)
        self._registers = np.zeros(kernels.REGISTERS, dtype=np.int64)
        self._registers[kernels.WIDEST] = widest
        self._registers[kernels.COMMITS] = commits
        self._reals = np.zeros(kernels.REALS)
        self._reals[kernels.LEAST], self._reals[kernels.MOST] = math.inf, -math.inf
        self._reals[kernels.EXPLORATION] = exploration
        self._reals[kernels.COST_SCALE] = space.cost_scale
        self._share = _FIRST_SHARE

    def run(self) -> Outcome:
        """Search until the first plan, exhaustion or a limit."""
        if self._space.is_goal(self._space.initial()):
            return Outcome(Status.SOLVED, (), 0, search=_NAME)
        reason = self._meter.exceeded()
        if reason:
            return Outcome(Status.LIMIT, reason=reason, search=_NAME)
        try:
            self._open_root()
            reason, answer = self._loop()
        except MemoryError:
            reason, answer = "memory", self._kernels.PAUSED
        return self._outcome(reason, answer)

    def _open_root(self) -> None:
        from planner.search.simulations.ground.kernels import open_row

        self._call(open_row)
        self._meter.expanded += 1

    def _call(self, kernel: Callable[..., int]) -> int:
        answer = kernel(
            self._graph,
            self._registers,
            self._reals,
            self._space.arrays,
            self._rows,
            self._relaxation,
            self._work,
        )
        return int(answer)

    def _loop(self) -> tuple[str, int]:
        """Call the kernel until it is done or a limit is met: the reason, the last answer."""
        from planner.search.simulations.ground.kernels import simulate_rows

        kernels, registers = self._kernels, self._registers
        while True:
            expanded = int(registers[kernels.EXPANDED])
            registers[kernels.MAY_EXPAND] = self._meter.expansions_left(_UNLIMITED)
            registers[kernels.DONE], registers[kernels.MAY_DO] = 0, self._share
            started = time.process_time()
            answer = self._call(simulate_rows)
            self._meter.expanded += int(registers[kernels.EXPANDED]) - expanded
            if answer in (kernels.FOUND, kernels.EMPTY):
                return "", answer
            if answer == kernels.PAUSED:
                self._share = next_share(self._share, time.process_time() - started)
            elif not self._grow(answer):
                return "memory", kernels.PAUSED
            reason = self._meter.exceeded()
            if reason:
                return reason, kernels.PAUSED

    def _grow(self, answer: int) -> bool:
        """Enlarge the table the kernel asked for; whether memory allows it."""
        kernels, registers = self._kernels, self._registers
        limit = self._meter.limits.memory_mb
        names = tables.OF_EDGES if answer == kernels.GROW_EDGES else tables.OF_VERTICES
        more = sum(getattr(self._graph, name).nbytes for name in names)
        if answer == kernels.GROW_VERTICES:
            more += self._rows.rows.nbytes + self._rows.slots.nbytes
        if limit is not None and resident_mb() + 0.5 * more / 2**20 > limit:
            return False
        if answer == kernels.GROW_EDGES:
            needed = int(registers[kernels.EDGES] + registers[kernels.WIDEST])
            self._graph = tables.grow_edges(self._graph, needed)
        else:
            self._graph = tables.grow_vertices(self._graph)
            self._rows = grow_rows(self._rows, int(registers[kernels.VERTICES]))
        return True

    def _outcome(self, reason: str, answer: int) -> Outcome:
        kernels, registers = self._kernels, self._registers
        status, steps, cost = Status.LIMIT, None, None
        if answer == kernels.EMPTY:
            status = Status.UNSOLVABLE
        elif answer == kernels.FOUND:
            status = Status.SOLVED
            costs = self._rows.costs[self._graph.step].tolist()
            edges = cheapest_way(self._graph, int(registers[kernels.EDGE]), costs)
            steps = tuple(int(self._graph.step[edge]) for edge in edges)
            cost = sum(costs[edge] for edge in edges)
        expanded = int(registers[kernels.EXPANDED])
        return Outcome(
            status,
            steps,
            cost,
            reason,
            expanded=expanded,
            generated=int(registers[kernels.FOLLOWED]),
            evaluated=expanded,
            search=_NAME,
        )
