"""Action elimination in any step space (Nakhost & Müller 2010), for those without kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.search.improve.elimination import eliminate_steps
from planner.search.improve.replay import is_legal
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.interfaces import StepSpace
    from planner.search.limits import Meter

__all__ = ["without_superfluous"]


def without_superfluous(
    space: StepSpace, plan: tuple[int, ...], meter: Meter | None = None
) -> tuple[int, ...]:
    """The plan without the steps it can do without, as far as a limit allows."""
    if isinstance(space, GroundSpace):
        return eliminate_steps(space, plan)
    index, state = 0, space.initial()
    while index < len(plan) and not (meter is not None and meter.exceeded()):
        kept = _left_without(space, state, plan[index + 1 :])
        if kept is None:
            state = space.successor(state, plan[index])
            index += 1
        else:
            plan = (*plan[:index], *kept)
    return plan


def _left_without(space: StepSpace, state: int, steps: tuple[int, ...]) -> tuple[int, ...] | None:
    """Those of the steps that still apply, ``None`` when they miss the goal."""
    kept = []
    for step in steps:
        if is_legal(space, state, step):
            state = space.successor(state, step)
            kept.append(step)
    return tuple(kept) if space.is_goal(state) else None
