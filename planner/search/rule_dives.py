"""Following control rules where a step model chooses among their bindings.

Rules alone take the nearest of what they suggest. Which passenger, tray or car comes next often
matters later, and that is what a model has learned: it is asked for the likeliest first step among
the suggestions of the best rank. Three dives differ in how much is left to it: bindings of equal
cost, any binding, and last any legal step. Where no rule leads anywhere new the model goes on by
legal steps until one does. The cheapest plan counts, the rules' own included.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from planner.errors import ModelBudgetError
from planner.guides.model_guide import CALL_WORK
from planner.search.classes import merge_steps
from planner.search.errands.shorten import shorten
from planner.search.policy import StepPolicy, judge
from planner.search.rollout import RuleRunner
from planner.spaces.lifted import LiftedSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from planner.guides.control_rules import BoundControlRules
    from planner.guides.suggestions import Suggestion
    from planner.interfaces import BoundGuide, Guide
    from planner.search.tree import Growth, Node

    _Move: TypeAlias = tuple[tuple[int, ...], int, Suggestion]

__all__ = ["RuleDives"]

_LOG = logging.getLogger(__name__)

_WIDEST = 60
"""Suggestions of a rank that a model chooses among."""

_LONGEST = 1.1
"""Length of a dive at most, by that of the best plan known."""

_BLIND = 20
"""Length of a dive at most for each object of the task, where no plan is known."""


@dataclass(frozen=True, slots=True)
class RuleDives:
    """Walks over rule steps, and over legal steps, that a model guides.

    Attributes:
        work: an estimate of what all dives may take, in billionths of a CPU second. Dives that
            would take longer than what is left of it are not begun. Where no plan is known each
            has an equal part of what is left, so that one that wanders leaves the others theirs.
    """

    work: int = 2_000_000_000

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
        plain = _PlainWalker(growth, guide.bind(growth.space))
        for later, choice in ((2, _nearest), (1, tuple)):
            # Bound anew, as its answers are of the steps of the suggestions alone.
            walker = _RuleWalker(growth, rules, guide.bind(growth.space), choice, plain)
            yield from course.run(walker, later)
        yield from course.run(plain)
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

    def run(self, walker: _Walker, later: int = 0) -> Generator[tuple[int, ...] | None, None, None]:
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
        self, walker: _Walker, most: int, least: int
    ) -> Generator[tuple[int, ...] | None, None, Node | None]:
        """The goal's node; ``None`` without a way, beyond so many steps, or with less work left."""
        space = self._growth.space
        node: Node | None = self._growth.root()
        visited: set[int] = set()
        length = 0
        while node is not None and not space.is_goal(node.state):
            if length > most or self._work < least:
                return None
            yield self.best
            visited.add(node.state)
            node = walker.next(node, visited)
            length += 0 if node is None else len(node.move)
            self._work -= walker.call_work
        return node

    def _value(self, plan: Sequence[int]) -> tuple[int, int]:
        return int(self._growth.space.costs[list(plan)].sum()), len(plan)


class _Walker(Protocol):
    """One way of letting a model choose.

    Attributes:
        call_work: estimated work of a step.
    """

    @property
    def call_work(self) -> int: ...

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """The node behind the likeliest move to a state not yet visited."""
        ...


class _RuleWalker:
    """Chooses among the suggestions of the best rank that lead anywhere new.

    Args:
        choice: narrows these down, if that leaves any.
        otherwise: goes on where no suggestion does.
    """

    def __init__(
        self,
        growth: Growth,
        rules: BoundControlRules,
        guide: BoundGuide,
        choice: Callable[[Sequence[Suggestion]], Sequence[Suggestion]],
        otherwise: _PlainWalker,
    ) -> None:
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._growth = growth
        self._rules = rules
        self._guide = guide
        self._choice = choice
        self._otherwise = otherwise
        self._runner = RuleRunner(growth.space, rules)

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """As `_Walker.next`."""
        suggestions = self._rules.suggestions(node.state)
        for _, ranked in groupby(suggestions, key=lambda found: found.rank):
            every = tuple(ranked)
            for chosen in dict.fromkeys((tuple(self._choice(every)), every)):
                moves = list(self._moves(node.state, chosen[:_WIDEST], visited))
                if moves:
                    self._growth.count(node)
                    steps, state, found = moves[self._likeliest(node.state, moves)]
                    return self._growth.grow(node, steps, state, self._rules.name_of(found))
        return self._otherwise.next(node, visited)

    def _moves(
        self, state: int, suggestions: Iterable[Suggestion], visited: AbstractSet[int]
    ) -> Iterator[_Move]:
        """The steps of each suggestion that leads to a new state."""
        for found in suggestions:
            steps, states = self._runner.run(state, found)
            if steps and states[-1] not in visited:
                yield tuple(steps), states[-1], found

    def _likeliest(self, state: int, moves: Sequence[_Move]) -> int:
        """The first move whose first step is of the likeliest class."""
        first = sorted({steps[0] for steps, _, _ in moves})
        if len(first) == 1:
            return 0
        legal = np.array(first, dtype=np.int32)
        (judgement,) = judge(self._guide, self._growth.meter, [state], [legal])
        if judgement.log_prior is None:
            return 0
        classes = merge_steps(self._growth.space.steps.symbol[legal], judgement.log_prior)
        best = int(np.argmax(classes.log_mass))
        label = dict(zip(first, classes.label.tolist(), strict=True))
        return next(i for i, (steps, _, _) in enumerate(moves) if label[steps[0]] == best)


class _PlainWalker:
    """Chooses among all legal steps."""

    def __init__(self, growth: Growth, guide: BoundGuide) -> None:
        self.call_work = int(getattr(guide, "call_work", CALL_WORK))
        self._growth = growth
        self._policy = StepPolicy(growth.space, guide, growth.meter)

    def next(self, node: Node, visited: AbstractSet[int]) -> Node | None:
        """As `_Walker.next`."""
        growth = self._growth
        growth.count(node)
        (branches,) = self._policy.branches([node.state])
        for index in range(len(branches)):
            state = growth.successor(node.state, branches.move(index))
            if state not in visited:
                return growth.child(node, branches, index, state)
        return None


def _nearest(ranked: Sequence[Suggestion]) -> Sequence[Suggestion]:
    """Of suggestions, the best first, those that cost as little as the first."""
    return [found for found in ranked if found.measure == ranked[0].measure]
