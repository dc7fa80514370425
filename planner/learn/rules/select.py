"""Choosing how learned rules are run: what solves most training tasks, then what is shorter."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.kr.walks import movements
from planner.learn.rules.condense import LONGER, READABLE, condense
from planner.learn.rules.options import Lift, Option, preferences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.kr.control import GoalOrder
    from planner.kr.task import RuleBase
    from planner.learn.rules.trial import Course, Score

__all__ = ["Choice", "choose"]

_log = logging.getLogger(__name__)

_FINALISTS = 4
_CLIMBS = 2

_FEW_LONGER = 2
"""So much longer where the others are too many to read: each of these fits few states."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option and the rules it runs, with its score on the training tasks."""

    score: Score
    option: Option
    lift: Lift


@dataclass(frozen=True, slots=True)
class Candidates:
    """What can be chosen from.

    Attributes:
        whole, folded: the rules as learned, and cut and folded.
        orders: learned from interference.
        linked_orders: learned from it as well, where changing facts link the goals.
        tried_orders: statements to be tried one at a time where rules do not solve all.
        explained: rules as general as their plans allow, whole and folded, and as general as
            their first steps allow; made when asked for.
    """

    whole: Lift
    folded: Lift
    orders: tuple[GoalOrder, ...]
    linked_orders: tuple[GoalOrder, ...]
    tried_orders: tuple[GoalOrder, ...]
    explained: Callable[[], tuple[Lift, Lift, Lift]]

    def lift(self, option: Option) -> Lift:
        """The rules that an option runs."""
        if not option.explained:
            return self.folded if option.folded else self.whole
        whole, folded, bare = self.explained()
        if option.explained == "step":
            return bare
        return folded if option.folded else whole


def choose(
    candidates: Candidates,
    courses: tuple[Course, Course],
    base: RuleBase,
    in_time: Callable[[], bool],
) -> Choice:
    """The best option, by hill climbing over preferences and orders where plain ones fall short.

    Args:
        candidates: rules and orders.
        courses: training tasks to choose by, and others to verify on that fewer rules do.
        base: whose actions and predicates preferences are about.
        in_time: False once the time is up; the best so far is then returned.
    """
    chooser = _Chooser(candidates, courses, base, in_time)
    return chooser.run()


