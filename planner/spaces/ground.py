"""The ground step space: states as numbered rows of bits, steps as operators."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from planner.plan import Step
from planner.spaces.arrays import GroundArrays, pack, pack_shown, words_of
from planner.spaces.wording import StepText

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, Table
    from planner.kr.task import Task
    from planner.kr.terms import Constant
    from planner.spaces.ground_task import GroundAxioms, GroundTask

__all__ = ["GroundSpace"]

_LARGE_BYTES = 1 << 24
"""Rows beyond this grow by an eighth, in place where they can, so that memory grows in small steps
and a limit on it holds; below they double."""

_FIRST_CAPACITY = 1024


class GroundSpace:
    """A `StepSpace` over a ground task. States are numbered in the order they are met.

    Attributes:
        ground_task: the task it was made from.
        arrays: its arrays, for kernels.
    """

    def __init__(self, ground_task: GroundTask) -> None:
        self.ground_task = ground_task
        self.arrays = pack(ground_task)
        width = len(self.arrays.derived_mask)
        self._rows: npt.NDArray[np.int64] = np.zeros((_FIRST_CAPACITY, width), dtype=np.int64)
        self._slots: IntArray = np.full(2 * _FIRST_CAPACITY, -1, dtype=np.int32)
        self._count = 0
        self._counters: IntArray = np.zeros(len(ground_task.axiom_head), dtype=np.int32)
        self._queue: IntArray = np.zeros(max(1, ground_task.atom_count), dtype=np.int32)
        self._legal: IntArray = np.zeros(max(1, ground_task.operator_count), dtype=np.int32)
        symbols = ground_task.atoms.symbol
        self._shown: BoolArray = (symbols >= 0) & ~ground_task.is_complement
        self._shown_arrays: GroundArrays | None = None
        self._texts = tuple(StepText(action) for action in ground_task.task.rules.actions)
        goal = ground_task.goal
        self._goal = None if goal is None else words_of(goal, ground_task.state_atom_count)
        self._initial = self._enter_initial()

    @property
    def task(self) -> Task:
        """What is being solved."""
        return self.ground_task.task

    @property
    def constants(self) -> tuple[Constant, ...]:
        """Objects in declaration order, then other values."""
        return self.ground_task.constants

    @property
    def atoms(self) -> Table:
        """The atoms that differ between states."""
        return self.ground_task.atoms

    @property
    def steps(self) -> Table:
        """The operators."""
        return self.ground_task.operators

    @property
    def static(self) -> Table:
        """The facts true in every state."""
        return self.ground_task.static

    @property
    def costs(self) -> npt.NDArray[np.int64]:
        """Cost of each operator, ``cost_scale`` to the unit."""
        return self.ground_task.costs

    @property
    def cost_scale(self) -> int:
        """Integer costs are the task's costs times this."""
        return self.ground_task.cost_scale

    @property
    def state_count(self) -> int:
        """How many states have been numbered so far."""
        return self._count

    def initial(self) -> int:
        """The number of the initial state."""
        return self._initial

    def row(self, state: int) -> npt.NDArray[np.int64]:
        """The closed row of bits of a state, laid out as in `GroundArrays`; do not write to it."""
        row: npt.NDArray[np.int64] = self._rows[state]
        return row

    def beginning_at(self, state: int, task: Task) -> GroundSpace:
        """The space of the task that begins in a state; atoms and steps keep their numbers."""
        whole = self.ground_task
        count = whole.state_atom_count
        bits = np.unpackbits(self._rows[state].view(np.uint8), count=count, bitorder="little")
        true = bits.view(np.bool_) & ~whole.is_derived[:count]
        return GroundSpace(replace(whole, task=task, initial=np.flatnonzero(true).astype(np.int32)))

    def legal_steps(self, state: int) -> IntArray:
        """Steps whose preconditions hold, ascending."""
        from planner.spaces.kernels import legal_operators

        found = legal_operators(self._rows[state], self.arrays, self._legal)
        return np.sort(self._legal[:found])

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        return int(self.successors(state, (step,))[0])

    def successors(self, state: int, steps: Sequence[int] | IntArray) -> IntArray:
        """The states that legal steps lead to, in the order of the steps."""
        from planner.spaces import kernels

        chosen: IntArray = np.asarray(steps, dtype=np.int32)
        self._make_room(len(chosen))
        out: IntArray = np.empty(len(chosen), dtype=np.int32)
        self._count = int(
            kernels.successors(
                state,
                chosen,
                self.arrays,
                self._rows,
                self._count,
                self._slots,
                self._counters,
                self._queue,
                out,
            )
        )
        return out

    def enter(self, row: npt.NDArray[np.int64]) -> int:
        """Number a closed row that a kernel made outside this space's table."""
        from planner.spaces.kernels import insert

        self._make_room(1)
        self._rows[self._count] = row
        number = int(insert(self._rows, self._count, self._slots))
        self._count = max(self._count, number + 1)
        return number

    def is_goal(self, state: int) -> bool:
        """Whether the goal holds."""
        if self._goal is None:
            return False
        return bool((self._rows[state] & self._goal == self._goal).all())

    def true_atoms(self, state: int) -> IntArray:
        """Atoms true in a state, derived ones included, ascending.

        Left out are complements and the auxiliary atoms that grounding made (symbol -1).
        """
        row = self._rows[state]
        if self.ground_task.shown_axioms is not None:
            row = self._with_shown(row, self.ground_task.shown_axioms)
        return self._numbers(row, self.ground_task.atom_count)

    @property
    def unneeded(self) -> IntArray:
        """Predicates of the derived atoms that neither steps nor the goal depend on."""
        hidden = self.atoms.symbol[self.ground_task.state_atom_count :]
        # Not `np.unique`, which imports masked arrays: a tenth of a small task's time.
        found: IntArray = np.flatnonzero(np.bincount(hidden[hidden >= 0])).astype(np.int32)
        return found

    def needed_atoms(self, state: int) -> IntArray:
        """True atoms without those of `unneeded` predicates, which cost time to derive."""
        return self._numbers(self._rows[state], self.ground_task.state_atom_count)

    def _numbers(self, row: npt.NDArray[np.int64], count: int) -> IntArray:
        """Atoms below ``count`` whose bits are set and that are shown."""
        bits = np.unpackbits(row.astype("<i8").view(np.uint8), count=count, bitorder="little")
        found: IntArray = np.flatnonzero(bits.view(np.bool_) & self._shown[:count]).astype(np.int32)
        return found

    def describe(self, step: int) -> Step:
        """The step by name, with its cost and its sentence."""
        operators = self.ground_task.operators
        schema = int(operators.symbol[step])
        codes = operators.arguments[step]
        arguments = tuple(self.constants[code] for code in codes.tolist() if code >= 0)
        cost = Fraction(int(self.costs[step]), self.cost_scale)
        action = self.task.rules.actions[schema]
        return Step(action.name, arguments, cost, self._texts[schema].fill(arguments))

    def _with_shown(
        self, row: npt.NDArray[np.int64], axioms: GroundAxioms
    ) -> npt.NDArray[np.int64]:
        """The row with the derived atoms that searches do without."""
        from planner.spaces.kernels import close

        if self._shown_arrays is None:
            self._shown_arrays = pack_shown(self.ground_task, self.arrays, axioms)
        full = np.zeros(len(self._shown_arrays.derived_mask), dtype=np.int64)
        full[: len(row)] = row
        counters = np.zeros(len(axioms.head), dtype=np.int32)
        close(full, self._shown_arrays, counters, self._queue)
        return full

    def _enter_initial(self) -> int:
        task = self.ground_task
        count = task.state_atom_count
        row = words_of(task.initial, count)
        true = np.zeros(count, dtype=np.bool_)
        true[task.initial] = True
        partners = np.flatnonzero((task.complement[:count] >= 0) & ~true)
        row |= words_of(task.complement[partners], count)
        if len(task.axiom_head):
            from planner.spaces.kernels import close

            close(row, self.arrays, self._counters, self._queue)
        return self.enter(row)

    def _make_room(self, more: int) -> None:
        """Keep one row spare for the candidate, and the slots at most half full."""
        needed = self._count + more + 1
        capacity = len(self._rows)
        if needed <= capacity:
            return
        from planner.spaces.kernels import rehash

        width, large = self._rows.shape[1], self._rows.nbytes > _LARGE_BYTES
        while capacity < needed:
            capacity += capacity // 8 if large else capacity
        try:
            self._rows.resize((capacity, width))
        except ValueError:  # somebody looks at a row, which must not move
            rows = np.zeros((capacity, width), dtype=np.int64)
            rows[: self._count] = self._rows[: self._count]
            self._rows = rows
        slots = len(self._slots)
        while slots < 2 * capacity:
            slots *= 2
        if slots > len(self._slots):
            self._slots = np.full(slots, -1, dtype=np.int32)
            rehash(self._rows, self._count, self._slots)
