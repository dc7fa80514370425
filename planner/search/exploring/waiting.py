"""Exploration by types in plain Python, in the order of the kernels."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from planner.search.exploring.tables import SEED

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["StepsByType"]

_WORD = (1 << 64) - 1


class StepsByType:
    """Steps that wait, by the type of the node they leave: its estimate and its cost.

    Args:
        period: every how many turns one explores; 0 for never.
    """

    def __init__(self, period: int) -> None:
        self._period, self._turn, self._random = period, 0, SEED
        self._nodes: dict[tuple[float, int], list[tuple[int, deque[int]]]] = {}
        self._active: list[tuple[float, int]] = []

    def file(self, node: int, steps: Iterable[int], value: float, cost: int) -> None:
        """Put a node before the others of its type."""
        waiting = deque(steps)
        if self._period == 0 or not waiting:
            return
        nodes = self._nodes.setdefault((value, cost), [])
        if not nodes:
            self._active.append((value, cost))
        nodes.append((node, waiting))

    def draw(self) -> tuple[int, int] | None:
        """A node and its next step when it is the turn of exploration, else ``None``."""
        if self._period == 0 or not self._active:
            return None
        self._turn += 1
        if self._turn < self._period:
            return None
        self._turn = 0
        place = (self._next_random() >> 13) % len(self._active)
        nodes = self._nodes[self._active[place]]
        node, steps = nodes[-1]
        step = steps.popleft()
        if not steps:
            nodes.pop()
        if not nodes:
            last = self._active.pop()
            if place < len(self._active):
                self._active[place] = last
        return node, step

    def _next_random(self) -> int:
        """The next number of Marsaglia's generator (xorshift, 2003)."""
        state = self._random
        state ^= (state << 13) & _WORD
        state ^= state >> 7
        state ^= (state << 17) & _WORD
        self._random = state
        return state
