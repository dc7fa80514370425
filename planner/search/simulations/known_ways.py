"""The cheapest known way to a goal that was just reached."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.search.simulations.tables import VertexGraph

__all__ = ["cheapest_way"]


def cheapest_way(graph: VertexGraph, last: int, costs: Sequence[int]) -> list[int]:
    """Edges from the root to the goal that the edge ``last`` leads to.

    In the order in which `planner.search.search_graph` passes news of a goal up, so that of ways
    at equal cost both find the same. ``costs`` are those of the edges.
    """
    source, entered = graph.source.tolist(), graph.entered.tolist()
    earlier = graph.earlier.tolist()
    first = source[last]
    to_goal, best = {first: costs[last]}, {first: last}
    todo = [(to_goal[first], 1, first)]
    serial = 1
    while todo:
        cost, _, vertex = heapq.heappop(todo)
        if cost != to_goal[vertex]:
            continue
        edges = []
        edge = entered[vertex]
        while edge >= 0:
            edges.append(edge)
            edge = earlier[edge]
        for edge in reversed(edges):
            above, total = source[edge], costs[edge] + cost
            if above not in to_goal or total < to_goal[above]:
                to_goal[above], best[above] = total, edge
                serial += 1
                heapq.heappush(todo, (total, serial, above))
    way: list[int] = []
    vertex = 0
    while not way or way[-1] != last:
        way.append(best[vertex])
        vertex = int(graph.child[best[vertex]])
    return way
