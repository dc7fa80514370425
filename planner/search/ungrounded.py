"""Following control rules without grounding: the first thing tried where a task has such rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.search.portion import Portion, booked, time_share

if TYPE_CHECKING:
    from planner.kr.task import Task
    from planner.search.limits import Meter
    from planner.search.protocol import Search
    from planner.search.result import Outcome
    from planner.spaces.lifted import LiftedSpace

__all__ = ["Followed", "follow_rules", "without_advice"]

_SHARE = 0.7
"""Part of the time left that the rules may take; the rest is for search."""

_PATIENCE = 0.1
"""Part of the time left after which rules that meet no further goal are given up."""

_SEARCHES = ("auto", "rules", "rollout")


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following rules.

    Attributes:
        steps: the plan, ``None`` where the rules led to none.
        facts: facts of the initial state, static ones included.
    """

    space: LiftedSpace
    outcome: Outcome
    steps: tuple[int, ...] | None
    facts: int


class _Patience(Portion):
    """A part of the time that also stops when nothing gets better for a part of the limit."""

    def __init__(self, whole: Meter) -> None:
        super().__init__(whole, time_share(whole, _SHARE))
        self._patience = time_share(whole, _PATIENCE)
        self._last = (0.0, 0.0)

    def progressed(self) -> None:
        """Be patient again."""
        self._last = (self.wall_s, self.cpu_s)

    def exceeded(self) -> str:
        """The reason to stop."""
        patience = (self._patience.time_s, self._patience.cpu_s)
        spent = zip((self.wall_s, self.cpu_s), self._last, patience, strict=True)
        stalled = any(most is not None and now - last > most for now, last, most in spent)
        return "time" if stalled else super().exceeded()


def without_advice(task: Task) -> Task:
    """The task with those of its control rules alone that forbid steps."""
    forbidding = tuple(rule for rule in task.rules.control if rule.forbids)
    return replace(task, rules=replace(task.rules, control=forbidding, orders=()))


def follow_rules(task: Task, search: Search | str, meter: Meter, seed: int = 0) -> Followed | None:
    """A plan by the task's control rules alone; ``None`` where they cannot be followed so.

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
    with booked(_Patience(meter)) as share:
        outcome = RuleRollout().follow(space, rules, share, seed=seed, progressed=share.progressed)
    steps = outcome.steps
    if steps is not None and not rules.forbids:
        steps = shorten(space, rules.walks, steps, Portion(meter, time_share(meter, _SHARE)))
    return Followed(space, outcome, steps, facts)
