"""The kernel of lookahead: take the steps of a relaxed plan as long as any applies.

As in YAHSP (Vidal 2004), without its repairs. The states passed through become nodes that wait
until they are reached in the ordinary way; the last one is entered at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.landmarks.kernels import accept
from planner.guides.relaxed_task import PLAN, WORK
from planner.spaces.kernels import apply, has, holds, insert

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.search.tables import Nodes, Options, Scratch
    from planner.spaces.arrays import GroundArrays

    Words = npt.NDArray[np.int64]

__all__ = ["WAITING", "is_goal", "look_ahead"]

WAITING = 3
"""State of a node that lookahead passed through and nothing has entered yet."""

LOW = np.int64(0xFFFFFFFF)


@bare_kernel
def look_ahead(
    node: int,
    count: int,
    options: Options,
    arrays: GroundArrays,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
    scratch: Scratch,
) -> tuple[int, int]:
    """Follow the relaxed plan in ``work.plan`` from a node: the last node, and the new count.

    Steps go in the order of their costs in the relaxation, again and again until none applies. A
    step into a known state is dropped, and so is everything after the goal. Harmless steps are
    taken in passing.
    """
    plan, left = work.plan, work.counts[PLAN]
    _sort(plan, left)
    current, count = _gather(node, count, options, arrays, work, nodes, scratch)
    moved = True
    while moved and left > 0:
        moved, kept = False, 0
        for i in range(left):
            step = plan[i] & LOW
            if count + 2 > len(nodes.rows) or not holds(
                nodes.rows[current], arrays.precondition_offsets, arrays.precondition, step
            ):
                plan[kept] = plan[i]
                kept += 1
                continue
            if not _take(step, current, count, options, arrays, work, nodes, scratch):
                continue
            current, moved = count, True
            count += 1
            if is_goal(nodes.rows[current], relaxation):
                return current, count
            current, count = _gather(current, count, options, arrays, work, nodes, scratch)
        left = kept
    return current, count


@inlined_kernel
def _take(
    step: int,
    current: int,
    count: int,
    options: Options,
    arrays: GroundArrays,
    work: Workspace,
    nodes: Nodes,
    scratch: Scratch,
) -> bool:
    """Apply a step; where it leads to a new state, that becomes node ``count``, and waits."""
    row, after = nodes.rows[current], nodes.rows[count]
    apply(row, step, arrays, after, scratch.counters, scratch.queue)
    work.counts[WORK] += 8 + (len(row) >> 1) + 2 * len(scratch.counters)
    if insert(nodes.rows, count, nodes.slots) != count:
        return False
    nodes.parent[count], nodes.step[count] = current, step
    nodes.cost[count] = nodes.cost[current] + options.costs[step]
    nodes.closed[count] = WAITING
    words = (len(options.landmarks.is_goal) + 63) >> 6
    accept(after, options.landmarks, nodes.marks[current, :words], nodes.marks[count, :words])
    return True


@bare_kernel
def _gather(
    current: int,
    count: int,
    options: Options,
    arrays: GroundArrays,
    work: Workspace,
    nodes: Nodes,
    scratch: Scratch,
) -> tuple[int, int]:
    """Take each harmless step that applies, in order: the last node, and the new count."""
    harmless = options.harmless
    work.counts[WORK] += len(harmless)
    for i in range(len(harmless)):
        step = harmless[i]
        if count + 2 > len(nodes.rows):
            break
        if holds(
            nodes.rows[current], arrays.precondition_offsets, arrays.precondition, step
        ) and _take(step, current, count, options, arrays, work, nodes, scratch):
            current = count
            count += 1
    return current, count


@inlined_kernel
def is_goal(row: Words, relaxation: Relaxation) -> bool:
    """Whether all atoms of the goal are true in a row."""
    for i in range(len(relaxation.goal)):
        if not has(row, relaxation.goal[i]):
            return False
    return True


@inlined_kernel
def _sort(values: Words, count: int) -> None:
    """Sort the first values, ascending (Shell's way)."""
    gap = count >> 1
    while gap > 0:
        for i in range(gap, count):
            value = values[i]
            place = i
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value
        gap >>= 1