class _Chooser:
    def __init__(
        self,
        candidates: Candidates,
        courses: tuple[Course, Course],
        base: RuleBase,
        in_time: Callable[[], bool],
    ) -> None:
        self._candidates = candidates
        self._courses = courses
        self._course = courses[0]
        self._base = base
        self._in_time = in_time
        self._found: list[Choice] = []

    def run(self) -> Choice:
        """The best option, with simpler rules where these do as well."""
        self._try(_plain_options(self._candidates.orders))
        if self._candidates.linked_orders and not self._solves_all_by_steps():
            orders = self._candidates.orders + self._candidates.linked_orders
            self._try(_plain_ways(orders))
        if not self._solves_all():
            self._try_explained()
        if not self._solves_all() and self._candidates.tried_orders:
            self._try_orders()
        climbs = 0
        while climbs < _CLIMBS and self._may_be_wasteful() and self._climb():
            climbs += 1
        self._condense()
        for _ in range(_CLIMBS):
            if self._solves_all() or not self._climb():
                break
        return self._fewest()

    def _may_be_wasteful(self) -> bool:
        """Whether a few rules solve all, one errand after the other, and nothing merges these.

        `planner.search.errands` does so where all movement consists of walks and nothing else.
        """
        walks = movements(self._base)
        merged = bool(walks) and all(walk.is_plain for walk in walks)
        few = len(self._best.lift.rules) <= READABLE
        return self._solves_all() and few and not merged

    def _condense(self) -> None:
        """Simpler rules for the best option, which may also solve more.

        Rules that run whole can be left out, but not simplified. So the best of those that can be
        has its turn, too.
        """
        chosen = [self._fewest()]
        folded = [choice for choice in self._found if choice.option.folded]
        if not chosen[0].option.folded and folded and len(chosen[0].lift.rules) > READABLE:
            chosen.append(max(folded, key=lambda choice: choice.score))
        chosen += self._nearly_as_good(chosen[0])
        for choice in chosen:
            lift = condense(choice.lift, choice.option, self._courses, self._base, self._in_time)
            is_spare = choice.score.solved < chosen[0].score.solved
            if lift is not choice.lift and not (is_spare and len(lift.rules) > READABLE):
                score = self._course.score(choice.option.advice(lift))
                self._found.append(Choice(score, choice.option, lift))

    def _nearly_as_good(self, chosen: Choice) -> list[Choice]:
        """Beside rules of general first steps the best that say more, and miss a task at most.

        Simplified they may solve it as well, in fewer steps.
        """
        others = [
            choice
            for choice in self._found
            if choice.option.folded
            and not choice.option.explained
            and choice.score.solved + 1 >= chosen.score.solved
        ]
        if not chosen.option.explained or not others:
            return []
        return [max(others, key=lambda choice: choice.score)]

    def _fewest(self) -> Choice:
        """Of the options hardly longer than the best the one with fewest rules."""
        near = (choice for choice in self._found if self._competes(choice.score, choice.lift))
        return min(near, key=lambda choice: (len(choice.lift.rules), -choice.score.length))

    def _competes(self, score: Score, lift: Lift) -> bool:
        """Whether rules do as well as the best, or nearly so and are fewer."""
        best = self._best.score
        longer = _FEW_LONGER if self._is_readable(lift) else LONGER
        return score.solved == best.solved and score.length >= longer * best.length

    def _is_readable(self, lift: Lift) -> bool:
        """Whether rules are few while the best are many."""
        return len(lift.rules) <= READABLE < len(self._best.lift.rules)

    def _bound(self, lift: Lift) -> Score:
        """What rules have to reach to be chosen."""
        best = self._best.score
        return replace(best, length=_FEW_LONGER * best.length) if self._is_readable(lift) else best

    @property
    def _best(self) -> Choice:
        return max(self._found, key=lambda choice: choice.score)

    def _solves_all(self) -> bool:
        return self._best.score.solved == len(self._course)

    def _solves_all_by_steps(self) -> bool:
        """Whether rules that are cut after their first step solve all tasks."""
        return any(c.option.folded and c.score.solved == len(self._course) for c in self._found)

    def _try(self, options: Iterator[Option] | Sequence[Option]) -> None:
        for option in options:
            if self._found and not self._in_time():
                return
            lift = self._candidates.lift(option)
            bound = self._bound(lift) if self._found else None
            score = self._course.score(option.advice(lift), bound)
            if not self._found or score > self._best.score:
                told = len(lift.rules), score.solved, len(self._course), -score.length
                _log.info("%d rules solve %d of %d training tasks in %d steps", *told)
            self._found.append(Choice(score, option, lift))

    def _finalists(self) -> list[Option]:
        ranked = sorted(self._found, key=lambda choice: choice.score, reverse=True)
        return [choice.option for choice in ranked[:_FINALISTS]]

    def _try_explained(self) -> None:
        """More general rules, the most general first, until some solve all."""
        plain = list(_plain_options(self._candidates.orders))
        whole = [option for option in plain if not option.folded]
        folded = [option for option in plain if option.folded]
        # Rules that do not say what a step is for have to finish first what is nearly done.
        ranked = [option for option in folded if option.run != "nearest"]
        general = (
            [replace(option, explained="step") for option in ranked],
            [replace(option, explained="plan") for option in folded],
            [replace(option, explained="plan") for option in whole],
        )
        for options in general:
            self._try(options)
            if self._solves_all() and len(self._fewest().lift.rules) <= READABLE:
                return

    def _try_orders(self) -> None:
        before = self._best
        for option in self._finalists()[:2]:
            self._try([replace(option, orders=(o,)) for o in self._candidates.tried_orders])
        # A second statement beside the best.
        if not self._solves_all() and self._best.score.solved > before.score.solved:
            option = self._best.option
            more = [o for o in self._candidates.tried_orders if o not in option.orders]
            self._try([replace(option, orders=(*option.orders, o)) for o in more])

    def _climb(self) -> bool:
        """One step uphill over preferences; whether it was one."""
        before = self._best.score
        for option in self._finalists():
            rules = self._candidates.lift(option).rules
            more = preferences(rules, self._base)
            self._try([option.preferring(p) for p in more if p not in option.preferences])
        return self._best.score > before


def _plain_options(orders: tuple[GoalOrder, ...]) -> Iterator[Option]:
    for given in (orders, ()) if orders else ((),):
        yield from _plain_ways(given)


def _plain_ways(orders: tuple[GoalOrder, ...]) -> Iterator[Option]:
    """Every way to run rules without preferences."""
    yield Option("all", orders=orders)
    for folded in (True, False):
        yield Option("nearest", folded, orders)
        yield Option("shortest", folded, orders)
        yield Option("list", folded, orders)
