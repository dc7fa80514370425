"""The search tree of a trace, as columns over densely numbered nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.trace.reader import Trace

__all__ = ["SearchTree", "build_tree"]


@dataclass(slots=True)
class SearchTree:
    """Nodes in order of appearance, so that a parent stands before its children.

    Attributes:
        number: the node's number in the search.
        parent: index of the parent, -1 at a root.
        step: number of the step from the parent, -1 at a root.
        made: how many expansions had been made when the node appeared.
        expansion: index of the node's first expansion, -1 for nodes never expanded.
        cost: of the path, in the recorded unit.
        value: estimated cost to go, ``None`` without an opinion.
        child: for each expansion and each of its steps the index of the node the step leads to,
            which may have another parent where it was met before; -1 where none was made.
        plan: for each state along the plan (one more than steps) its node, -1 without expansions.
    """

    number: list[int] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    expansion: list[int] = field(default_factory=list)
    cost: list[int] = field(default_factory=list)
    value: list[float | None] = field(default_factory=list)
    child: list[list[int]] = field(default_factory=list)
    plan: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.number)

    def add(self, number: int, parent: int, step: int, made: int, cost: int) -> int:
        """Append a node that is not expanded yet and return its index."""
        self.number.append(number)
        self.parent.append(parent)
        self.step.append(step)
        self.made.append(made)
        self.expansion.append(-1)
        self.cost.append(cost)
        self.value.append(None)
        return len(self.number) - 1


def build_tree(trace: Trace) -> SearchTree:
    """Put the expansions of a trace together.

    A node's parent is the one it was first reached from; later ways to it are no edges of the
    tree. Nodes may be expanded again; the first expansion counts.
    """
    tree = SearchTree()
    index: dict[int, int] = {}
    for position, record in enumerate(trace.expansions):
        made = position + 1 if record.parent >= 0 else 0
        if record.node not in index:
            parent = index.get(record.parent, -1)
            index[record.node] = tree.add(record.node, parent, record.step, made, record.cost)
        node = index[record.node]
        if tree.expansion[node] < 0:
            tree.expansion[node] = position
            tree.cost[node] = record.cost
            tree.value[node] = record.value
        children = []
        for step, successor in zip(record.steps, record.successors or (), strict=False):
            if successor >= 0 and successor not in index:
                cost = record.cost + trace.steps[step].cost
                index[successor] = tree.add(successor, node, step, position + 1, cost)
            children.append(index[successor] if successor >= 0 else -1)
        tree.child.append(children or _unmade(len(record.steps)))
    tree.plan = _plan_nodes(trace, tree)
    _link_lazy_children(trace, tree)
    return tree


def _unmade(count: int) -> list[int]:
    return [-1] * count


def _link_lazy_children(trace: Trace, tree: SearchTree) -> None:
    """Searches that make successors late name them by their own expansion only."""
    for node, parent in enumerate(tree.parent):
        if parent < 0 or tree.expansion[parent] < 0:
            continue
        children = tree.child[tree.expansion[parent]]
        steps = trace.expansions[tree.expansion[parent]].steps
        if tree.step[node] in steps:
            place = steps.index(tree.step[node])
            if children[place] < 0:
                children[place] = node


def _plan_nodes(trace: Trace, tree: SearchTree) -> list[int]:
    """Follow the plan down the tree, by edges where there are some, else by states.

    A goal is seldom expanded, so states of the plan that are nowhere become nodes of their own.
    """
    if not len(tree):
        return [-1] * (len(trace.plan) + 1) if trace.plan else []
    by_edge: dict[tuple[int, int], int] = {}
    for node, edge in enumerate(zip(tree.parent, tree.step, strict=True)):
        by_edge.setdefault(edge, node)
    by_state: dict[int, int] = {}
    for node, position in enumerate(tree.expansion):
        if position >= 0:
            by_state.setdefault(trace.expansions[position].state, node)
    nodes = [0]
    for step in trace.plan:
        before = nodes[-1]
        node = by_edge.get((before, step.step), by_state.get(step.state, -1))
        if node < 0:
            number, cost = max(tree.number) + 1, tree.cost[before] + step.cost
            node = tree.add(number, before, step.step, len(trace.expansions), cost)
        nodes.append(node)
    return nodes if trace.plan else []
