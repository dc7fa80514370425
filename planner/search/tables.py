"""The growing tables of a compiled search: nodes, open lists, and the registers between calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.landmarks.graph import Landmarks
    from planner.guides.lm_cut.tables import Cuts
    from planner.guides.novelty.tables import Novelty
    from planner.interfaces import IntArray
    from planner.search.commuting.tables import Commuting
    from planner.search.exploring.tables import Types

__all__ = [
    "Nodes",
    "OpenLists",
    "Options",
    "Scratch",
    "grow_buckets",
    "grow_heaps",
    "grow_nodes",
    "grow_pool",
    "new_scratch",
    "new_tables",
]

MOST_BUCKETS = 1 << 16
"""Keys below this go to first-in-first-out buckets, dearer ones to a heap."""

# Small at first: a small task is over before its tables have grown.
_FIRST_BUCKETS = 256
_FIRST_NODES = 256
_FIRST_POOL = 1024


class Options(NamedTuple):
    """What a compiled search is told; constant during the search.

    Attributes:
        kinds: shape (K,), the kinds of estimates, one pair of open lists each.
        switches: lazy, use preferred operators, order by f, reopen, test the goal at generation,
            look ahead, estimate late (`planner.search.reduced_costs`), leave out steps that may
            wait (`planner.search.commuting`).
        weights: weights of g and of h in f, integers.
        costs: shape (O,), costs of the operators for g.
        boost: by how much progress favours the open lists of preferred operators.
        landmarks: for the count of landmarks; empty where it is not asked for.
        novelty: tables of the novelty estimate.
        cuts: tables of LM-cut.
        commuting: tables of stubborn sets.
        harmless: operators that lookahead takes whenever they apply.
        types: tables of exploration.
    """

    kinds: IntArray
    switches: IntArray
    weights: npt.NDArray[np.int64]
    costs: npt.NDArray[np.int64]
    boost: npt.NDArray[np.int64]
    landmarks: Landmarks
    novelty: Novelty
    cuts: Cuts
    commuting: Commuting
    harmless: IntArray
    types: Types


class Nodes(NamedTuple):
    """Columns over nodes; node ``i`` is the state in row ``i``.

    Attributes:
        rows: shape (capacity, W), closed states, in the layout of `GroundArrays`.
        slots: hash table over the rows.
        parent, step, cost: how a node was reached, and g.
        estimate: the first estimate.
        closed: 1 after expansion, 2 for dead ends.
        pool_first, pool_preferred, pool_end: the node's operators in ``pool``: preferred ones
            first, up to ``pool_preferred``; eager searches keep the preferred ones only.
        pool: operators, end to end.
        marks: shape (capacity, M), what estimates that depend on the path remember: the landmarks
            met, then what `planner.guides.novelty` needs; M is 0 where there are none.
    """

    rows: npt.NDArray[np.int64]
    slots: IntArray
    parent: IntArray
    step: IntArray
    cost: npt.NDArray[np.int64]
    estimate: IntArray
    closed: npt.NDArray[np.uint8]
    pool_first: npt.NDArray[np.int64]
    pool_preferred: npt.NDArray[np.int64]
    pool_end: npt.NDArray[np.int64]
    pool: IntArray
    marks: npt.NDArray[np.int64]


class Scratch(NamedTuple):
    """What a search writes while it handles one node.

    Attributes:
        operators: operators of the node being expanded.
        is_preferred: shape (O,), all 0 between uses.
        mask: one bit an operator, all 0 between uses; reading bits in order sorts operators.
        counters, queue: for `planner.spaces.kernels.apply`.
        values: shape (K,), the estimates of the node.
    """

    operators: IntArray
    is_preferred: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.int64]
    counters: IntArray
    queue: IntArray
    values: npt.NDArray[np.int64]


class OpenLists(NamedTuple):
    """L open lists: list 2k of estimate k, and 2k + 1 of what its preferred operators reach.

    Attributes:
        head, tail: shape (buckets, L), first and last node of each bucket, -1 when empty.
        following: shape (capacity, L), the next node in the bucket.
        cursor: shape (capacity, L), the next operator of the node, for lazy searches.
        heap_key, heap_tie, heap_node: shape (heap capacity, L), by key, then tie.
        lowest: shape (L,), no bucket below it is in use.
        filled: shape (L,), nodes in the buckets.
        heap_size: shape (L,).
        priority: shape (L,), the list with the least is served next.
        best: shape (K,), the least estimate seen.
        push_count: shape (1,), entries ever pushed, which breaks ties in heaps.
        missed: shape (1,), the largest key that found no bucket.
    """

    head: IntArray
    tail: IntArray
    following: IntArray
    cursor: IntArray
    heap_key: npt.NDArray[np.int64]
    heap_tie: npt.NDArray[np.int64]
    heap_node: IntArray
    lowest: npt.NDArray[np.int64]
    filled: npt.NDArray[np.int64]
    heap_size: npt.NDArray[np.int64]
    priority: npt.NDArray[np.int64]
    best: npt.NDArray[np.int64]
    push_count: npt.NDArray[np.int64]
    missed: npt.NDArray[np.int64]


def new_tables(
    width: int, kinds: int, lazy: bool, heap: bool, remembered: int = 0, *, explores: bool = False
) -> tuple[Nodes, OpenLists]:
    """Tables for a search over rows of ``width`` words with ``kinds`` estimates, which remember
    ``remembered`` words of each node."""
    capacity, lists = _FIRST_NODES, 2 * kinds
    nodes = Nodes(
        rows=np.zeros((capacity, width), dtype=np.int64),
        slots=np.full(2 * capacity, -1, dtype=np.int32),
        parent=np.full(capacity, -1, dtype=np.int32),
        step=np.full(capacity, -1, dtype=np.int32),
        cost=np.zeros(capacity, dtype=np.int64),
        estimate=np.zeros(capacity, dtype=np.int32),
        closed=np.zeros(capacity, dtype=np.uint8),
        pool_first=np.zeros(capacity, dtype=np.int64),
        pool_preferred=np.zeros(capacity, dtype=np.int64),
        pool_end=np.zeros(capacity, dtype=np.int64),
        pool=np.zeros(_FIRST_POOL, dtype=np.int32),
        marks=np.zeros((capacity, remembered), dtype=np.int64),
    )
    heap_capacity = _FIRST_NODES if heap else 4
    open_lists = OpenLists(
        head=np.full((_FIRST_BUCKETS, lists), -1, dtype=np.int32),
        tail=np.full((_FIRST_BUCKETS, lists), -1, dtype=np.int32),
        following=np.zeros((capacity, lists + explores), dtype=np.int32),
        cursor=np.zeros((capacity if lazy else 1, lists + explores), dtype=np.int32),
        heap_key=np.zeros((heap_capacity, lists), dtype=np.int64),
        heap_tie=np.zeros((heap_capacity, lists), dtype=np.int64),
        heap_node=np.zeros((heap_capacity, lists), dtype=np.int32),
        lowest=np.zeros(lists, dtype=np.int64),
        filled=np.zeros(lists, dtype=np.int64),
        heap_size=np.zeros(lists, dtype=np.int64),
        priority=np.zeros(lists, dtype=np.int64),
        best=np.full(kinds, np.iinfo(np.int64).max, dtype=np.int64),
        push_count=np.zeros(1, dtype=np.int64),
        missed=np.zeros(1, dtype=np.int64),
    )
    return nodes, open_lists


def new_scratch(operators: int, atoms: int, axioms: int, kinds: int) -> Scratch:
    """Scratch for a task of that size."""
    return Scratch(
        operators=np.zeros(operators, dtype=np.int32),
        is_preferred=np.zeros(operators, dtype=np.uint8),
        mask=np.zeros((operators + 63) // 64, dtype=np.int64),
        counters=np.zeros(axioms, dtype=np.int32),
        queue=np.zeros(atoms, dtype=np.int32),
        values=np.zeros(kinds, dtype=np.int64),
    )


def grow_nodes(nodes: Nodes, open_lists: OpenLists, count: int, capacity: int) -> Nodes:
    """Make room for so many nodes; arrays that need no rehashing grow in place."""
    from planner.spaces.kernels import rehash

    # Reallocation moves no large block on Linux, so the peak is not the sum of old and new.
    nodes.rows.resize((capacity, nodes.rows.shape[1]), refcheck=False)
    nodes.marks.resize((capacity, nodes.marks.shape[1]), refcheck=False)
    for column in (
        nodes.parent,
        nodes.step,
        nodes.cost,
        nodes.estimate,
        nodes.closed,
        nodes.pool_first,
        nodes.pool_preferred,
        nodes.pool_end,
    ):
        column.resize(capacity, refcheck=False)
    lists = open_lists.following.shape[1]
    open_lists.following.resize((capacity, lists), refcheck=False)
    if len(open_lists.cursor) > 1:
        open_lists.cursor.resize((capacity, lists), refcheck=False)
    if 3 * len(nodes.slots) < 4 * capacity:
        nodes = nodes._replace(slots=np.full(2 * len(nodes.slots), -1, dtype=np.int32))
        rehash(nodes.rows, count, nodes.slots)
    return nodes


def grow_pool(nodes: Nodes, capacity: int) -> None:
    """Make room for so many operators in the pool."""
    nodes.pool.resize(capacity, refcheck=False)


def grow_buckets(open_lists: OpenLists) -> None:
    """Make buckets for the largest key that found none; entries in heaps stay there."""
    before, lists = open_lists.head.shape
    wanted = max(2 * before, int(open_lists.missed[0]) + 1)
    for column in (open_lists.head, open_lists.tail):
        column.resize((min(MOST_BUCKETS, wanted), lists), refcheck=False)
        column[before:] = -1


def grow_heaps(open_lists: OpenLists, capacity: int) -> None:
    """Make room for so many entries in each heap."""
    lists = open_lists.heap_key.shape[1]
    capacity = max(capacity, _FIRST_NODES)
    for column in (open_lists.heap_key, open_lists.heap_tie, open_lists.heap_node):
        column.resize((capacity, lists), refcheck=False)
