"""Sequences of tokens with shared beginnings stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import BoolArray

__all__ = ["TokenTrie"]


class TokenTrie:
    """A forest of tokens.

    Attributes:
        token, parent, depth: of each node, parents first; the parent of a first token is -1.
        paths: for each sequence its nodes.
    """

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self.token: list[int] = []
        self.parent: list[int] = []
        self.depth: list[int] = []
        self.paths: list[list[int]] = []
        children: dict[tuple[int, int], int] = {}
        for sequence in sequences:
            node, path = -1, list[int]()
            for depth, token in enumerate(sequence):
                known = children.get((node, token))
                if known is None:
                    known = children[node, token] = len(self.token)
                    self.token.append(token)
                    self.parent.append(node)
                    self.depth.append(depth)
                node = known
                path.append(node)
            self.paths.append(path)

    def __len__(self) -> int:
        return len(self.token)

    def inner(self) -> list[int]:
        """Nodes that something follows, ascending: only these need to be read by a model."""
        return sorted({parent for parent in self.parent if parent >= 0})

    def ancestors(self) -> BoolArray:
        """Shape (nodes, nodes), True where the column is the row itself or above it."""
        above = np.zeros((len(self), len(self)), dtype=np.bool_)
        for node, parent in enumerate(self.parent):
            if parent >= 0:
                above[node] = above[parent]
            above[node, node] = True
        return above
