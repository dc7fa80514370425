"""Open lists of the searches in plain Python."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

__all__ = ["Alternation", "OpenList"]

Item = TypeVar("Item")


class OpenList(Generic[Item]):
    """A priority queue: least key first, then least tie, then the order of entry."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, float, int, Item]] = []
        self._pushed = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, item: Item, key: float, tie: float = 0.0) -> None:
        """Add an item."""
        heapq.heappush(self._heap, (key, tie, self._pushed, item))
        self._pushed += 1

    def pop(self) -> tuple[Item, float]:
        """Remove the first item; it comes with its key."""
        key, _, _, item = heapq.heappop(self._heap)
        return item, key


class Alternation(Generic[Item]):
    """Open lists that take turns: pairs of one for all items and one for preferred ones.

    The list served least often is next, the first of several; a boost makes lists of preferred
    items count as served less often (Richter & Westphal 2010).

    Args:
        pairs: how many estimates there are, each with a pair of lists.
    """

    def __init__(self, pairs: int) -> None:
        self._lists: list[OpenList[Item]] = [OpenList() for _ in range(2 * pairs)]
        self._served = [0] * (2 * pairs)

    def push(self, pair: int, item: Item, key: float, tie: float, preferred: bool) -> None:
        """Add an item to one pair."""
        self._lists[2 * pair + preferred].push(item, key, tie)

    def boost(self, turns: int) -> None:
        """Favour the lists of preferred items for so many turns."""
        for index in range(1, len(self._served), 2):
            self._served[index] -= turns

    def pop(self) -> tuple[Item, float] | None:
        """The item whose turn it is with its key, or ``None`` when all lists are empty."""
        filled = [index for index, queue in enumerate(self._lists) if len(queue)]
        if not filled:
            return None
        chosen = min(filled, key=lambda index: self._served[index])
        self._served[chosen] += 1
        return self._lists[chosen].pop()
