"""What a training's data are made from, as fingerprints: a resumed fit must have the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from planner.learned import rules_hash

if TYPE_CHECKING:
    from planner.kr.task import RuleBase
    from planner.learn.tasks.examples import Base

__all__ = ["ingredients"]


def ingredients(base: Base, sizes: int, tasks_per_size: int) -> dict[str, str]:
    """A fingerprint of each thing that data are made from, by what a person calls it."""
    tasks = (*base.examples, *base.lessons, *base.held_out)
    return {
        "the rules": rules_hash(base.rules.source),
        "the examples": _digest([(task.objects, task.init, task.goal) for task in tasks]),
        "the learned rules": "none" if base.teacher is None else _digest(_advice(base.teacher)),
        "the number of tasks": f"{sizes} x {tasks_per_size}",
    }


def _advice(rules: RuleBase) -> list[object]:
    """What a teacher adds to a rule base; where in a file it stands does not matter."""
    return [rules.control, rules.orders, rules.rules]


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
