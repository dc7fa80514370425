"""Drive the compiled search: set up its tables, call it share by share, read its result."""

from __future__ import annotations

import logging
import time
from fractions import Fraction
from math import ceil, inf
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.landmarks.graph import no_landmarks
from planner.guides.lm_cut.tables import new_cuts, no_cuts
from planner.guides.lm_cut.ties import choose_ties
from planner.guides.novelty.tables import grow_novelty, new_novelty
from planner.guides.relaxed_task import LANDMARKS, LM_CUT, NOVELTY, WORK, workspace
from planner.search import tables
from planner.search.commuting.tables import entries_of, new_commuting, no_commuting
from planner.search.exploring.tables import new_types
from planner.search.harmless import harmless_operators
from planner.search.limits import next_share, resident_mb
from planner.search.result import Outcome, Status
from planner.search.stubborn import can_prune
from planner.search.tables import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.search.best_first import Variant
    from planner.search.limits import Meter
    from planner.search.prepared import Prepared

__all__ = ["CompiledSearch"]

_log = logging.getLogger(__name__)

_FIRST_SHARE = 4_000
_UNLIMITED = 1 << 40

_PART = 20
"""Of all work at most one part in so many may go into stubborn sets that were not asked for."""

_BEFORE_PRUNING = 10_000
"""Steps of work of A* with LM-cut, for each entry of the task's lists, before stubborn sets are
made ready, which takes a microsecond an entry: many tasks are solved before."""

_ANY_COST = 1 << 60


