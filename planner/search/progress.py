"""Whether a dive still gets anywhere: goals met, and states that show something new.

A state shows something new when one of its atoms was true in no state before it with as many open
goals (novelty 1: Lipovetzky and Geffner 2017). A policy that picks up what it has just put down
goes on for ever and shows nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.goal_count import GoalCount
from planner.interfaces import SparingSpace
from planner.kr.formulas import conjuncts

if TYPE_CHECKING:
    from planner.interfaces import BoolArray, BoundGuide, StepSpace
    from planner.search.tree import Node

__all__ = ["Place", "Progress"]

_LEAST_GOALS = 3
"""Conditions of a goal that say something of progress."""

_PATIENCE = 5
"""States without anything new after which a search is lost."""

_STALENESS = 1.0
"""What such a state counts beside regret."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node with what its path has met.

    Attributes:
        regret: of its path.
        fewest: open goals, where they were fewest on the path.
        stale: states on the path since then that showed nothing new.
    """

    node: Node
    regret: float
    fewest: int
    stale: int = 0

    def child(self, node: Node, regret: float, open_goals: int, *, new: bool) -> Place:
        """The place of a child."""
        if open_goals < self.fewest:
            return Place(node, regret, open_goals)
        return Place(node, regret, self.fewest, self.stale + (not new))

    def key(self, regret: float) -> tuple[float, float]:
        """What moves from here are ordered by in a search that is lost."""
        return self.fewest, regret + _STALENESS * self.stale


class Progress:
    """Watches a search of one space."""

    def __init__(self, space: StepSpace, goals: BoundGuide) -> None:
        self._atoms = space.needed_atoms if isinstance(space, SparingSpace) else space.true_atoms
        self._space = space
        self._goals = goals
        self._seen: dict[int, BoolArray] = {}
        self._fewest: int | None = None
        self._started = False
        self._lost = False

    @staticmethod
    def of(space: StepSpace) -> Progress | None:
        """``None`` where the goal has too few conditions to tell."""
        if len(conjuncts(space.task.goal)) < _LEAST_GOALS:
            return None
        return Progress(space, GoalCount().bind(space))

    def open_goals(self, state: int) -> int:
        """Conditions of the goal that do not hold."""
        value = self._goals.judge([state], [])[0].value
        return 0 if value is None else int(value)

    def is_new(self, state: int, open_goals: int) -> bool:
        """Whether an atom of a state is true for the first time with so many open goals."""
        atoms = self._atoms(state)
        seen = self._seen.get(open_goals)
        if seen is None or len(seen) < len(self._space.atoms):
            known = seen
            seen = self._seen[open_goals] = np.zeros(len(self._space.atoms), dtype=np.bool_)
            if known is not None:
                seen[: len(known)] = known
        new = not seen[atoms].all()
        seen[atoms] = True
        return bool(new)

    def is_lost(self, place: Place) -> bool:
        """Whether the search goes round in circles, as of this place.

        Never before the first goal is met: there are tasks whose goals are all met in the end.
        """
        if self._fewest is None or place.fewest < self._fewest:
            self._started = self._fewest is not None
            self._fewest = place.fewest
            self._lost = False
        elif self._started and place.stale > _PATIENCE:
            self._lost = True
        return self._lost
