"""A first glance: greedy steps towards atoms of the goal, before any estimate is prepared.

Best-first search by the number of open goals whose only steps are those that make an open goal
true. It solves little, but in milliseconds: short plans in tasks whose rules alone take a second
to compile.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.spaces.lifted import LiftedSpace

__all__ = ["glance"]

_EXPANSIONS = 12
_STEPS = 400
_MOST = 32


def glance(space: LiftedSpace, check: Callable[[], None]) -> tuple[int, ...] | None:
    """A plan of steps that each reach an atom of the goal, ``None`` when none is seen at once.

    Args:
        space: what is searched.
        check: called between pieces of work; raises to stop.
    """
    start = space.initial()
    paths: dict[int, tuple[int, ...]] = {start: ()}
    queue = [(len(space.goal_atoms - space.facts(start)), 0, start)]
    for _ in range(_EXPANSIONS):
        if not queue or len(paths) > _STEPS:
            break
        _, _, state = heapq.heappop(queue)
        if space.is_goal(state):
            return paths[state]
        missing = sorted(space.goal_atoms - space.facts(state))
        for step in space.achievers(state, missing, _MOST, check):
            following = space.successor(state, step)
            if following not in paths:
                paths[following] = (*paths[state], step)
                left = len(space.goal_atoms - space.facts(following))
                heapq.heappush(queue, (left, len(paths), following))
    return None