class CompiledSearch:
    """One run of a best-first variant over the rows of a ground space.

    Args:
        kinds: the kinds of estimates, as in `planner.guides.relaxed_task`.
    """

    def __init__(
        self,
        prepared: Prepared,
        variant: Variant,
        kinds: Sequence[int],
        meter: Meter,
    ) -> None:
        from planner.search import kernels

        self._kernels = kernels
        self._prepared, self._variant, self._meter = prepared, variant, meter
        task, relaxed, row = prepared.task, prepared.relaxed, prepared.row
        self._unit = relaxed.unit if prepared.costs == "real" else 1
        self._relaxation, self._work = relaxed.arrays, workspace(relaxed)
        of_g, of_h = variant.weights
        # Estimates that count steps are taken for estimates of costs, a unit each.
        scale = task.cost_scale if prepared.costs == "unit" else 1
        landmarks = prepared.landmarks if LANDMARKS in kinds else no_landmarks()
        goals = len(relaxed.arrays.goal) if NOVELTY in kinds else 0
        remembered = (len(landmarks.is_goal) + 63) // 64
        if NOVELTY in kinds:
            remembered += len(row) + 2
        is_late = variant.by_f and kinds[0] == LM_CUT
        self._options = Options(
            kinds=np.array(kinds, dtype=np.int32),
            switches=np.array((*variant.switches, is_late, False), dtype=np.int32),
            weights=np.array([of_g, of_h * scale], dtype=np.int64),
            costs=task.costs // self._unit,
            boost=np.array([variant.boost], dtype=np.int64),
            landmarks=landmarks,
            novelty=new_novelty(goals, len(row)),
            cuts=new_cuts(relaxed) if LM_CUT in kinds else no_cuts(),
            commuting=no_commuting(),
            harmless=harmless_operators(task) if variant.lookahead else prepared.origin[:0],
            types=new_types(variant.explore),
        )
        if LM_CUT in kinds:
            choose_ties(
                relaxed.arrays,
                self._work,
                self._options.cuts,
                prepared.arrays,
                row,
                lambda: bool(meter.exceeded()),
            )
        self._scratch = tables.new_scratch(
            task.operator_count, task.atom_count, len(task.axiom_head), len(kinds)
        )
        self._registers: npt.NDArray[np.int64] = np.zeros(kernels.REGISTERS, dtype=np.int64)
        self._share = _FIRST_SHARE
        # After so much work steps that may wait are left out; ``None`` for never, or once they are.
        self._pruned_after: int | None = None
        is_asked = variant.stubborn is True
        if (is_asked or (variant.stubborn is None and is_late)) and can_prune(task):
            self._pruned_after = -1 if is_asked else _BEFORE_PRUNING * entries_of(task)
        self._begin(row, remembered)

    @property
    def workspace(self) -> Workspace:
        """What estimates write; free for others while the search pauses."""
        return self._work

    @property
    def work_done(self) -> int:
        """Steps of work since the search began anew."""
        return self._work_done

    def restart(self, row: npt.NDArray[np.int64], relaxation: Relaxation) -> None:
        """Search anew, from a closed row of bits to the goal of a relaxation of the same task."""
        self._relaxation = relaxation
        self._options = self._options._replace(types=new_types(self._variant.explore))
        self._begin(row, self._nodes.marks.shape[1])

    def _begin(self, row: npt.NDArray[np.int64], remembered: int) -> None:
        """Make the tables of a search that has yet to enter its first node."""
        from planner.spaces.kernels import rehash

        variant, kernels = self._variant, self._kernels
        self._nodes, self._lists = tables.new_tables(
            len(row),
            len(self._options.kinds),
            variant.lazy,
            variant.by_f,
            remembered,
            explores=variant.explore > 0,
        )
        self._nodes.rows[0] = row
        self._work_done = 0
        self._registers[:] = 0
        self._registers[kernels.COUNT] = 1  # the first state, still to be entered
        self._registers[kernels.CURRENT] = -1
        self._registers[kernels.BOUND] = _ANY_COST
        rehash(self._nodes.rows, 1, self._nodes.slots)

    def final_row(self) -> npt.NDArray[np.int64]:
        """The state in which a plan that was found ends."""
        row: npt.NDArray[np.int64] = self._nodes.rows[self._registers[self._kernels.GOAL_NODE]]
        return row.copy()

    def run(self, admissible: bool) -> Outcome:
        """Search until a plan, exhaustion or a limit.

        Args:
            admissible: whether the first estimate is; then plans by f are optimal.
        """
        outcome = self.advance(admissible=admissible)
        assert outcome is not None
        return outcome

    def advance(self, work: int | None = None, *, admissible: bool = False) -> Outcome | None:
        """Search on for about so much work (``None``: to the end), or until the search ends.

        Work is counted in steps of the kernels' inner loops, a nanosecond or two each, so that
        where a search pauses does not depend on the machine. The answer is ``None`` for a pause.
        """
        try:
            reason, answer = self._loop(work, admissible and self._variant.is_optimal)
        except MemoryError:
            reason, answer = "memory", self._kernels.PAUSED
        if not reason and answer == self._kernels.PAUSED:
            return None
        return self._outcome(reason, answer, admissible)

    def outcome_so_far(self) -> Outcome:
        """What a pausing search has spent."""
        return self._outcome("", self._kernels.PAUSED, False)

    def _loop(self, work: int | None, proves: bool) -> tuple[str, int]:
        """Call the kernel until it is done or a limit is met: the reason, the last answer."""
        kernels, spent = self._kernels, 0
        while True:
            self._compare(proves)
            reason = self._meter.exceeded()
            if reason or (work is not None and spent >= work):
                return reason, kernels.PAUSED
            started = time.process_time()
            share = self._share if work is None else min(self._share, work - spent)
            if self._pruned_after is not None:
                # By work, at the same state whenever the kernel pauses: so that runs repeat.
                if self._work_done > self._pruned_after:
                    self._begin_pruning()
                else:
                    share = min(share, self._pruned_after - self._work_done)
            answer = self._call(share)
            spent += int(self._work.counts[WORK])
            self._work_done += int(self._work.counts[WORK])
            if answer in (kernels.FOUND, kernels.EMPTY):
                return "", answer
            if answer != kernels.PAUSED:
                reason = self._grow(answer)
                if reason:
                    return reason, kernels.PAUSED
            elif self._work.counts[WORK] > share:
                self._share = next_share(share, time.process_time() - started)

    def _compare(self, proves: bool) -> None:
        """Look at what others have found, and tell them what is proved."""
        incumbent = self._meter.incumbent
        if incumbent is None or not self._variant.by_f:
            return
        kernels, registers, scale = self._kernels, self._registers, self._prepared.task.cost_scale
        cost = incumbent.cost()
        if cost is not None:
            registers[kernels.BOUND] = min(
                registers[kernels.BOUND], ceil(cost * scale / self._unit)
            )
        if proves:
            incumbent.prove(Fraction(self._lower_bound(), scale))

    def _lower_bound(self) -> int:
        """What plans cost at least, by a search that takes the least f first: those that were left
        out cost what was to be undercut."""
        kernels, registers = self._kernels, self._registers
        least = min(int(registers[kernels.LOWER_BOUND]), int(registers[kernels.BOUND]))
        return least * self._unit

    def _call(self, share: int) -> int:
        kernels, registers = self._kernels, self._registers
        expanded = int(registers[kernels.EXPANDED])
        registers[kernels.MAY_EXPAND] = self._meter.expansions_left(_UNLIMITED)
        registers[kernels.MAY_WORK] = share
        self._options.commuting.numbers[self._kernels.WORK_BEFORE] = self._work_done
        self._work.counts[WORK] = 0
        answer = kernels.run(
            self._options,
            self._prepared.arrays,
            self._relaxation,
            self._work,
            self._nodes,
            self._lists,
            self._scratch,
            registers,
        )
        self._meter.expanded += int(registers[kernels.EXPANDED]) - expanded
        return int(answer)

    def _begin_pruning(self) -> None:
        """Leave out steps that may wait from now on, unless the task is too large for it."""
        self._pruned_after = None
        commuting = new_commuting(self._prepared.task, 0 if self._variant.stubborn else _PART)
        if commuting is not None:
            self._options = self._options._replace(commuting=commuting)
            self._options.switches[self._kernels.STUBBORN] = 1

    def _grow(self, answer: int) -> str:
        """Enlarge the table the kernel asked for, or say that memory would not do."""
        kernels, registers = self._kernels, self._registers
        nodes, lists = self._nodes, self._lists
        if answer == kernels.GROW_NODES:
            length, row_bytes = len(nodes.rows), 60 + 8 * lists.head.shape[1]
            size = nodes.rows.nbytes + nodes.marks.nbytes + row_bytes * length
        elif answer == kernels.GROW_POOL:
            length, size = len(nodes.pool), nodes.pool.nbytes
        elif answer == kernels.GROW_NOVELTY:
            length, size = len(self._options.novelty.seen), self._options.novelty.seen.nbytes
        elif answer == kernels.GROW_BUCKETS:
            length, size = len(lists.head), 2 * lists.head.nbytes
        else:
            length, size = len(lists.heap_key), (5 * lists.heap_key.nbytes) // 2
        least = length + 1
        if answer in (kernels.GROW_NOVELTY, kernels.GROW_BUCKETS):
            least = 2 * length
        elif answer == kernels.GROW_POOL:
            least = int(registers[kernels.POOL_USED]) + len(self._scratch.operators)
        capacity = self._capacity(length, least, size)
        if capacity < least:
            return "memory"
        if answer == kernels.GROW_NODES:
            count = int(registers[kernels.COUNT])
            self._nodes = tables.grow_nodes(nodes, lists, count, capacity)
        elif answer == kernels.GROW_POOL:
            tables.grow_pool(nodes, capacity)
        elif answer == kernels.GROW_NOVELTY:
            grow_novelty(self._options.novelty)
        elif answer == kernels.GROW_BUCKETS:
            tables.grow_buckets(lists)
        else:
            tables.grow_heaps(lists, capacity)
        return ""

    def _capacity(self, length: int, least: int, size: int) -> int:
        """Rows that a table of so many rows and bytes may grow to: twice as many if there is memory
        for it, else one and a half times or a quarter more; new rows are written to at once."""
        limit = self._meter.limits.memory_mb
        room = inf if limit is None else (limit - resident_mb()) * 2**20
        wanted = (max(2 * length, least), length + length // 2, length + length // 4)
        return next((rows for rows in wanted if (rows / length - 1) * size <= room), length)

    def _outcome(self, reason: str, answer: int, admissible: bool) -> Outcome:
        kernels, registers = self._kernels, self._registers
        bounded = admissible and self._variant.is_optimal
        lower_bound = self._lower_bound() if bounded else None
        status, steps, cost = Status.LIMIT, None, None
        if answer == kernels.EMPTY and registers[kernels.DEARER]:
            # No plan is cheaper than the one to be undercut.
            status, lower_bound = Status.EXHAUSTED, int(registers[kernels.BOUND]) * self._unit
        elif answer == kernels.EMPTY:
            status, lower_bound = Status.UNSOLVABLE, None
        elif answer == kernels.FOUND:
            status, steps = Status.SOLVED, self._plan()
            cost = int(self._prepared.space.costs[list(steps)].sum())
            lower_bound = cost if bounded else None
        return Outcome(
            status,
            steps,
            cost,
            reason,
            optimal=bounded and status is Status.SOLVED,
            lower_bound=lower_bound,
            expanded=int(registers[kernels.EXPANDED]),
            generated=int(registers[kernels.GENERATED]),
            evaluated=int(registers[kernels.EVALUATED]),
        )

    def _plan(self) -> tuple[int, ...]:
        nodes, steps = self._nodes, []
        node = int(self._registers[self._kernels.GOAL_NODE])
        while nodes.parent[node] >= 0:
            steps.append(int(self._prepared.origin[nodes.step[node]]))
            node = int(nodes.parent[node])
        return tuple(reversed(steps))
