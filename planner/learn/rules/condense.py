"""Fewer and simpler learned rules that do as well: what nothing needs is left out.

Regression says what a whole plan needs, much of which does not matter to the first step. A rule
is generalised by leaving conditions out as long as the training tasks are solved as shortly, and
then covers others; rules that never fire are left out, and where there are still too many to read
those that the rest can stand in for.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from planner.learn.rules.lifting import renumbered
from planner.learn.rules.needs import needed_by_steps
from planner.learn.rules.subsume import without_covered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from planner.kr.formulas import Atom
    from planner.kr.task import RuleBase
    from planner.learn.rules.lifting import LearnedRule
    from planner.learn.rules.options import Advice, Lift, Option
    from planner.learn.rules.trial import Course

__all__ = ["LONGER", "READABLE", "condense"]

_log = logging.getLogger(__name__)

READABLE = 20
"""So many rules are left as they are: what a larger task may need is worth more than brevity."""

LONGER = 1.02
"""All plans together may be so much longer for the sake of fewer rules to read."""

_SLACK = 0.05
"""A plan may grow by two steps, or by so much of its length."""

_REFUTING = 6


def condense(
    lift: Lift,
    option: Option,
    courses: tuple[Course, Course],
    base: RuleBase,
    in_time: Callable[[], bool],
) -> Lift:
    """A smaller set of rules for an option.

    Args:
        lift: what the option runs now.
        option: how rules are run.
        courses: the tasks that every change is tried on, and others to verify the result on; of
            those that refute it some join the first.
        base: whose actions the rules run.
        in_time: False once the time is up; then only what never fires is left out.
    """
    if len(lift.rules) <= READABLE:
        return lift
    course, others = courses
    advice = option.advice(lift)
    used = _used(lift, option, courses)
    most = _tolerated(others.lengths(advice))
    if course.is_over:
        # Which rules fire was not seen to the end.
        return lift
    while in_time():
        keeps = partial(course.keeps, bounds=_tolerated(course.lengths(advice)))
        found = used
        if option.folded:
            found = _generalised(found, option, keeps, base, in_time)
        if len(found.rules) > READABLE:
            found = _thinned(found, option, keeps, in_time)
        after = others.lengths(option.advice(found))
        worse = [n for n, taken in enumerate(after) if (inf if taken is None else taken) > most[n]]
        _log.info(
            "%d rules condensed to %d; %d tasks refute it", len(advice.control), len(found.rules),
            len(worse),
        )  # fmt: skip
        if not worse:
            return found
        course = course.joined(others, worse[-_REFUTING:])
    # What fires runs on all these tasks as the whole set does.
    return used


def _tolerated(lengths: Sequence[int | None]) -> list[float]:
    """How long each plan may become; of a task that is not solved nothing is asked."""
    return [inf if length is None else length + max(2, _SLACK * length) for length in lengths]


def _used(lift: Lift, option: Option, courses: tuple[Course, ...]) -> Lift:
    """The rules that fire, those that fire most first."""
    ordered = option.ordered(lift)
    counts: Counter[int] = Counter()
    for course in courses:
        counts += course.fired(option.advice(lift))
    return replace(lift, rules=tuple(ordered[number] for number, _ in counts.most_common()))


def _generalised(
    lift: Lift,
    option: Option,
    keeps: Callable[[Advice], bool],
    base: RuleBase,
    in_time: Callable[[], bool],
) -> Lift:
    """Rules without the conditions that make no difference, and without those they then cover."""
    done: set[LearnedRule] = set()
    while True:
        rule = next((rule for rule in lift.rules if rule not in done), None)
        if rule is None or not in_time():
            return lift
        done.add(rule)
        for simpler in _simpler(rule, base):
            if not in_time():
                break
            changed = _with(lift, rule, simpler, base)
            if keeps(option.advice(changed)):
                lift = changed
                # The simpler rule has its turn to become simpler still.
                break


def _with(lift: Lift, rule: LearnedRule, simpler: LearnedRule, base: RuleBase) -> Lift:
    """The set with a rule replaced, and without what the new one covers."""
    support, sources = dict(lift.support), dict(lift.sources)
    support[simpler] = max(support.get(simpler, 0), support[rule])
    sources.setdefault(simpler, sources[rule])
    # The new rule first: of rules that cover each other the first is kept.
    rules = dict.fromkeys([simpler, *(r for r in lift.rules if r != rule)])
    kept = without_covered(tuple(rules), base)
    for covered in rules:
        if covered not in kept:
            support[simpler] += support[covered]
    return replace(lift, support=support, sources=sources, rules=tuple(kept))


def _simpler(rule: LearnedRule, base: RuleBase) -> Iterator[LearnedRule]:
    """The rule with all conditions left out that its steps do not ask for; then with one less."""
    needed = needed_by_steps(rule, base)
    core = frozenset(a for a in rule.positive if a in needed)
    spare = [a for a in (*rule.positive, *rule.closures) if a not in core]
    if len(spare) > 1:
        yield _without(rule, frozenset(spare), base)
    for atom in spare:
        yield _without(rule, frozenset([atom]), base)


def _without(rule: LearnedRule, atoms: frozenset[Atom], base: RuleBase) -> LearnedRule:
    positive = tuple(a for a in rule.positive if a not in atoms)
    closures = tuple(a for a in rule.closures if a not in atoms)
    return renumbered(replace(rule, positive=positive, closures=closures), base)


def _thinned(
    lift: Lift, option: Option, keeps: Callable[[Advice], bool], in_time: Callable[[], bool]
) -> Lift:
    """The rules without those that the others can stand in for, the least used first."""
    for rule in reversed(lift.rules):
        if not in_time():
            break
        fewer = replace(lift, rules=tuple(r for r in lift.rules if r != rule))
        if fewer.rules and keeps(option.advice(fewer)):
            lift = fewer
    return lift
