"""Which nodes of a graph lie on a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["on_cycles"]


def on_cycles(successors: Mapping[int, Sequence[int]]) -> frozenset[int]:
    """Nodes that can reach themselves (Tarjan 1972, without recursion).

    >>> sorted(on_cycles({1: [2], 2: [3], 3: [2], 4: [4], 5: []}))
    [2, 3, 4]
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: set[int] = set()
    for root in successors:
        if root in index:
            continue
        path = [(root, iter(successors[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while path:
            node, rest = path[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    path.append((other, iter(successors.get(other, ()))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
                if other == node:
                    found.add(node)
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    component = stack[stack.index(node) :]
                    del stack[-len(component) :]
                    on_stack.difference_update(component)
                    if len(component) > 1:
                        found.update(component)
    return frozenset(found)
