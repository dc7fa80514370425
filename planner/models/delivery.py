"""The two costly parts of message passing in NumPy: matrix products, and who gets which message."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.models.graph import Graph

    Array: TypeAlias = "npt.NDArray[np.float32]"

__all__ = ["Delivery", "product"]

_SLICED = 12  # messages an object gets one by one in slices; those beyond go through reduceat
_UNTHREADED = 2**18  # multiplications up to which OpenBLAS stays on one thread


def product(left: Array, right: Array) -> Array:
    """``left @ right`` in blocks too small for the threads of OpenBLAS.

    Its threads spin while they wait: on a busy machine of two cores they cost 30 times the work
    of these small products, and the environment variable that stops them must be set before
    NumPy is imported, which a library cannot do.
    """
    rows = max(1, _UNTHREADED // right.size)
    if len(left) <= rows:
        whole: Array = np.matmul(left, right)
        return whole
    out = np.empty((len(left), right.shape[1]), dtype=np.float32)
    for start in range(0, len(left), rows):
        np.matmul(left[start : start + rows], right, out=out[start : start + rows])
    return out


class Delivery:
    """Who gets which message, worked out once for all rounds.

    Objects are renumbered by falling number of messages, so that the objects with more than r
    messages are a prefix and the r-th message of each is one contiguous slice.
    """

    def __init__(self, graph: Graph) -> None:
        counts = graph.arity_counts()
        nodes = [graph.fact_nodes[:n, place] for place, n in enumerate(counts) if n]
        targets = np.concatenate(nodes) if nodes else np.zeros(0, dtype=np.int32)
        degree = np.bincount(targets, minlength=graph.node_count)
        self.node_at = np.argsort(-degree, kind="stable")
        self.position = np.empty_like(self.node_at)
        self.position[self.node_at] = np.arange(len(self.node_at))
        self.places = [self.position[place] for place in nodes]
        moved = self.position[targets]
        order = np.argsort(moved, kind="stable")
        degree = degree[self.node_at]
        starts = np.cumsum(degree) - degree
        rank = np.arange(len(order)) - np.repeat(starts, degree)
        early = rank < _SLICED
        by_rank = np.argsort(rank[early], kind="stable")
        self._order = np.concatenate([order[early][by_rank], order[~early]])
        top = int(degree[0]) if len(degree) else 0
        self._slices = [int((degree > r).sum()) for r in range(min(top, _SLICED))]
        self._hubs = int((degree > _SLICED).sum())
        extra = degree[: self._hubs] - _SLICED
        self._hub_starts = np.cumsum(extra) - extra

    def collect(self, messages: list[Array], total: Array, largest: Array) -> None:
        """Write the sum and the maximum of each object's messages; 0 where there are none."""
        if not self._slices:
            return
        stacked = np.concatenate(messages) if len(messages) > 1 else messages[0]
        ordered = stacked.take(self._order, axis=0)
        end = self._slices[0]
        total[:end] = ordered[:end]
        largest[:end] = ordered[:end]
        for count in self._slices[1:]:
            part = ordered[end : end + count]
            total[:count] += part
            np.maximum(largest[:count], part, out=largest[:count])
            end += count
        if self._hubs:
            rest = ordered[end:]
            total[: self._hubs] += np.add.reduceat(rest, self._hub_starts, axis=0)
            hub = np.maximum.reduceat(rest, self._hub_starts, axis=0)
            np.maximum(largest[: self._hubs], hub, out=largest[: self._hubs])
