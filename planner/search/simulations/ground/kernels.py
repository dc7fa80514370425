"""Kernels of Monte-Carlo tree search over rows: successors and judgements beside the simulation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel
from planner.guides.kernels import estimate_row
from planner.guides.relaxed_task import DEAD_END, UNIFORM, WORK
from planner.search.simulations.kernels import (
    CHILD,
    COST_SCALE,
    DONE,
    EDGE,
    EDGES,
    FOLLOW,
    FOUND,
    GO_ON,
    MADE,
    NEW_EDGES,
    SCALE,
    VERTEX,
    VERTICES,
    open_root,
    turn,
)
from planner.spaces.kernels import apply, insert, legal_operators, list_atoms

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.interfaces import FloatArray
    from planner.search.simulations.rows import Rows
    from planner.search.simulations.tables import VertexGraph
    from planner.spaces.arrays import GroundArrays

    Registers = npt.NDArray[np.int64]

__all__ = ["open_row", "simulate_rows"]

ONE = np.int64(1)


@bare_kernel
def simulate_rows(
    graph: VertexGraph,
    registers: Registers,
    reals: FloatArray,
    arrays: GroundArrays,
    rows: Rows,
    relaxation: Relaxation,
    work: Workspace,
) -> int:
    """Simulate over the rows of a ground task until a goal is found, or another answer."""
    answer = GO_ON
    while answer == GO_ON:
        answer = turn(graph, registers, reals)
        if answer == FOLLOW:
            answer = _follow(graph, registers, reals, arrays, rows, relaxation, work)
    return answer


@bare_kernel
def open_row(
    graph: VertexGraph,
    registers: Registers,
    reals: FloatArray,
    arrays: GroundArrays,
    rows: Rows,
    relaxation: Relaxation,
    work: Workspace,
) -> int:
    """Judge the initial state, and enter it as the root."""
    _judge_row(graph, registers, reals, arrays, rows, relaxation, work)
    return int(open_root(graph, registers))


@inlined_kernel
def _follow(
    graph: VertexGraph,
    registers: Registers,
    reals: FloatArray,
    arrays: GroundArrays,
    rows: Rows,
    relaxation: Relaxation,
    work: Workspace,
) -> int:
    """Work out where an edge leads, and judge the state where it is new."""
    number, edge = registers[VERTICES], registers[EDGE]
    after = rows.rows[number]
    apply(rows.rows[registers[VERTEX]], graph.step[edge], arrays, after, rows.counters, rows.queue)
    child = insert(rows.rows, number, rows.slots)
    registers[CHILD], registers[MADE] = child, 0
    registers[DONE] += 8 + len(after) + 2 * len(rows.counters)
    if child < number:
        return GO_ON
    registers[MADE] = 1
    reached = True
    for word in range(len(after)):
        reached = reached and (after[word] & rows.goal[word]) == rows.goal[word]
    if reached:
        return FOUND
    _judge_row(graph, registers, reals, arrays, rows, relaxation, work)
    return GO_ON


@bare_kernel
def _judge_row(
    graph: VertexGraph,
    registers: Registers,
    reals: FloatArray,
    arrays: GroundArrays,
    rows: Rows,
    relaxation: Relaxation,
    work: Workspace,
) -> None:
    """List the steps of the newest row and estimate it; the first estimate sets the scale."""
    vertex, first = registers[VERTICES], registers[EDGES]
    row = rows.rows[vertex]
    value = 0.0
    if rows.kind[0] != UNIFORM:
        found = estimate_row(rows.kind[0], row, relaxation, work)
        registers[DONE] += work.counts[WORK]
        work.counts[WORK] = 0
        value = math.inf if found >= DEAD_END else found * rows.unit[0]
    if reals[SCALE] == 0.0:
        reals[SCALE] = 100.0 if value == math.inf else max(value, 1.0)
        reals[COST_SCALE] *= reals[SCALE]
    graph.own[vertex] = math.exp(-value / reals[SCALE])
    registers[NEW_EDGES] = 0
    if value == math.inf:
        return
    count = legal_operators(row, arrays, rows.operators)
    for place in range(count):
        operator = rows.operators[place]
        rows.mask[operator >> 6] |= ONE << np.int64(operator & 63)
    count = list_atoms(rows.mask, rows.operators)
    registers[DONE] += 4 * count + (len(rows.mask) >> 2)
    registers[NEW_EDGES] = count
    for place in range(count):
        operator = rows.operators[place]
        rows.mask[operator >> 6] = 0
        graph.step[first + place] = operator
        graph.new_prior[place] = rows.even[count]
        graph.new_discount[place] = math.exp(-rows.costs[operator] / reals[COST_SCALE])
