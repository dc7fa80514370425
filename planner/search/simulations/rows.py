"""What simulations over the rows of a ground task read and write besides their graph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.guides.relaxed_task import GOAL_COUNT, UNIFORM, Relaxation, RelaxedTask, relax
from planner.spaces.arrays import words_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import CostKind
    from planner.interfaces import FloatArray, IntArray
    from planner.spaces.ground import GroundSpace
    from planner.spaces.ground_task import GroundTask

    Words = npt.NDArray[np.int64]

__all__ = ["Rows", "grow_rows", "new_rows", "relaxed_for"]

_FIRST_ROWS = 256


class Rows(NamedTuple):
    """States by vertex, and scratch for making them.

    Attributes:
        rows: shape (capacity, W), the closed row of each vertex and one for a candidate.
        slots: shape (2 * capacity,), for finding equal rows.
        goal: shape (W,), the bits of the goal.
        costs: shape (O,), of each operator.
        kind, unit: shape (1,), the estimate, and what one unit of it is in the guide's.
        even: shape (O + 1,), the probability of each of so many moves.
        counters, queue, operators, mask: scratch for axioms, atoms and operators.
    """

    rows: Words
    slots: IntArray
    goal: Words
    costs: npt.NDArray[np.int64]
    kind: IntArray
    unit: FloatArray
    even: FloatArray
    counters: IntArray
    queue: IntArray
    operators: IntArray
    mask: Words


def new_rows(space: GroundSpace, kind: int, unit: float, epsilon: float) -> Rows:
    """Room for the states of a ground space, the initial one entered as vertex 0."""
    from planner.spaces.kernels import rehash

    task = space.ground_task
    assert task.goal is not None
    row = space.row(space.initial())
    operators = task.operator_count
    found = Rows(
        rows=np.zeros((_FIRST_ROWS, len(row)), dtype=np.int64),
        slots=np.full(2 * _FIRST_ROWS, -1, dtype=np.int32),
        goal=words_of(task.goal, task.state_atom_count),
        costs=np.ascontiguousarray(task.costs, dtype=np.int64),
        kind=np.array([kind], dtype=np.int32),
        unit=np.array([unit]),
        even=_even(operators, kind, epsilon),
        counters=np.zeros(len(task.axiom_head), dtype=np.int32),
        queue=np.zeros(max(1, task.atom_count), dtype=np.int32),
        operators=np.zeros(max(1, operators), dtype=np.int32),
        mask=np.zeros(operators // 64 + 1, dtype=np.int64),
    )
    found.rows[0] = row
    rehash(found.rows, 1, found.slots)
    return found


def grow_rows(rows: Rows, count: int) -> Rows:
    """Room for twice as many states, of which there are ``count``."""
    from planner.spaces.kernels import rehash

    larger = np.zeros((2 * len(rows.rows), rows.rows.shape[1]), dtype=np.int64)
    larger[:count] = rows.rows[:count]
    slots = np.full(2 * len(larger), -1, dtype=np.int32)
    rehash(larger, count, slots)
    return rows._replace(rows=larger, slots=slots)


def relaxed_for(space: GroundSpace, kind: int, costs: CostKind) -> tuple[RelaxedTask, float]:
    """The relaxation that estimates of a kind read, and their unit in the guide's.

    Estimates that read no operators get a relaxation without any, which takes no time to make.
    """
    task = space.ground_task
    if kind in (UNIFORM, GOAL_COUNT):
        return _bare(task), 1.0
    relaxed = relax(task, costs)
    return relaxed, relaxed.unit / (space.cost_scale if costs == "real" else 1)


def _bare(task: GroundTask) -> RelaxedTask:
    assert task.goal is not None
    goal = np.flatnonzero(np.bincount(task.goal)).astype(np.uint32)
    is_goal = np.zeros(task.state_atom_count + 1, dtype=np.uint8)
    is_goal[goal] = 1
    heads, none = np.zeros(1, dtype=np.uint32), np.zeros(0, dtype=np.uint32)
    signed = np.zeros(0, dtype=np.int32)
    arrays = Relaxation(
        start=np.zeros(0, dtype=np.int64),
        first=np.zeros(len(is_goal) + 1, dtype=np.uint32),
        waiting=none,
        add_first=heads,
        added=none,
        needs_first=heads,
        needs=none,
        plain=signed,
        origin=signed,
        goal=goal,
        is_goal=is_goal,
    )
    return RelaxedTask(arrays, 1, task.operator_count)


def _even(operators: int, kind: int, epsilon: float) -> FloatArray:
    """The policy of a guide without a prior, as `planner.search.policy` works it out."""
    counts = np.arange(1, operators + 1)
    logarithm = np.log(counts)
    prior = -logarithm if kind == UNIFORM else np.array([-math.log(n) for n in counts.tolist()])
    mixed = np.logaddexp(np.log1p(-epsilon) + prior, np.log(epsilon) - logarithm)
    found: FloatArray = np.concatenate([[0.0], np.exp(mixed)])
    return found
