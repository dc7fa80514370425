"""Control rules that somebody proposes are tried on training tasks, and kept where they help.

A proposal has the form of ``learned.yaml``: control rules, goal orders, and derived predicates of
its own for these to read. It can be wrong in any way: what does not help is refused with the
place of the mistake, or with a task on which it does harm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from planner.errors import InputError, RuleFileError, UnsupportedError
from planner.io.dump import dump_task
from planner.io.learned_file import LearnedFile, load_learned_text
from planner.io.report import to_text
from planner.kr.terms import VALUE_TYPES
from planner.learn.rules.condense import LONGER
from planner.learn.rules.options import Advice
from planner.learn.rules.trial import Course, Score

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from planner.kr.control import ControlRule
    from planner.kr.rules import Predicate, Rule
    from planner.kr.task import RuleBase, Task

__all__ = ["Standing", "Trials", "Verdict"]

_T = TypeVar("_T")

_FENCE = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Standing:
    """Advice, and the length of its plan for each task, ``None`` without one."""

    advice: Advice
    lengths: tuple[int | None, ...]

    @property
    def score(self) -> Score:
        """Tasks solved, and the sum of the lengths."""
        solved = [length for length in self.lengths if length is not None]
        return Score(len(solved), -sum(solved))

    def beats(self, other: Standing) -> bool:
        """Whether more is solved, or plans are shorter, or fewer rules do nearly as well."""
        if self.score > other.score:
            return True
        as_good = (
            self.score.solved == other.score.solved
            and self.score.length >= LONGER * other.score.length
        )
        return as_good and len(self.advice.control) < len(other.advice.control)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a proposal.

    Attributes:
        standing: with what is kept of it; ``None`` where it does not help.
        told: what the one who proposed it is told.
    """

    standing: Standing | None
    told: str


