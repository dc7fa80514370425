"""Plans by learned control rules, for a step model to learn from: cheap, and good at any size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.learn.tasks.walk import state_facts, translated
from planner.search.following import follow_rules
from planner.search.limits import Limits, Meter

if TYPE_CHECKING:
    from planner.interfaces import StepSpace
    from planner.kr.task import RuleBase, Task

__all__ = ["Teacher"]


@dataclass(frozen=True, slots=True)
class Teacher:
    """Follows control rules from any state.

    Attributes:
        rules: the rule base with its control rules.
        expansions: of a rollout, after which it gives up.
    """

    rules: RuleBase
    expansions: int = 3000

    def plan(self, space: StepSpace, state: int) -> list[int] | None:
        """Steps of ``space`` from a state to the goal, its errands in a good order.

        ``None`` where the rules lead to no goal.
        """
        task = self._from(space, state)
        meter = Meter(Limits(expansions=self.expansions))
        followed = follow_rules(task, "rules", meter)
        if followed is None or followed.steps is None:
            return None
        return translated(followed.space, followed.steps, space, state)

    def _from(self, space: StepSpace, state: int) -> Task:
        """The task that begins with a state, under the rules."""
        task = replace(space.task, rules=self.rules)
        return task if state == space.initial() else replace(task, init=state_facts(space, state))
