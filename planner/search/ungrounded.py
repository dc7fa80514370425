"""Following control rules without grounding: the first thing tried where a task has such rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.search.limits import Limits, Meter

if TYPE_CHECKING:
    from planner.kr.task import Task
    from planner.search.protocol import Search
    from planner.search.result import Outcome
    from planner.spaces.lifted import LiftedSpace

__all__ = ["Followed", "Share", "follow_rules"]

_SHARE = 0.7
"""Part of the time left that the rules may take; the rest is for search."""

_SEARCHES = ("auto", "rules", "rollout")


@dataclass(frozen=True, slots=True)
class Followed:
    """A plan found by rules alone.

    Attributes:
        facts: facts of the initial state, static ones included.
    """

    space: LiftedSpace
    outcome: Outcome
    steps: tuple[int, ...]
    facts: int


class Share(Meter):
    """A meter that stops early, and whenever the whole run has to stop."""

    def __init__(self, whole: Meter, share: float) -> None:
        super().__init__(_share_of(whole, share), whole.clock)
        self._whole = whole

    def exceeded(self) -> str:
        """The reason to stop."""
        return self._whole.exceeded() or super().exceeded()


def _share_of(whole: Meter, share: float) -> Limits:
    def part(limit: float | None, spent: float) -> float | None:
        return None if limit is None else share * max(0.0, limit - spent)

    limits = whole.limits
    left = None
    if limits.expansions is not None:
        left = whole.expansions_left(limits.expansions)
    return Limits(
        time_s=part(limits.time_s, whole.wall_s),
        cpu_s=part(limits.cpu_s, whole.cpu_s),
        expansions=left,
    )


def follow_rules(task: Task, search: Search | str, meter: Meter, seed: int = 0) -> Followed | None:
    """A plan by the task's control rules alone; ``None`` where they do not lead to one.

    Args:
        task: what to solve.
        search: nothing is tried when a search by another method is asked for.
        meter: its expansions are counted; a part of its limits is left over.
        seed: draws among ties.
    """
    if search not in _SEARCHES or not any(not r.forbids for r in task.rules.control):
        return None
    from planner.guides.control_rules import BoundControlRules
    from planner.search.errands.shorten import shorten
    from planner.search.rollout import RuleRollout
    from planner.spaces.lifted import LiftedSpace

    try:
        space = LiftedSpace(task)
        rules = BoundControlRules(space)
    except UnsupportedError:
        return None
    facts = len(space.static) + len(space.true_atoms(space.initial()))
    share = Share(meter, _SHARE)
    outcome = RuleRollout().follow(space, rules, share, seed=seed)
    meter.expanded += share.expanded
    if outcome.steps is None:
        return None
    steps = outcome.steps
    if not rules.forbids:
        steps = shorten(space, rules.walks, steps, share)
    return Followed(space, outcome, steps, facts)
