"""Judge a model by what it solves: walks that follow it, by size of task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.search.classes import merge_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.interfaces import StepModel, StepSpace

__all__ = ["Solved", "follow", "solve_rate"]


@dataclass(frozen=True, slots=True)
class Solved:
    """How a model fared on tasks of one size.

    Attributes:
        length: mean plan length over the tasks solved, 0 when there are none.
    """

    size: int
    tasks: int
    solved: int
    length: float


def follow(space: StepSpace, model: StepModel, limit: int) -> list[int] | None:
    """Take the likeliest step into a new state until the goal; ``None`` when that fails.

    Steps the model cannot tell apart count together. No state is visited twice.
    """
    bound = model.bind(space)
    state, plan = space.initial(), list[int]()
    visited = {state}
    while not space.is_goal(state):
        legal = space.legal_steps(state)
        if len(plan) >= limit or not len(legal):
            return None
        (log_prob,) = bound.log_probs([state], [legal])
        following = None
        classes = merge_steps(space.steps.symbol[legal], log_prob)
        ranked = classes.representative[np.argsort(-classes.log_mass, kind="stable")]
        others = np.setdiff1d(np.argsort(-log_prob, kind="stable"), ranked, assume_unique=True)
        for position in [*ranked.tolist(), *others.tolist()]:
            target = space.successor(state, int(legal[position]))
            if target not in visited:
                following = int(legal[position]), target
                break
        if following is None:
            return None
        plan.append(following[0])
        state = following[1]
        visited.add(state)
    return plan


def solve_rate(
    model: StepModel, spaces: Iterable[StepSpace], limits: Sequence[int]
) -> list[Solved]:
    """Follow the model on each space; by number of objects, ascending."""
    found: dict[int, list[int | None]] = {}
    for space, limit in zip(spaces, limits, strict=True):
        plan = follow(space, model, limit)
        size = len(space.task.objects)
        found.setdefault(size, []).append(None if plan is None else len(plan))
    return [_row(size, lengths) for size, lengths in sorted(found.items())]


def _row(size: int, lengths: list[int | None]) -> Solved:
    done = [length for length in lengths if length is not None]
    return Solved(size, len(lengths), len(done), sum(done) / len(done) if done else 0.0)
