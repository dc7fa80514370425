"""The graph of Monte-Carlo tree search as flat arrays that kernels read and write."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import FloatArray, IntArray

    Marks = npt.NDArray[np.uint8]

__all__ = ["OF_EDGES", "OF_VERTICES", "VertexGraph", "grow_edges", "grow_vertices", "new_graph"]

_VERTICES, _EDGES = 256, 1024


class VertexGraph(NamedTuple):
    """What `planner.search.search_graph` keeps in objects; vertex 0 is the root.

    The edges of a vertex follow one another from ``first`` on, in the order of its moves.

    Attributes:
        first, size: for each vertex its first edge and the number of its edges.
        left: how many of them are still open.
        untried: edges of the vertex before this one were all followed.
        passed: simulations that went along its edges.
        entered: the last edge that was linked to the vertex, -1 without one; ``earlier`` has, for
            each edge, the one linked to the same vertex before it.
        stamp: the simulation that last came through.
        closed, on_trail: nothing is left at or below the vertex; moves were made up to it.
        own, mean: the guide's estimate, averaged with what lies below.
        source, step, child, visits, is_open, prior, discount, value: for each edge where it begins,
            the step in the space, the vertex it leads to (-1 before it was followed), simulations
            along it, whether something is left under it, its probability, by how much its cost
            lessens values, and the discounted mean as last backed up.
        path, trail, queue, stack: edges of the simulation under way; vertices at which moves were
            made; vertices in order of expansion; vertices to be closed.
        score, new_prior, new_discount: one entry for each edge of the vertex looked at or made.
    """

    first: IntArray
    size: IntArray
    left: IntArray
    untried: IntArray
    passed: IntArray
    entered: IntArray
    stamp: IntArray
    closed: Marks
    on_trail: Marks
    own: FloatArray
    mean: FloatArray
    path: IntArray
    trail: IntArray
    queue: IntArray
    stack: IntArray
    source: IntArray
    step: IntArray
    child: IntArray
    earlier: IntArray
    visits: IntArray
    is_open: Marks
    prior: FloatArray
    discount: FloatArray
    value: FloatArray
    score: FloatArray
    new_prior: FloatArray
    new_discount: FloatArray


OF_VERTICES = VertexGraph._fields[: VertexGraph._fields.index("source")]
OF_EDGES = VertexGraph._fields[len(OF_VERTICES) :]
_REALS = frozenset(
    {"own", "mean", "prior", "discount", "value", "score", "new_prior", "new_discount"}
)
_MARKS = frozenset({"closed", "on_trail", "is_open"})


def new_graph(widest: int) -> VertexGraph:
    """Room for a graph whose vertices may have up to ``widest`` edges."""
    edges = max(_EDGES, 2 * widest)
    return VertexGraph(
        *(np.zeros(_VERTICES, dtype=_kind(name)) for name in OF_VERTICES),
        *(np.zeros(edges, dtype=_kind(name)) for name in OF_EDGES),
    )


def grow_vertices(graph: VertexGraph) -> VertexGraph:
    """The graph with room for twice as many vertices."""
    return _grown(graph, OF_VERTICES, 2 * len(graph.first))


def grow_edges(graph: VertexGraph, needed: int) -> VertexGraph:
    """The graph with room for at least ``needed`` edges."""
    return _grown(graph, OF_EDGES, max(2 * len(graph.source), needed))


def _grown(graph: VertexGraph, names: tuple[str, ...], size: int) -> VertexGraph:
    larger = {}
    for name in names:
        old = getattr(graph, name)
        larger[name] = np.zeros(size, dtype=old.dtype)
        larger[name][: len(old)] = old
    return graph._replace(**larger)


def _kind(name: str) -> type[np.generic]:
    if name in _REALS:
        return np.float64
    return np.uint8 if name in _MARKS else np.int32
