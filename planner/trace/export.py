"""Search trees for other programs: DOT, Mermaid, networkx, GraphML and node-link JSON."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from planner.errors import MissingExtraError
from planner.trace.tree import SearchTree, build_tree

if TYPE_CHECKING:
    import networkx

    from planner.trace.reader import Trace

__all__ = ["to_dot", "to_graphml", "to_mermaid", "to_networkx", "to_node_link"]


def to_dot(trace: Trace) -> str:
    """The tree for Graphviz; the plan's way is bold, dead ends are grey."""
    tree = build_tree(trace)
    plan = set(tree.plan)
    lines = ["digraph search {", "  rankdir=LR;", "  node [shape=box, fontname=sans];"]
    for node in range(len(tree)):
        label = _dot_text(_node_label(tree, node))
        style = _dot_style(tree, node, on_plan=node in plan)
        lines.append(f"  n{node} [label={label}{style}];")
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            bold = ", penwidth=3" if node in plan and parent in plan else ""
            lines.append(
                f"  n{parent} -> n{node} [label={_dot_text(_edge_label(trace, tree, node))}{bold}];"
            )
    return "\n".join([*lines, "}", ""])


def to_mermaid(trace: Trace) -> str:
    """The tree as a Mermaid flow chart, for READMEs; meant for small trees."""
    tree = build_tree(trace)
    lines = ["flowchart LR"]
    for node in range(len(tree)):
        lines.append(f'  n{node}["{_mermaid_text(_node_label(tree, node))}"]')
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            label = _mermaid_text(_edge_label(trace, tree, node))
            lines.append(f'  n{parent} -->|"{label}"| n{node}')
    on_plan = [f"n{node}" for node in dict.fromkeys(tree.plan) if node >= 0]
    if on_plan:
        lines += ["  classDef plan stroke-width:3px", f"  class {','.join(on_plan)} plan"]
    return "\n".join([*lines, ""])


def to_networkx(trace: Trace) -> networkx.DiGraph[int]:
    """The tree as a directed graph over the search's node numbers.

    Nodes have ``cost``, ``expansion`` (-1 for nodes never expanded), ``plan``, and ``value`` where
    there is one; edges have ``step``, ``action`` and ``words``.

    Raises:
        MissingExtraError: without networkx.
    """
    try:
        import networkx
    except ImportError:
        raise MissingExtraError("networkx", "graph") from None
    tree = build_tree(trace)
    plan = set(tree.plan)
    scale = trace.header.cost_scale
    graph: networkx.DiGraph[int] = networkx.DiGraph(
        task=trace.header.task, search=trace.header.search, seed=trace.header.seed
    )
    for node, number in enumerate(tree.number):
        value = tree.value[node]
        graph.add_node(
            number,
            cost=tree.cost[node] / scale,
            expansion=tree.expansion[node],
            plan=node in plan,
            **({} if value is None else {"value": value}),
        )
    for node, parent in enumerate(tree.parent):
        if parent >= 0:
            step = trace.steps[tree.step[node]]
            graph.add_edge(
                tree.number[parent],
                tree.number[node],
                step=step.text,
                action=step.schema,
                words=step.words,
            )
    return graph


def to_graphml(trace: Trace) -> str:
    """The graph of `to_networkx` as GraphML, for Gephi, yEd or Cytoscape."""
    graph = to_networkx(trace)
    import networkx

    return "\n".join([*networkx.generate_graphml(graph), ""])


def to_node_link(trace: Trace) -> str:
    """The graph of `to_networkx` as node-link JSON, for D3 and others."""
    graph = to_networkx(trace)
    import networkx

    for _, data in graph.nodes(data=True):
        if math.isinf(data.get("value", 0.0)):
            data["value"] = "inf"
    return json.dumps(networkx.node_link_data(graph, edges="links"), indent=1) + "\n"


def _node_label(tree: SearchTree, node: int) -> str:
    value = tree.value[node]
    shown = "" if value is None else f"\nh = {value:g}"
    return f"{tree.number[node]}{shown}"


def _edge_label(trace: Trace, tree: SearchTree, node: int) -> str:
    return trace.steps[tree.step[node]].text


def _dot_style(tree: SearchTree, node: int, *, on_plan: bool) -> str:
    value = tree.value[node]
    if on_plan:
        return ', penwidth=3, style=filled, fillcolor="#ffe8cc"'
    if value is not None and math.isinf(value):
        return ', color="#adb5bd", fontcolor="#adb5bd"'
    return "" if tree.expansion[node] >= 0 else ", style=dashed"


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _mermaid_text(text: str) -> str:
    """Mermaid reads quoted labels as HTML with ``#name;`` entities."""
    special = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "\n": " "}
    return "".join(special.get(character, character) for character in text)
