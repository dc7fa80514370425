"""Kernels of Monte-Carlo tree search: selection, backup, what is proved.

They make the same choices as `planner.search.mcts` with one leaf at a time, in the same order. A
simulation is a sequence of turns whose state is kept in registers, so that it can stop where a
move leads into the unknown: `simulate` then leaves the successor and its judgement to Python; over
the rows of a ground task `planner.search.simulations.ground` works both out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel, inlined_kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import FloatArray
    from planner.search.simulations.tables import VertexGraph

    Registers = npt.NDArray[np.int64]

__all__ = ["open_root", "simulate", "turn"]

# What `simulate` and `simulate_rows` (`ground`) return; `GO_ON` is for turns alone.
GO_ON, FOLLOW, PAUSED, EMPTY, FOUND, GROW_VERTICES, GROW_EDGES = 0, 1, 2, 3, 4, 5, 6

# Places in the registers. PHASE is what comes next; VERTEX, EDGE and CHILD are where the simulation
# is, the edge it follows and where that leads; MADE says that the child is new and has NEW_EDGES.
PHASE, VERTEX, EDGE, CHILD, MADE, NEW_EDGES, SCORED, WIDENS = 0, 1, 2, 3, 4, 5, 6, 7
PATH, TRAIL, HEAD, TAIL, NUMBER, SINCE, COMMITS = 8, 9, 10, 11, 12, 13, 14
VERTICES, EDGES, EXPANDED, FOLLOWED, WIDEST, RETREAT = 15, 16, 17, 18, 19, 20
MAY_EXPAND, DONE, MAY_DO = 21, 22, 23
REGISTERS = 24

# Phases.
BEGIN, SELECT, WIDEN, LINK = 0, 1, 2, 3

# Places in the reals: extremes of the values, weight of the prior, scales of estimates and costs.
LEAST, MOST, EXPLORATION, SCALE, COST_SCALE = 0, 1, 2, 3, 4
REALS = 5

MOST_RETREAT = np.int64(1 << 40)


@bare_kernel
def simulate(graph: VertexGraph, registers: Registers, reals: FloatArray) -> int:
    """Simulate until a move is to be followed (`FOLLOW`), or one of the other answers."""
    answer = GO_ON
    while answer == GO_ON:
        answer = turn(graph, registers, reals)
    return answer


@bare_kernel
def open_root(graph: VertexGraph, registers: Registers) -> int:
    """Enter the root, which was judged."""
    graph.entered[0] = -1
    graph.on_trail[0] = 1
    registers[TRAIL] = registers[TAIL] = registers[RETREAT] = 1
    _open(0, graph, registers)
    if graph.size[0] == 0:
        graph.closed[0] = 1
    return GO_ON


@inlined_kernel
def turn(graph: VertexGraph, registers: Registers, reals: FloatArray) -> int:
    """Go on with the simulation under way, or begin the next."""
    phase = registers[PHASE]
    if phase == SELECT:
        return int(_select(graph, registers, reals))
    if phase == LINK:
        return int(_link(graph, registers, reals))
    if phase == WIDEN:
        return int(_widen(graph, registers))
    return int(_begin(graph, registers))


@inlined_kernel
def _begin(graph: VertexGraph, registers: Registers) -> int:
    """Start at the vertex to which moves were made."""
    if graph.closed[0] != 0:
        return EMPTY
    if registers[MAY_EXPAND] <= 0 or registers[DONE] > registers[MAY_DO]:
        return PAUSED
    # A simulation makes one vertex at most.
    if registers[VERTICES] + 2 > len(graph.first):
        return GROW_VERTICES
    if registers[EDGES] + registers[WIDEST] > len(graph.source):
        return GROW_EDGES
    registers[NUMBER] += 1
    registers[PATH] = 0
    registers[VERTEX] = _focus(graph, registers)
    registers[SCORED] = 0
    registers[PHASE] = SELECT
    return GO_ON


@inlined_kernel
def _focus(graph: VertexGraph, registers: Registers) -> int:
    """Where simulations start; moves to a closed vertex are taken back, more each time."""
    if graph.closed[graph.trail[registers[TRAIL] - 1]] != 0:
        _take_back(registers[RETREAT], graph, registers)
        registers[RETREAT] = min(2 * registers[RETREAT], MOST_RETREAT)
        while registers[TRAIL] > 1 and graph.closed[graph.trail[registers[TRAIL] - 1]] != 0:
            _take_back(1, graph, registers)
        if registers[TRAIL] == 1:
            registers[RETREAT] = 1
    return int(graph.trail[registers[TRAIL] - 1])


@inlined_kernel
def _take_back(moves: int, graph: VertexGraph, registers: Registers) -> None:
    """Shorten the trail by so many moves, as far as it goes."""
    while moves > 0 and registers[TRAIL] > 1:
        moves -= 1
        registers[TRAIL] -= 1
        graph.on_trail[graph.trail[registers[TRAIL]]] = 0


@inlined_kernel
def _select(graph: VertexGraph, registers: Registers, reals: FloatArray) -> int:
    """Take the edge with the best score among those worth following."""
    vertex = registers[VERTEX]
    first, count = graph.first[vertex], graph.size[vertex]
    if registers[SCORED] == 0:
        _score(vertex, graph, reals)
        registers[SCORED] = 1
        registers[DONE] += 4 * count + 4
    best, chosen = -math.inf, -1
    for place in range(count):
        if graph.score[place] > best:
            best, chosen = graph.score[place], place
    if chosen < 0:
        if registers[PATH] == 0:
            _take_back(1, graph, registers)
        _back_up(graph, registers, reals)
        registers[PHASE] = WIDEN
        if graph.closed[0] != 0:
            _end(0, graph, registers)
        return GO_ON
    registers[EDGE] = first + chosen
    if graph.child[first + chosen] < 0:
        registers[WIDENS] = 0
        registers[PHASE] = LINK
        registers[FOLLOWED] += 1
        return FOLLOW
    _arrive(graph.child[first + chosen], graph, registers)
    return GO_ON


@inlined_kernel
def _score(vertex: int, graph: VertexGraph, reals: FloatArray) -> None:
    """The PUCT score of each edge, minus infinity of those with nothing left."""
    first, least, most = graph.first[vertex], reals[LEAST], reals[MOST]
    root = math.sqrt(1 + graph.passed[vertex])
    for place in range(graph.size[vertex]):
        edge = first + place
        if graph.is_open[edge] == 0:
            graph.score[place] = -math.inf
            continue
        made = graph.visits[edge]
        quality = 0.0
        if most > least:
            known = graph.value[edge] if made > 0 else graph.own[vertex]
            quality = min(max((known - least) / (most - least), 0.0), 1.0)
        graph.score[place] = quality + reals[EXPLORATION] * graph.prior[edge] * root / (1 + made)


@inlined_kernel
def _arrive(child: int, graph: VertexGraph, registers: Registers) -> None:
    """Step on to a vertex that is known, unless that leads in a circle or to nothing new."""
    known = graph.stamp[child] == registers[NUMBER] or graph.on_trail[child] != 0
    if known or graph.closed[child] != 0:
        graph.score[registers[EDGE] - graph.first[registers[VERTEX]]] = -math.inf
        return
    graph.path[registers[PATH]] = registers[EDGE]
    registers[PATH] += 1
    graph.stamp[child] = registers[NUMBER]
    registers[VERTEX] = child
    registers[SCORED] = 0


@inlined_kernel
def _widen(graph: VertexGraph, registers: Registers) -> int:
    """Selection was cut short: follow the first untried move of the vertex expanded first."""
    while registers[HEAD] < registers[TAIL]:
        vertex = graph.queue[registers[HEAD]]
        end = graph.first[vertex] + graph.size[vertex]
        edge = graph.untried[vertex]
        while edge < end and graph.child[edge] >= 0:
            edge += 1
        graph.untried[vertex] = edge
        if edge < end:
            registers[VERTEX], registers[EDGE], registers[PATH] = vertex, edge, 0
            registers[WIDENS] = 1
            registers[PHASE] = LINK
            registers[FOLLOWED] += 1
            registers[DONE] += 4
            return FOLLOW
        registers[HEAD] += 1
    return EMPTY


@inlined_kernel
def _link(graph: VertexGraph, registers: Registers, reals: FloatArray) -> int:
    """The edge was followed: link it, and evaluate the child where it is new."""
    vertex, edge, child = registers[VERTEX], registers[EDGE], registers[CHILD]
    graph.child[edge] = child
    if registers[MADE] != 0:
        graph.entered[child] = -1
    graph.earlier[edge] = graph.entered[child]
    graph.entered[child] = edge
    if registers[MADE] != 0:
        graph.path[registers[PATH]] = edge
        registers[PATH] += 1
        _open(child, graph, registers)
        _back_up(graph, registers, reals)
        if graph.size[child] == 0:
            _close_upwards(child, graph)
        else:
            graph.queue[registers[TAIL]] = child
            registers[TAIL] += 1
        _end(1, graph, registers)
        return GO_ON
    if graph.closed[child] != 0:
        graph.is_open[edge] = 0
        graph.left[vertex] -= 1
        _close_upwards(vertex, graph)
    if registers[WIDENS] == 0:
        registers[PHASE] = SELECT
        _arrive(child, graph, registers)
    elif graph.closed[0] != 0:
        _end(0, graph, registers)
    else:
        registers[PHASE] = WIDEN
    return GO_ON


@inlined_kernel
def _open(vertex: int, graph: VertexGraph, registers: Registers) -> None:
    """Enter a vertex with its edges; what the guide said of it stands in the graph already."""
    first, count = registers[EDGES], registers[NEW_EDGES]
    graph.first[vertex], graph.size[vertex], graph.left[vertex] = first, count, count
    graph.untried[vertex] = first
    graph.mean[vertex] = graph.own[vertex]
    for place in range(count):
        edge = first + place
        graph.source[edge] = vertex
        graph.child[edge] = -1
        graph.is_open[edge] = 1
        graph.prior[edge] = graph.new_prior[place]
        graph.discount[edge] = graph.new_discount[place]
    registers[EDGES] = first + count
    registers[VERTICES] += 1
    registers[EXPANDED] += 1
    registers[MAY_EXPAND] -= 1
    registers[DONE] += 4 * count


@inlined_kernel
def _back_up(graph: VertexGraph, registers: Registers, reals: FloatArray) -> None:
    """Count a simulation along its path and renew the means, leaf first."""
    place = registers[PATH] - 1
    while place >= 0:
        edge = graph.path[place]
        place -= 1
        value = graph.mean[graph.child[edge]] * graph.discount[edge]
        graph.value[edge] = value
        graph.visits[edge] += 1
        reals[LEAST] = min(reals[LEAST], value)
        reals[MOST] = max(reals[MOST], value)
        vertex = graph.source[edge]
        graph.passed[vertex] += 1
        total = 0.0
        first = graph.first[vertex]
        for other in range(first, first + graph.size[vertex]):
            total += graph.visits[other] * graph.value[other]
        graph.mean[vertex] = (graph.own[vertex] + total) / (1 + graph.passed[vertex])
        registers[DONE] += 2 * graph.size[vertex]
    registers[PATH] = 0


@inlined_kernel
def _close_upwards(vertex: int, graph: VertexGraph) -> None:
    """Close a vertex without open edges, and what that closes in turn."""
    graph.stack[0], size = vertex, 1
    while size > 0:
        size -= 1
        done = graph.stack[size]
        if graph.closed[done] != 0 or graph.left[done] > 0:
            continue
        graph.closed[done] = 1
        edge = graph.entered[done]
        while edge >= 0:
            above = graph.source[edge]
            if graph.is_open[edge] != 0:
                graph.is_open[edge] = 0
                graph.left[above] -= 1
                if graph.left[above] == 0:
                    graph.stack[size] = above
                    size += 1
            edge = graph.earlier[edge]


@inlined_kernel
def _end(simulations: int, graph: VertexGraph, registers: Registers) -> None:
    """End a simulation; after so many the most visited move is made."""
    registers[PHASE] = BEGIN
    registers[SINCE] += simulations
    if registers[COMMITS] == 0 or registers[SINCE] < registers[COMMITS]:
        return
    registers[SINCE] = 0
    focus = _focus(graph, registers)
    most, chosen = -1, -1
    for edge in range(graph.first[focus], graph.first[focus] + graph.size[focus]):
        child = graph.child[edge]
        eligible = child >= 0 and graph.is_open[edge] != 0 and graph.on_trail[child] == 0
        if eligible and graph.visits[edge] > most:
            most, chosen = graph.visits[edge], child
    if chosen >= 0:
        graph.trail[registers[TRAIL]] = chosen
        registers[TRAIL] += 1
        graph.on_trail[chosen] = 1
