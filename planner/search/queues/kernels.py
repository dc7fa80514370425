"""Kernels of the open lists: enter, choose a list, look at its first node, remove it.

Small keys have buckets, linked lists in the order of entry; large keys, and keys with ties, go to
a binary heap. The layout is that of `planner.search.tables.OpenLists`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import inlined_kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.search.tables import Nodes, OpenLists, Options

    Values = npt.NDArray[np.int64]

__all__ = ["boost_on_progress", "choose", "drop_first", "first", "push_node"]


@inlined_kernel
def push_node(
    node: int,
    preferred: bool,
    options: Options,
    nodes: Nodes,
    lists: OpenLists,
    values: Values,
) -> None:
    """Push a node on the open list of each estimate, and of its preferred operators if asked.

    Where g has a weight the key is f, and ties go by the estimate; else the key is the estimate.
    """
    by_f = options.weights[0] != 0
    for k in range(len(options.kinds)):
        key = values[k]
        tie = np.int64(0)
        if by_f:
            key = options.weights[0] * nodes.cost[node] + options.weights[1] * values[k]
            tie = values[k] << 32
        _push(lists, 2 * k, key, tie, node, by_f)
        if preferred:
            _push(lists, 2 * k + 1, key, tie, node, by_f)


@inlined_kernel
def _push(lists: OpenLists, k: int, key: np.int64, tie: np.int64, node: int, heap: bool) -> None:
    """Append to the bucket of the key; keys too large for buckets, or tied by ``tie``, to a heap.

    Entries with equal key and tie leave a heap in the order they came.
    """
    if not heap and key < len(lists.head):
        lists.following[node, k] = -1
        if lists.head[key, k] < 0:
            lists.head[key, k] = node
        else:
            lists.following[lists.tail[key, k], k] = node
        lists.tail[key, k] = node
        lists.filled[k] += 1
        lists.lowest[k] = min(lists.lowest[k], key)
        return
    if not heap:
        lists.missed[0] = max(lists.missed[0], key)
    tie += lists.push_count[0]
    lists.push_count[0] += 1
    place = lists.heap_size[k]
    lists.heap_size[k] += 1
    while place > 0:
        parent = (place - 1) >> 1
        if lists.heap_key[parent, k] < key or (
            lists.heap_key[parent, k] == key and lists.heap_tie[parent, k] < tie
        ):
            break
        _move(lists, k, parent, place)
        place = parent
    lists.heap_key[place, k] = key
    lists.heap_tie[place, k] = tie
    lists.heap_node[place, k] = node


@inlined_kernel
def _move(lists: OpenLists, k: int, source: int, target: int) -> None:
    lists.heap_key[target, k] = lists.heap_key[source, k]
    lists.heap_tie[target, k] = lists.heap_tie[source, k]
    lists.heap_node[target, k] = lists.heap_node[source, k]


@inlined_kernel
def choose(lists: OpenLists) -> int:
    """The non-empty open list of least priority, served once more; -1 when all are empty."""
    chosen = -1
    for k in range(len(lists.filled)):
        if lists.filled[k] + lists.heap_size[k] > 0 and (
            chosen < 0 or lists.priority[k] < lists.priority[chosen]
        ):
            chosen = k
    if chosen >= 0:
        lists.priority[chosen] += 1
    return chosen


@inlined_kernel
def boost_on_progress(lists: OpenLists, values: Values, boost: np.int64) -> None:
    """Favour preferred operators when an estimate is lower than any before."""
    progress = False
    for k in range(len(lists.best)):
        if values[k] < lists.best[k]:
            lists.best[k] = values[k]
            progress = True
    if progress:
        for k in range(len(lists.best)):
            lists.priority[2 * k + 1] -= boost


@inlined_kernel
def first(lists: OpenLists, k: int) -> int:
    """The node in front of a non-empty open list."""
    if lists.filled[k] == 0:
        return int(lists.heap_node[0, k])
    key = lists.lowest[k]
    while lists.head[key, k] < 0:
        key += 1
    lists.lowest[k] = key
    if _heap_is_first(lists, k):
        return int(lists.heap_node[0, k])
    return int(lists.head[key, k])


@inlined_kernel
def _heap_is_first(lists: OpenLists, k: int) -> bool:
    """Whether the heap goes before the buckets: of equal keys it has those from before the buckets
    reached that far."""
    if lists.filled[k] == 0:
        return True
    return bool(lists.heap_size[k] > 0 and lists.heap_key[0, k] <= lists.lowest[k])


@inlined_kernel
def drop_first(lists: OpenLists, k: int) -> None:
    """Remove the node in front, which `first` has just found."""
    if not _heap_is_first(lists, k):
        key = lists.lowest[k]
        lists.head[key, k] = lists.following[lists.head[key, k], k]
        lists.filled[k] -= 1
        return
    end = lists.heap_size[k] - 1
    lists.heap_size[k] = end
    key, tie = lists.heap_key[end, k], lists.heap_tie[end, k]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= end:
            break
        if child + 1 < end and (
            lists.heap_key[child + 1, k] < lists.heap_key[child, k]
            or (
                lists.heap_key[child + 1, k] == lists.heap_key[child, k]
                and lists.heap_tie[child + 1, k] < lists.heap_tie[child, k]
            )
        ):
            child += 1
        if lists.heap_key[child, k] > key or (
            lists.heap_key[child, k] == key and lists.heap_tie[child, k] >= tie
        ):
            break
        _move(lists, k, child, place)
        place = child
    _move(lists, k, end, place)
