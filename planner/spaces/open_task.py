"""Which tasks cannot be grounded because the objects and numbers they need are made on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.terms import Arithmetic

if TYPE_CHECKING:
    from planner.kr.task import Task

__all__ = ["is_open"]


def is_open(task: Task) -> bool:
    """Whether actions create objects or compute the arguments of their effects."""
    return any(
        action.creates
        or any(isinstance(a, Arithmetic) for e in action.effects for a in e.atom.arguments)
        for action in task.rules.actions
    )
