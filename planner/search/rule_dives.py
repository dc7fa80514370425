"""Following control rules where a step model chooses among their bindings.

Rules alone take the nearest of what they suggest. Which passenger, tray or car comes next often
matters later, and that is what a model has learned: it is asked for the likeliest first step among
the suggestions of the best rank. Three dives differ in how much is left to it: bindings of equal
cost, any binding, and last any legal step. Where no rule leads anywhere new the model goes on by
legal steps until one does; where nothing does it goes back, farther each time. The cheapest plan
counts, the rules' own included.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import ModelBudgetError
from planner.search.errands.shorten import shorten
from planner.search.rule_walkers import PlainWalker, RuleWalker, nearest
from planner.spaces.lifted import LiftedSpace

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from planner.guides.control_rules import BoundControlRules
    from planner.interfaces import Guide
    from planner.search.rule_walkers import Walker
    from planner.search.tree import Growth, Node

__all__ = ["RuleDives"]

_LOG = logging.getLogger(__name__)

_LONGEST = 1.1
"""Length of a dive at most, by that of the best plan known."""

_BLIND = 20
"""Length of a dive at most for each object of the task, where no plan is known."""

_STALE = 50
"""States without a goal met after which a dive that had its part of the work ends."""


@dataclass(frozen=True, slots=True)
class RuleDives:
    """Walks over rule steps, and over legal steps, that a model guides.

    Attributes:
        work: an estimate of what all dives may take, in billionths of a CPU second. Dives that
            would take longer than what is left of it are not begun. Where no plan is known each
            has an equal part of what is left, and more only while it meets goals, so that one that
            wanders leaves the others theirs.
        plain_first: whether the dive over legal steps comes first, for rules that meet few goals.
    """

    work: int = 2_000_000_000
    plain_first: bool = False

    def explore(
        self,
        growth: Growth,
        rules: BoundControlRules,
        guide: Guide,
        known: tuple[int, ...] | None,
    ) -> Generator[tuple[int, ...] | None, None, tuple[int, ...] | None]:
        """The cheapest plan of the dives and ``known``; yields the best so far before each step.

        Args:
            growth: its space is searched, and it counts.
            rules: bound to that space.
            guide: a step model's.
            known: a plan, ``None`` where there is none yet.
        """
        course = _Course(growth, rules, known, self.work)
        plain = PlainWalker(growth, guide.bind(growth.space))
        # Bound anew, as its answers are of the steps of the suggestions alone.
        by_rules = (
            RuleWalker(growth, rules, guide.bind(growth.space), choice, plain)
            for choice in (nearest, tuple)
        )
        walkers: tuple[Walker, ...]
        walkers = (plain, *by_rules) if self.plain_first else (*by_rules, plain)
        for place, walker in enumerate(walkers):
            yield from course.run(walker, len(walkers) - place - 1)
        return course.best

    def finish(
        self,
        growth: Growth,
        rules: BoundControlRules,
        guide: Guide,
        known: tuple[int, ...] | None,
    ) -> tuple[int, ...] | None:
        """What `explore` returns, or the best so far where a limit or the model ends it."""
        dives = self.explore(growth, rules, guide, known)
        best = known
        try:
            while not growth.meter.exceeded():
                best = next(dives)
        except StopIteration as end:
            best = end.value
        except ModelBudgetError:
            _LOG.info("the model's budget is spent; the best plan by rules so far is kept")
        return best


class _Course:
    """The best plan so far, and what dives may still cost."""

    def __init__(
        self, growth: Growth, rules: BoundControlRules, known: tuple[int, ...] | None, work: int
    ) -> None:
        self.best = known
        self._growth = growth
        self._rules = rules
        self._work = work

    def run(self, walker: Walker, later: int = 0) -> Generator[tuple[int, ...] | None, None, None]:
        """A dive, if there is work left for it; without a plan yet, so many others come later."""
        space = self._growth.space
        least = 0
        if self.best is None:
            most = _BLIND * len(space.task.all_objects)
            least = self._work * later // (later + 1)
        else:
            most = int(_LONGEST * len(self.best)) + 2
        if self.best is not None and most * walker.call_work > self._work:
            return
        node = yield from self._dive(walker, most, least)
        if node is None:
            return
        plan = node.path()
        if isinstance(space, LiftedSpace) and not self._rules.forbids:
            plan = shorten(space, self._rules.walks, plan, self._growth.meter)
        if self.best is None or self._value(plan) < self._value(self.best):
            self.best = plan

    def _dive(
        self, walker: Walker, most: int, least: int
    ) -> Generator[tuple[int, ...] | None, None, Node | None]:
        """The goal's node; ``None`` without a way, beyond so many steps, or without work left.

        With less work left than ``least`` it goes on only while it meets goals.
        """
        space = self._growth.space
        node: Node | None = self._growth.root()
        visited: set[int] = set()
        steps = ends = 0
        progress = _Met(self._rules)
        while node is not None and not space.is_goal(node.state):
            is_stale = progress.is_stale(node.state)
            if steps > most or self._work < (least if is_stale else 0):
                return None
            yield self.best
            visited.add(node.state)
            child = walker.next(node, visited)
            self._work -= walker.call_work
            steps += 1 if child is None else len(child.move)
            ends += child is None
            node = child or _back(node, 2 ** (ends - 1))
        return node

    def _value(self, plan: Sequence[int]) -> tuple[int, int]:
        return int(self._growth.space.costs[list(plan)].sum()), len(plan)


def _back(node: Node, moves: int) -> Node | None:
    """The node so many moves before, the root at most; ``None`` before the root."""
    if node.parent is None:
        return None
    for _ in range(moves):
        node = node.parent or node
    return node


class _Met:
    """The fewest open goals of a dive so far."""

    def __init__(self, rules: BoundControlRules) -> None:
        self._rules = rules
        self._fewest: int | None = None
        self._since = 0

    def is_stale(self, state: int) -> bool:
        """Whether the last states up to this one, of many, all had as many open goals."""
        goals = self._rules.open_goals(state)
        if self._fewest is None or goals < self._fewest:
            self._fewest, self._since = goals, 0
        else:
            self._since += 1
        return self._since >= _STALE
