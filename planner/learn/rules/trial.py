"""Trying advice on tasks: how many it solves, and in how many steps."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.guides.control_rules import BoundControlRules, RuleGround
from planner.learn.rules.walkthrough import walkthrough
from planner.search.limits import Limits, Meter
from planner.search.rollout import RuleRollout
from planner.spaces.lifted import LiftedSpace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.suggestions import Suggestion
    from planner.interfaces import StepSpace
    from planner.kr.task import Task
    from planner.learn.rules.options import Advice

__all__ = ["Course", "Score", "space_of"]

_STEPS = 1500
_PLAIN = RuleRollout(repairs=0, reach=0, restarts=0, returns=0)


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """Tasks solved, then the sum of the plans' lengths with its sign changed: larger is better."""

    solved: int
    length: int


class Course:
    """Tasks on which advice is tried, without search or repair.

    Args:
        tasks: to try it on.
        cpu_s: CPU seconds of a trial on one task.
        until: CPU time of the process after which every trial fails.
    """

    def __init__(self, tasks: Sequence[Task], *, cpu_s: float = 2.0, until: float = inf) -> None:
        self._grounds = [RuleGround(space_of(task)) for task in tasks]
        self._cpu_s = cpu_s
        self._until = until
        # The task that failed last comes first where one failure decides.
        self._hardest_first = list(range(len(tasks)))

    def __len__(self) -> int:
        return len(self._grounds)

    @property
    def is_over(self) -> bool:
        """Whether the time for trials is over."""
        return time.process_time() >= self._until

    def joined(self, other: Course, tasks: Sequence[int]) -> Course:
        """This course and some tasks of another."""
        more = Course((), cpu_s=self._cpu_s, until=self._until)
        more._grounds = [*self._grounds, *(other._grounds[number] for number in tasks)]
        more._hardest_first = list(range(len(more._grounds)))
        return more

    def score(self, advice: Advice, best: Score | None = None) -> Score:
        """How advice fares; the trial ends early once it cannot reach ``best`` any more."""
        solved = length = 0
        for number in range(len(self._grounds)):
            taken = self._follow(number, advice)
            if taken is not None:
                solved, length = solved + 1, length + taken
            left = len(self._grounds) - number - 1
            if best is not None and Score(solved + left, -length) < best:
                break
        return Score(solved, -length)

    def keeps(self, advice: Advice, bounds: Sequence[float]) -> bool:
        """Whether no plan is longer than its bound; infinity asks for none."""
        for place, number in enumerate(self._hardest_first):
            if bounds[number] == inf:
                continue
            taken = self._follow(number, advice)
            if taken is None or taken > bounds[number]:
                self._hardest_first.insert(0, self._hardest_first.pop(place))
                return False
        return True

    def lengths(self, advice: Advice) -> list[int | None]:
        """The length of each task's plan, ``None`` without one."""
        return [self._follow(number, advice) for number in range(len(self._grounds))]

    def fired(self, advice: Advice, tasks: Iterable[int] | None = None) -> Counter[int]:
        """How often each control rule of advice, by number, is chosen (on some of the tasks)."""
        fired: Counter[int] = Counter()
        for number in range(len(self._grounds)) if tasks is None else tasks:
            self._follow(number, advice, fired)
        return fired

    def task(self, number: int) -> Task:
        """A task of the course."""
        return self._grounds[number].space.task

    def told(self, number: int, advice: Advice) -> str:
        """In words, what advice does on a task."""
        ground = self._grounds[number]
        rules = BoundControlRules(
            ground.space, control=advice.control, orders=advice.orders, ground=ground
        )
        return walkthrough(ground.space, rules)

    def _follow(self, number: int, advice: Advice, fired: Counter[int] | None = None) -> int | None:
        """Length of the plan; ``None`` without one."""
        seconds = min(self._cpu_s, self._until - time.process_time())
        if seconds <= 0:
            return None
        ground = self._grounds[number]
        space = ground.space
        rules = _Counting(space, control=advice.control, orders=advice.orders, ground=ground)
        meter = Meter(Limits(cpu_s=seconds, expansions=_STEPS))
        outcome = _PLAIN.follow(space, rules, meter)
        if fired is not None:
            fired.update(rules.chosen)
        return None if outcome.steps is None else len(outcome.steps)


class _Counting(BoundControlRules):
    """Control rules that remember which were chosen."""

    def best(
        self, state: int, avoid: Mapping[int, frozenset[Row]] = MappingProxyType({})
    ) -> Suggestion | None:
        """As `BoundControlRules.best`."""
        found = super().best(state, avoid)
        if found is not None:
            self.chosen.append(found.rule)
        return found

    @cached_property
    def chosen(self) -> list[int]:
        """The numbers of the rules, as often as they were chosen."""
        return []


def space_of(task: Task) -> StepSpace:
    """A step space without grounding where that is possible."""
    try:
        return LiftedSpace(task)
    except UnsupportedError:
        from planner.spaces.ground import GroundSpace
        from planner.spaces.grounding import ground

        return GroundSpace(ground(task))
