"""Rules for a first step: what of a plan's conditions still matters once the rest is left out.

The steps that follow need objects of their own, most of which the objects of the first step can
stand for: one market to buy at is as good as three. Levels and numbers come in chains of a static
relation, whose length is the number of steps to come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom
from planner.kr.terms import Variable
from planner.learn.rules.lifting import find_chain, first_step, renumbered, terms_of, uses_of
from planner.learn.rules.needs import needed_by_steps

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from planner.kr.control import ControlStep
    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression
    from planner.learn.rules.lifting import LearnedRule

__all__ = ["bare_first_step", "planned_first_step"]

_WORK = 400
"""Atoms compared to find out whether other objects can stand for one; else it stays."""


def planned_first_step(rule: LearnedRule, base: RuleBase) -> LearnedRule:
    """The first step of a rule under the conditions of its plan, as few as say the same.

    ``p(a, b), p(b, c)`` becomes ``p+(a, c)``, and a variable goes when others can stand for it.
    """
    rule, kept = _cut(rule, first_step(rule.steps))
    before = None
    while rule != before:
        before = rule
        folded = _folded(rule, kept, base)
        while folded is not None:
            rule, folded = folded, _folded(folded, kept, base)
        rule = _reduced(rule, kept)
    uses = _uses(rule)
    uses.update(kept)
    # A type of a variable that nothing else speaks of says only that such an object exists.
    typed = (a for a in rule.positive if a.predicate not in base.types or uses[a.arguments[0]] > 1)
    return renumbered(replace(rule, positive=tuple(typed)), base)


def bare_first_step(rule: LearnedRule, base: RuleBase) -> LearnedRule:
    """The first step of a rule under no more conditions than make it legal.

    What it is good for is no longer said, only how many steps its plan takes.
    """
    *walks, real = first_step(rule.steps)
    if isinstance(real, StepPattern):
        # Another one's walk was to serve a later step.
        walks = [w for w in walks if _moves_one_of(w, real)]
    rule, kept = _cut(rule, (*walks, real))
    needed = needed_by_steps(rule, base)
    positive = tuple(a for a in rule.positive if a in needed and kept.issuperset(a.arguments))
    negative = tuple(a for a in rule.negative if kept.issuperset(a.arguments))
    return renumbered(replace(rule, positive=positive, negative=negative), base)


def _moves_one_of(walk: object, step: StepPattern) -> bool:
    return isinstance(walk, WalkPattern) and (walk.mover is None or walk.mover in step.arguments)


def _cut(
    rule: LearnedRule, steps: tuple[ControlStep, ...]
) -> tuple[LearnedRule, frozenset[Expression]]:
    """The rule with these steps alone, and the terms of its goal and steps."""
    kept = frozenset((*rule.goal.arguments, *(t for step in steps for t in terms_of(step))))
    distinct = tuple(pair for pair in rule.distinct if kept.issuperset(pair))
    return replace(rule, steps=steps, distinct=distinct), kept


def _uses(rule: LearnedRule) -> Counter[Expression]:
    """In how many conditions each term occurs."""
    return uses_of((*rule.positive, *rule.closures, *rule.negative))


def _folded(rule: LearnedRule, kept: frozenset[Expression], base: RuleBase) -> LearnedRule | None:
    """The rule with one chain shorter by a link, ``None`` without one."""
    uses = _uses(rule)
    for closure in rule.closures:
        # That something follows in one or more steps says that something follows in one.
        if any(uses[term] == 1 and term not in kept for term in closure.arguments):
            closures = tuple(a for a in rule.closures if a != closure)
            return replace(rule, closures=closures, positive=(*rule.positive, closure))
    links = [a for a in (*rule.positive, *rule.closures) if _is_link(a, base)]
    pair = find_chain(links, uses, kept)
    if pair is None:
        return None
    first, second = pair
    positive = tuple(a for a in rule.positive if a not in pair)
    closures = tuple(a for a in rule.closures if a not in pair)
    chain = Atom(first.predicate, (first.arguments[0], second.arguments[1]))
    return replace(rule, positive=positive, closures=(*closures, chain))


def _is_link(atom: Atom, base: RuleBase) -> bool:
    """Whether an atom may be part of a chain."""
    known = base.predicates.get(atom.predicate)
    if known is None or known.arity != 2 or atom.predicate in base.derived:
        return False
    first, second = known.types
    return first == second


@dataclass(frozen=True, slots=True)
class _Condition:
    """An atom with the part of the rule it belongs to."""

    part: str
    atom: Atom


def _conditions(rule: LearnedRule) -> list[_Condition]:
    parts = {"positive": rule.positive, "closures": rule.closures, "negative": rule.negative}
    return [_Condition(part, atom) for part, atoms in parts.items() for atom in atoms]


def _reduced(rule: LearnedRule, kept: frozenset[Expression]) -> LearnedRule:
    """The rule without the variables that others can stand for."""
    tried: set[Expression] = set()
    while True:
        conditions = _conditions(rule)
        free = (
            term
            for condition in reversed(conditions)
            for term in reversed(condition.atom.arguments)
            if isinstance(term, Variable) and term not in kept and term not in tried
        )
        variable = next(free, None)
        if variable is None:
            return rule
        gone = _replaceable(variable, conditions, kept)
        if not gone:
            tried.add(variable)
        rule = replace(
            rule,
            positive=tuple(a for a in rule.positive if _Condition("positive", a) not in gone),
            closures=tuple(a for a in rule.closures if _Condition("closures", a) not in gone),
            negative=tuple(a for a in rule.negative if _Condition("negative", a) not in gone),
        )


def _replaceable(
    variable: Variable, conditions: Sequence[_Condition], kept: frozenset[Expression]
) -> set[_Condition]:
    """Conditions that go without saying when another term stands for a variable; often none."""
    about = _component(variable, conditions, kept)
    targets: dict[tuple[str, str], list[Atom]] = {}
    for condition in conditions:
        part, atom = condition.part, condition.atom
        if variable not in atom.arguments:
            targets.setdefault((part, atom.predicate), []).append(atom)
            if part == "positive":
                # A link is a chain, too.
                targets.setdefault(("closures", atom.predicate), []).append(atom)
    found = _Standing(targets, kept).find(about, {})
    if found is None:
        return set()
    images = {
        _Condition(c.part, Atom(c.atom.predicate, tuple(found.get(t, t) for t in c.atom.arguments)))
        for c in about
    }
    return {condition for condition in about if condition not in images}


def _component(
    start: Variable, conditions: Sequence[_Condition], kept: frozenset[Expression]
) -> list[_Condition]:
    """The conditions that hang together with a variable through variables that are not kept."""
    found: dict[_Condition, None] = {}
    queue: list[Expression] = [start]
    for term in queue:
        for condition in conditions:
            if term in condition.atom.arguments and condition not in found:
                found[condition] = None
                queue += (
                    t for t in condition.atom.arguments if isinstance(t, Variable) and t not in kept
                )
    return list(found)


class _Standing:
    """Terms that can stand for variables so that what is said of these is said already.

    Args:
        targets: what is said otherwise, by part and predicate.
        kept: terms that stand for themselves.
    """

    def __init__(
        self, targets: Mapping[tuple[str, str], Sequence[Atom]], kept: frozenset[Expression]
    ) -> None:
        self._targets = targets
        self._kept = kept
        self._work = _WORK

    def find(
        self, conditions: Sequence[_Condition], binding: dict[Expression, Expression]
    ) -> dict[Expression, Expression] | None:
        """Such terms by variable, ``None`` where there are none or the search takes long."""
        if not conditions:
            return binding
        best = max(range(len(conditions)), key=lambda i: self._known(conditions[i], binding))
        condition = conditions[best]
        rest = [*conditions[:best], *conditions[best + 1 :]]
        for target in self._targets.get((condition.part, condition.atom.predicate), ()):
            self._work -= 1
            if self._work < 0:
                return None
            extended = self._matched(condition.atom, target, binding)
            found = None if extended is None else self.find(rest, extended)
            if found is not None:
                return found
        return None

    def _known(self, condition: _Condition, binding: Mapping[Expression, Expression]) -> float:
        """The part of the arguments that is known."""
        arguments = condition.atom.arguments
        known = sum(t in binding or self._stands_for_itself(t) for t in arguments)
        return known / max(1, len(arguments))

    def _stands_for_itself(self, term: Expression) -> bool:
        return term in self._kept or not isinstance(term, Variable)

    def _matched(
        self, atom: Atom, target: Atom, binding: Mapping[Expression, Expression]
    ) -> dict[Expression, Expression] | None:
        extended = dict(binding)
        for term, value in zip(atom.arguments, target.arguments, strict=True):
            known = term if self._stands_for_itself(term) else extended.setdefault(term, value)
            if known != value:
                return None
        return extended
