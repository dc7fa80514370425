"""Whether a dive still gets anywhere: how many goals are open, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.guides.goal_count import GoalCount
from planner.kr.formulas import conjuncts

if TYPE_CHECKING:
    from planner.interfaces import BoundGuide, StepSpace
    from planner.search.tree import Node

__all__ = ["Place", "Progress"]

_LEAST_GOALS = 3
"""Conditions of a goal that say something of progress."""

_PATIENCE = 20
"""Steps without progress after which a search may be lost, if no way from one goal to the next was
longer so far."""

_STALENESS = 0.1
"""What a step without progress counts beside regret."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node with what its path has met.

    Attributes:
        regret: of its path.
        fewest: open goals, where they were fewest on the path.
        stale: steps since then.
    """

    node: Node
    regret: float
    fewest: int
    stale: int = 0

    def child(self, node: Node, regret: float, open_goals: int) -> Place:
        """The place of a child."""
        if open_goals < self.fewest:
            return Place(node, regret, open_goals)
        return Place(node, regret, self.fewest, self.stale + 1)

    def key(self, regret: float) -> tuple[float, float]:
        """What moves from here are ordered by in a search that is lost."""
        return self.fewest, regret + _STALENESS * self.stale


class Progress:
    """Watches a search of one space."""

    def __init__(self, goals: BoundGuide) -> None:
        self._goals = goals
        self._fewest: int | None = None
        self._longest = 0
        self._since = 0
        self._lost = False

    @staticmethod
    def of(space: StepSpace) -> Progress | None:
        """``None`` where the goal has too few conditions to tell."""
        if len(conjuncts(space.task.goal)) < _LEAST_GOALS:
            return None
        return Progress(GoalCount().bind(space))

    def open_goals(self, state: int) -> int:
        """Conditions of the goal that do not hold."""
        value = self._goals.judge([state], [])[0].value
        return 0 if value is None else int(value)

    def is_lost(self, place: Place) -> bool:
        """Whether the search has met no further goal for long, as of this place.

        Never before the first: there are tasks whose goals are all met in the end.
        """
        if self._fewest is None or place.fewest < self._fewest:
            if self._fewest is not None:
                self._longest = max(self._longest, place.node.depth - self._since)
            self._fewest, self._since = place.fewest, place.node.depth
            self._lost = False
        elif self._longest and place.stale > max(_PATIENCE, self._longest):
            self._lost = True
        return self._lost
