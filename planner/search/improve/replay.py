"""Following a plan through a step space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.interfaces import RenamingSpace
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace

__all__ = ["as_named", "cost_of", "is_legal", "states_along"]


def is_legal(space: StepSpace, state: int, step: int) -> bool:
    """Whether a step may be taken, without listing all that may."""
    if isinstance(space, GroundSpace):
        needs = space.ground_task.precondition[step]
        words = space.row(state)[needs >> 6]
        return bool((((words >> (needs & 63)) & 1) == 1).all())
    return step in space.legal_steps(state)


def states_along(space: StepSpace, steps: Sequence[int]) -> list[int] | None:
    """The states before, between and after the steps; ``None`` where one of them is illegal."""
    states = [space.initial()]
    for step in steps:
        if not is_legal(space, states[-1], step):
            return None
        states.append(space.successor(states[-1], step))
    return states


def cost_of(space: StepSpace, steps: Sequence[int]) -> int:
    """The summed cost of steps, in the unit of the space's ``costs``."""
    return int(space.costs[list(steps)].sum()) if steps else 0


def as_named(space: StepSpace, steps: tuple[int, ...]) -> tuple[int, ...]:
    """The steps as a plan names them.

    To be asked right after the search that found them: in a space that renames, the steps of a
    later search may lead through states that this path has fixed the names of.
    """
    return space.follow(steps) if isinstance(space, RenamingSpace) else steps
