"""Nodes on cycles, against networkx."""

from __future__ import annotations

import networkx
from hypothesis import given
from hypothesis import strategies as st

from planner.guides.cycles import on_cycles

EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(EDGES)
def test_the_nodes_are_those_of_nontrivial_components(edges):
    successors: dict[int, list[int]] = {}
    for source, target in edges:
        successors.setdefault(source, []).append(target)
    graph = networkx.DiGraph(edges)
    expected = {
        node
        for component in networkx.strongly_connected_components(graph)
        for node in component
        if len(component) > 1 or graph.has_edge(node, node)
    }
    assert on_cycles(successors) == expected


def test_long_chains_need_no_recursion():
    chain = {node: [node + 1] for node in range(50_000)}
    assert on_cycles(chain) == frozenset()
    assert len(on_cycles({**chain, 50_000: [0]})) == 50_001
