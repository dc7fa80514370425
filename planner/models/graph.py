"""States as graphs: objects are nodes, atoms of two or more objects are edges.

Atoms of one object are features of it and atoms of none are features of all, so they cost nothing
in the rounds of a relational model; only edges do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray

__all__ = ["Graph", "join"]


def _nothing() -> IntArray:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Graph:
    """One or more states laid side by side, without edges between them.

    Attributes:
        nodes: number of objects of each state.
        feature_word, feature_node: words that hold of single objects.
        global_word, global_state: words that hold of a whole state.
        fact_word: shape (F,), words about two or more objects, those with most objects first.
        fact_nodes: shape (F, K), their objects, padded with -1.
        step_schema, step_nodes: the legal steps; objects padded with -1, shapes (S,), (S, L).
        steps: number of steps of each state.
        hint_word, hint_step: words about single steps, see `planner.models.goal_steps`.
    """

    nodes: IntArray
    feature_word: IntArray
    feature_node: IntArray
    global_word: IntArray
    global_state: IntArray
    fact_word: IntArray
    fact_nodes: IntArray
    step_schema: IntArray
    step_nodes: IntArray
    steps: IntArray
    hint_word: IntArray = field(default_factory=_nothing)
    hint_step: IntArray = field(default_factory=_nothing)

    @property
    def node_count(self) -> int:
        """Objects of all states together."""
        return int(self.nodes.sum())

    @property
    def size(self) -> int:
        """A measure of the work it makes: edges, plus a share for steps and objects."""
        return len(self.fact_word) + len(self.step_schema) // 3 + self.node_count // 2

    def arity_counts(self) -> list[int]:
        """For each argument place, how many facts have one there: a prefix of the facts."""
        return [int(n) for n in (self.fact_nodes >= 0).sum(axis=0)]

    def node_state(self) -> npt.NDArray[np.int64]:
        """Shape (nodes,), the state each object belongs to."""
        return np.repeat(np.arange(len(self.nodes)), self.nodes)

    def step_state(self) -> npt.NDArray[np.int64]:
        """Shape (S,), the state each step belongs to."""
        return np.repeat(np.arange(len(self.steps)), self.steps)


def join(graphs: Sequence[Graph]) -> Graph:
    """Lay graphs side by side, in order."""
    if len(graphs) == 1:
        return graphs[0]
    sizes = [g.node_count for g in graphs]
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    states = np.concatenate([[0], np.cumsum([len(g.nodes) for g in graphs])[:-1]]).astype(np.int32)
    counts = [len(g.step_schema) for g in graphs]
    before = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
    word = np.concatenate([g.fact_word for g in graphs])
    nodes = _shifted([g.fact_nodes for g in graphs], offsets)
    if nodes.shape[1] > 2:
        order = np.argsort(-(nodes >= 0).sum(axis=1), kind="stable")
        word, nodes = word[order], nodes[order]
    return Graph(
        nodes=np.concatenate([g.nodes for g in graphs]),
        feature_word=np.concatenate([g.feature_word for g in graphs]),
        feature_node=_shifted([g.feature_node for g in graphs], offsets),
        global_word=np.concatenate([g.global_word for g in graphs]),
        global_state=_shifted([g.global_state for g in graphs], states),
        fact_word=word,
        fact_nodes=nodes,
        step_schema=np.concatenate([g.step_schema for g in graphs]),
        step_nodes=_shifted([g.step_nodes for g in graphs], offsets),
        steps=np.concatenate([g.steps for g in graphs]),
        hint_word=np.concatenate([g.hint_word for g in graphs]),
        hint_step=_shifted([g.hint_step for g in graphs], before),
    )


def _shifted(parts: list[IntArray], offsets: IntArray) -> IntArray:
    """Concatenate, adding each part's offset; -1 stays -1."""
    moved = np.concatenate(parts)
    shift = np.repeat(offsets, [len(part) for part in parts])
    if moved.ndim == 2:
        return np.where(moved >= 0, moved + shift[:, None], moved).astype(np.int32, copy=False)
    return (moved + shift).astype(np.int32, copy=False)
