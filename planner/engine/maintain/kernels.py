"""The loops of bit rows that are kept while their edges change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.engine.jit import kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray

    Words = npt.NDArray[np.uint64]

__all__ = ["Edges", "Marks", "components_from", "link", "recompute", "unlink"]


class Edges(NamedTuple):
    """Edges between rows, in one list by source and one by target; -1 ends a list."""

    sources: IntArray
    targets: IntArray
    first_out: IntArray
    next_out: IntArray
    first_in: IntArray
    next_in: IntArray


class Marks(NamedTuple):
    """Notes on rows.

    Attributes:
        entered: when a row was visited, -1 when it was not; so again after `recompute`.
        lowest: the least ``entered`` on a way back from the row.
        component: number of the row's component, -1 while it has none; so again after.
        edge: the edge to follow next.
        path: the rows on the way to the present one.
        waiting: visited rows without a component.
        members: rows of the components, one component after the other.
        starts: where each component begins in ``members``, and where the last one ends.
        dirty: rows of which something they read has changed; none after `recompute`.
    """

    entered: IntArray
    lowest: IntArray
    component: IntArray
    edge: IntArray
    path: IntArray
    waiting: IntArray
    members: IntArray
    starts: IntArray
    dirty: BoolArray


@kernel
def link(edges: Edges, edge: int, source: int, target: int) -> None:
    """Put an edge into the lists."""
    edges.sources[edge] = source
    edges.targets[edge] = target
    edges.next_out[edge] = edges.first_out[source]
    edges.first_out[source] = edge
    edges.next_in[edge] = edges.first_in[target]
    edges.first_in[target] = edge


@kernel
def unlink(edges: Edges, edge: int) -> None:
    """Take an edge out of the lists."""
    source = edges.sources[edge]
    if edges.first_out[source] == edge:
        edges.first_out[source] = edges.next_out[edge]
    else:
        before = edges.first_out[source]
        while edges.next_out[before] != edge:
            before = edges.next_out[before]
        edges.next_out[before] = edges.next_out[edge]
    target = edges.targets[edge]
    if edges.first_in[target] == edge:
        edges.first_in[target] = edges.next_in[edge]
    else:
        before = edges.first_in[target]
        while edges.next_in[before] != edge:
            before = edges.next_in[before]
        edges.next_in[before] = edges.next_in[edge]


@kernel
def components_from(seeds: IntArray, edges: Edges, marks: Marks) -> int:
    """Find the strong components of all rows that the seeds lead to (Tarjan 1972).

    A component comes after those it leads to. Returns their number.
    """
    entered, lowest, component = marks.entered, marks.lowest, marks.component
    visited = 0
    found = 0
    placed = 0
    height = 0
    for seed in seeds:
        if entered[seed] >= 0:
            continue
        depth = 0
        marks.path[0] = seed
        entered[seed] = lowest[seed] = visited
        marks.edge[seed] = edges.first_out[seed]
        visited += 1
        marks.waiting[height] = seed
        height += 1
        while depth >= 0:
            row = marks.path[depth]
            edge = marks.edge[row]
            if edge >= 0:
                marks.edge[row] = edges.next_out[edge]
                target = edges.targets[edge]
                if entered[target] < 0:
                    depth += 1
                    marks.path[depth] = target
                    entered[target] = lowest[target] = visited
                    marks.edge[target] = edges.first_out[target]
                    visited += 1
                    marks.waiting[height] = target
                    height += 1
                elif component[target] < 0 and entered[target] < lowest[row]:
                    lowest[row] = entered[target]
                continue
            if lowest[row] == entered[row]:
                marks.starts[found] = placed
                member = -1
                while member != row:
                    height -= 1
                    member = marks.waiting[height]
                    component[member] = found
                    marks.members[placed] = member
                    placed += 1
                found += 1
            depth -= 1
            if depth >= 0:
                above = marks.path[depth]
                if lowest[row] < lowest[above]:
                    lowest[above] = lowest[row]
    marks.starts[found] = placed
    return found


@kernel
def recompute(
    words: Words, base: Words, found: int, edges: Edges, marks: Marks, changed: IntArray, old: Words
) -> int:
    """Give the rows of dirty components their bits anew, sources first.

    All rows of a component have the same bits: those of its base and of the rows that lead to it.
    ``changed`` and ``old`` receive the rows whose bits change and what they were. Returns the
    number of these.
    """
    component, dirty = marks.component, marks.dirty
    count = 0
    bits = np.empty_like(words[0])
    for number in range(found - 1, -1, -1):
        members = marks.members[marks.starts[number] : marks.starts[number + 1]]
        is_dirty = False
        for row in members:
            is_dirty |= dirty[row]
        if not is_dirty:
            continue
        bits[:] = 0
        for row in members:
            bits |= base[row]
            edge = edges.first_in[row]
            while edge >= 0:
                source = edges.sources[edge]
                if component[source] != number:
                    bits |= words[source]
                edge = edges.next_in[edge]
        for row in members:
            if (words[row] == bits).all():
                continue
            changed[count] = row
            old[count] = words[row]
            count += 1
            words[row] = bits
            edge = edges.first_out[row]
            while edge >= 0:
                dirty[edges.targets[edge]] = True
                edge = edges.next_out[edge]
    for row in marks.members[: marks.starts[found]]:
        marks.entered[row] = -1
        component[row] = -1
        dirty[row] = False
    return count
