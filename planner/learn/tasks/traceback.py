"""Tasks in which everything matters: what a walk made true, traced back to what it rests on.

A conclusion is taken from the end of a walk, the steps that it does not need are left out, and of
the first state those objects stay that steps and goal name: the premises (Trinh, Wu, Le, He &
Luong 2024 make problems of geometry so, from conclusions of a deduction).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import atoms_of
from planner.learn.improve import improve_plan

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.kr.formulas import Formula
    from planner.learn.tasks.situation import Patterns, Situation

__all__ = ["premises"]

_WINDOW = 40  # states that a search for a short cut may visit


def premises(
    space: StepSpace,
    steps: Sequence[int],
    situation: Situation,
    size: int,
    patterns: Patterns,
    rng: random.Random,
) -> Situation | None:
    """The first state with ``size`` objects, those among them that a plan for the goal needs.

    Args:
        space: of the task with the whole first state and the goal.
        steps: a plan, which may take detours.
        situation: the first state.
        size: objects that are to stay; others go as long as what is left is sensible.
        patterns: what is sensible.
        rng: draws the order in which objects go.

    Returns:
        ``None`` where more objects are needed, or must stay, and where no step is.
    """
    plan = improve_plan(space, _until_goal(space, steps), _WINDOW)
    if not plan:
        return None
    needed = _named(space.task.goal)
    needed.update(str(a) for number in plan for a in space.describe(number).arguments)
    spare = [name for name in situation.objects if name not in needed]
    rng.shuffle(spare)
    dropped = True
    while dropped and len(situation.objects) > size:
        dropped = False
        for name in spare:
            smaller = situation.without(name) if name in situation.objects else situation
            if smaller is not situation and patterns.allow(smaller):
                situation, dropped = smaller, True
                break
    return situation if len(situation.objects) == size else None


def _until_goal(space: StepSpace, steps: Sequence[int]) -> list[int]:
    """The steps up to the first state where the goal holds."""
    state, found = space.initial(), list[int]()
    for step in steps:
        if space.is_goal(state):
            break
        found.append(step)
        state = space.successor(state, step)
    return found


def _named(goal: Formula) -> set[str]:
    return {str(a) for atom, _ in atoms_of(goal) for a in atom.arguments}