class Trials:
    """Tries proposals on tasks of one rule base.

    Args:
        base: the rule base; its own control rules and orders have no part in the trials.
        tasks: what advice is tried on.
        author: who proposes, as it is written beside what is kept.
        in_time: False once a proposal is tried in one way only.
    """

    def __init__(
        self,
        base: RuleBase,
        tasks: Sequence[Task],
        author: str,
        in_time: Callable[[], bool] = lambda: True,
    ) -> None:
        self._base = replace(base, control=(), orders=())
        self._tasks = sorted(tasks, key=lambda task: len(task.objects))
        self._author, self._in_time = author, in_time

    def __len__(self) -> int:
        return len(self._tasks)

    def standing(self, advice: Advice) -> Standing:
        """How advice fares."""
        return Standing(advice, tuple(self._course(advice).lengths(advice)))

    def weakness(self, standing: Standing) -> str:
        """A task that advice does not solve, or the one with its longest plan, and what it does."""
        lengths = standing.lengths
        unsolved = [number for number, length in enumerate(lengths) if length is None]
        number = (
            unsolved[0] if unsolved else max(range(len(lengths)), key=lambda n: lengths[n] or 0)
        )
        return self._story(number, standing.advice)

    def examine(self, text: str, before: Standing) -> Verdict:
        """Read a proposal, and try it before, behind and instead of the advice there is."""
        try:
            proposal = load_learned_text(_yaml_of(text), self._base, "your answer")
        except RuleFileError as error:
            return Verdict(None, "It cannot be read:\n" + to_text(error.diagnostics))
        if not proposal.control and not proposal.orders:
            return Verdict(None, "It holds neither `control:` nor `order:`.")
        # Over objects there are only so many facts; over numbers rules might derive without end.
        counting = [p.name for p in proposal.predicates if _has_values(p)]
        if counting:
            return Verdict(
                None, f"Declare predicates of objects only: `{counting[0]}` has numbers."
            )
        try:
            # What was asked for is tried in one way at least, however late it is.
            tried = [
                self.standing(a)
                for number, a in enumerate(self._ways(before.advice, proposal))
                if number == 0 or self._in_time()
            ]
        except (InputError, UnsupportedError) as error:
            return Verdict(None, f"It cannot be followed: {error}")
        if not tried:
            return Verdict(None, "It defines a predicate in a second way, and has no `control:`.")
        best = max(tried, key=lambda standing: standing.score)
        helping = [standing for standing in tried if standing.beats(before)]
        if not helping:
            return Verdict(None, self._counterexample(best, before))
        best = max(helping, key=lambda standing: standing.score)
        kept = self._pruned(best, proposal, before)
        return Verdict(kept, f"It helps, and is kept: {self.summary(kept)}")

    def without_idle(self, advice: Advice, tasks: Sequence[Task]) -> Advice:
        """Without the rules that are never chosen on any of some tasks."""
        course = self._course(advice, tasks)
        chosen = course.fired(advice)
        control = tuple(rule for n, rule in enumerate(advice.control) if chosen[n])
        return replace(advice, control=control)

    def summary(self, standing: Standing) -> str:
        """How many tasks are solved, in how many steps."""
        score = standing.score
        return (
            f"{len(standing.advice.control)} control rules solve {score.solved} of {len(self)} "
            f"tasks without search, {-score.length} steps in all."
        )

    def _ways(self, advice: Advice, proposal: LearnedFile) -> Iterator[Advice]:
        own = _named(proposal.control, advice.control)
        sources = {rule.name: self._author for rule in own}
        behind, before = _ranks(advice.control), _ranks(own)
        more = replace(
            advice,
            orders=_joined(advice.orders, proposal.orders),
            sources={**advice.sources, **sources},
            predicates=_joined(advice.predicates, proposal.predicates),
            rules=_joined(advice.rules, proposal.rules),
        )
        # One predicate that is defined in two ways would mean neither.
        known = {predicate.name for predicate in advice.predicates}
        shared = known & {predicate.name for predicate in proposal.predicates}
        if _defining(advice.rules, shared) == _defining(proposal.rules, shared):
            yield replace(more, control=(*own, *_shifted(advice.control, before)))
            if advice.control:
                yield replace(more, control=(*advice.control, *_shifted(own, behind)))
        if advice.control and own:
            yield Advice(own, proposal.orders, sources, proposal.predicates, proposal.rules)

    def _pruned(self, standing: Standing, proposal: LearnedFile, before: Standing) -> Standing:
        """Without those of the proposed rules that change nothing."""
        proposed = [rule for rule in standing.advice.control if rule.name not in
                    {known.name for known in before.advice.control}]  # fmt: skip
        for rule in proposed:
            rest = tuple(other for other in standing.advice.control if other is not rule)
            if not rest or not self._in_time():
                break
            without = self.standing(replace(standing.advice, control=rest))
            if without.score >= standing.score:
                standing = without
        return standing

    def _counterexample(self, found: Standing, before: Standing) -> str:
        """The smallest task on which a proposal does harm, or else leaves something to wish."""
        pairs = enumerate(zip(found.lengths, before.lengths, strict=True))
        worse = [n for n, (new, old) in pairs if old is not None and (new is None or new > old)]
        lines = [f"It does not help: with it {self.summary(found)} Before: {self.summary(before)}"]
        if worse:
            length = before.lengths[worse[0]]
            lines.append(f"Here {length} steps were enough before:")
            lines.append(self._story(worse[0], found.advice))
        else:
            lines.append(self.weakness(found))
        return "\n".join(lines)

    def _story(self, number: int, advice: Advice) -> str:
        task = replace(self._tasks[number], name=f"task {number + 1}")
        return (
            f"{dump_task(task, 'as given')}\nWhat the rules do on this task:\n"
            f"{self._course(advice).told(number, advice)}"
        )

    def _course(self, advice: Advice, tasks: Sequence[Task] = ()) -> Course:
        """Tasks, those of the trials if not others, with what the control rules read."""
        own = LearnedFile(
            advice.control, advice.orders, "", predicates=advice.predicates, rules=advice.rules
        )
        rules = own.added_to(self._base)
        return Course([replace(task, rules=rules) for task in tasks or self._tasks])


def _has_values(predicate: Predicate) -> bool:
    return any(name in VALUE_TYPES for names in predicate.types for name in names)


def _yaml_of(text: str) -> str:
    """What stands between fences, or the whole answer."""
    found = _FENCE.findall(text)
    return "\n".join(found) if found else text


def _named(own: Sequence[ControlRule], others: Sequence[ControlRule]) -> tuple[ControlRule, ...]:
    """Rules under names that nobody else has."""
    taken = {rule.name for rule in others}
    found = []
    for number, rule in enumerate(own, start=1):
        name = rule.name or f"proposed-{number}"
        while name in taken:
            name += "-new"
        taken.add(name)
        found.append(replace(rule, name=name))
    return tuple(found)


def _joined(first: tuple[_T, ...], second: tuple[_T, ...]) -> tuple[_T, ...]:
    return first + tuple(value for value in second if value not in first)


def _defining(rules: Sequence[Rule], names: Collection[str]) -> list[Rule]:
    return [rule for rule in rules if rule.head.predicate in names]


def _ranks(rules: Sequence[ControlRule]) -> int:
    return 1 + max((rule.rank for rule in rules), default=-1)


def _shifted(rules: Sequence[ControlRule], ranks: int) -> tuple[ControlRule, ...]:
    return tuple(replace(rule, rank=rule.rank + ranks) for rule in rules)
