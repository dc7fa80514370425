"""Trying advice on tasks: how many it solves, and in how many steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.guides.control_rules import BoundControlRules, RuleGround
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.kr.task import Task
    from planner.learn.options import Advice

__all__ = ["Course", "Score", "space_of"]

_STEPS = 1500
_PLAIN = RuleRollout(repairs=0, reach=0, restarts=0)


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """Tasks solved, then the sum of the plans' lengths with its sign changed: larger is better."""

    solved: int
    length: int


class Course:
    """Tasks on which advice is tried, without search or repair."""

    def __init__(self, tasks: Sequence[Task], *, cpu_s: float = 2.0) -> None:
        self._spaces = [space_of(task) for task in tasks]
        self._grounds = [RuleGround(space) for space in self._spaces]
        self._cpu_s = cpu_s

    def __len__(self) -> int:
        return len(self._spaces)

    def score(self, advice: Advice, best: Score | None = None) -> Score:
        """How advice fares; the trial ends early once it cannot reach ``best`` any more."""
        solved = length = 0
        for number in range(len(self._spaces)):
            taken = self._follow(number, advice)
            if taken is not None:
                solved, length = solved + 1, length + taken
            left = len(self._spaces) - number - 1
            if best is not None and Score(solved + left, -length) < best:
                break
        return Score(solved, -length)

    def unsolved(self, advice: Advice) -> list[int]:
        """The tasks that advice does not solve."""
        return [n for n in range(len(self._spaces)) if self._follow(n, advice) is None]

    def _follow(self, number: int, advice: Advice) -> int | None:
        """Length of the plan; ``None`` without one."""
        space = self._spaces[number]
        rules = BoundControlRules(
            space, control=advice.control, orders=advice.orders, ground=self._grounds[number]
        )
        meter = Meter(Limits(cpu_s=self._cpu_s, expansions=_STEPS))
        outcome = _PLAIN.follow(space, rules, meter)
        return None if outcome.steps is None else len(outcome.steps)


def space_of(task: Task) -> StepSpace:
    """A step space without grounding where that is possible."""
    try:
        return LiftedSpace(task)
    except UnsupportedError:
        from planner.spaces.ground import GroundSpace
        from planner.spaces.grounding import ground

        return GroundSpace(ground(task))
