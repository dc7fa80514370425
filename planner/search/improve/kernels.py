"""The kernel of action elimination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.jit import bare_kernel
from planner.spaces.kernels import apply, has, holds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from planner.interfaces import IntArray
    from planner.spaces.arrays import GroundArrays

    Words = npt.NDArray[np.int64]

__all__ = ["eliminate"]


@bare_kernel
def eliminate(
    steps: IntArray,
    goal: IntArray,
    arrays: GroundArrays,
    rows: Words,
    kept: npt.NDArray[np.uint8],
    counters: IntArray,
    queue: IntArray,
) -> None:
    """Clear in ``kept`` the steps a plan can do without; row 0 of four is the initial state."""
    current, spare = 0, 1
    for i in range(len(steps)):
        if kept[i] == 0:
            continue
        at = _replay_without(i, current, steps, arrays, rows, kept, counters, queue)
        reached = True
        for k in range(len(goal)):
            reached = reached and has(rows[at], goal[k])
        for j in range(i, len(steps)):
            # 2 marks steps that fell with step i: they go for good, or come back.
            if kept[j] == 2:
                kept[j] = 0 if reached else 1
        if not reached:
            apply(rows[current], steps[i], arrays, rows[spare], counters, queue)
            current, spare = spare, current


@bare_kernel
def _replay_without(
    i: int,
    current: int,
    steps: IntArray,
    arrays: GroundArrays,
    rows: Words,
    kept: npt.NDArray[np.uint8],
    counters: IntArray,
    queue: IntArray,
) -> int:
    """Take the steps after step ``i`` that still apply, marking the others; the last row."""
    at = current
    kept[i] = 2
    for j in range(i + 1, len(steps)):
        if kept[j] == 0:
            continue
        if holds(rows[at], arrays.precondition_offsets, arrays.precondition, steps[j]):
            after = 3 if at == 2 else 2
            apply(rows[at], steps[j], arrays, rows[after], counters, queue)
            at = after
        else:
            kept[j] = 2
    return at
