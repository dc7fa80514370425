"""Leave out learned rules that another rule covers.

A rule covers another when some choice of its variables gives the other's goal and steps and asks
for no more. A walk from a place to the same place is no step: so the rule that walks to a parcel
covers the one for a parcel that is here already.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.control import ControlStep
    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression
    from planner.learn.rules.lifting import LearnedRule

__all__ = ["covers", "without_covered"]

_Substitution: TypeAlias = "dict[str, Expression]"


def without_covered(rules: Sequence[LearnedRule], base: RuleBase) -> list[LearnedRule]:
    """The rules that no other rule covers; of rules that cover each other the first."""
    typed = {rule: _with_implied(rule, base) for rule in rules}
    kept: list[LearnedRule] = []
    for rule in rules:
        if not any(covers(other, typed[rule]) for other in kept):
            kept = [other for other in kept if not covers(rule, typed[other])]
            kept.append(rule)
    return kept


def _with_implied(rule: LearnedRule, base: RuleBase) -> LearnedRule:
    """The rule with the types and the closures that its atoms imply written out."""
    implied: dict[Atom, None] = dict.fromkeys(rule.positive)
    for atom in (rule.goal, *rule.positive):
        declared = base.predicates.get(atom.predicate)
        for argument, types in zip(
            atom.arguments, declared.types if declared is not None else (), strict=False
        ):
            if len(types) == 1:
                implied.update((Atom(t, (argument,)), None) for t in base.supertypes(types[0]))
    return replace(rule, positive=tuple(implied), closures=tuple(_closures(rule)))


def _closures(rule: LearnedRule) -> dict[Atom, None]:
    """What the links of a condition reach in one or more steps."""
    links = [a for a in rule.positive if len(a.arguments) == 2]
    found = dict.fromkeys((*rule.closures, *links))
    while True:
        new = [
            Atom(a.predicate, (a.arguments[0], b.arguments[1]))
            for a in found
            for b in found
            if a.predicate == b.predicate and a.arguments[1] == b.arguments[0]
        ]
        before = len(found)
        found.update(dict.fromkeys(new))
        if len(found) == before:
            return found


def covers(general: LearnedRule, special: LearnedRule) -> bool:
    """Whether wherever ``special`` applies ``general`` applies with the same steps."""
    start = _match(general.goal, special.goal, {})
    if start is None:
        return False
    return any(
        _conditions_hold(general, special, skipped, binding)
        for binding, skipped in _match_steps(general.steps, special.steps, start)
    )


def _match_steps(
    general: Sequence[ControlStep], special: Sequence[ControlStep], binding: _Substitution
) -> Iterator[tuple[_Substitution, tuple[WalkPattern, ...]]]:
    """Substitutions with the walks of ``general`` that must then be of no steps."""
    if not general:
        if not special:
            yield binding, ()
        return
    step, rest = general[0], general[1:]
    if isinstance(step, WalkPattern):
        for found, skipped in _match_steps(rest, special, binding):
            yield found, (step, *skipped)
    if special:
        extended = _match_step(step, special[0], binding)
        if extended is not None:
            yield from _match_steps(rest, special[1:], extended)


def _value(term: Expression, binding: _Substitution) -> Expression | None:
    return binding.get(term.name) if isinstance(term, Variable) else term


def _match_step(
    general: ControlStep, special: ControlStep, binding: _Substitution
) -> _Substitution | None:
    match general, special:
        case StepPattern(one, arguments), StepPattern(other, values) if one == other:
            return _match_terms(arguments, values, binding)
        case WalkPattern(), WalkPattern() if general.predicate == special.predicate:
            if (general.mover is None) != (special.mover is None):
                return None
            terms = [general.start, general.end]
            ends = [special.start, special.end]
            if general.mover is not None and special.mover is not None:
                terms.append(general.mover)
                ends.append(special.mover)
            return _match_terms(terms, ends, binding)
        case _:
            return None


def _match_terms(
    terms: Sequence[Expression], values: Sequence[Expression], binding: _Substitution
) -> _Substitution | None:
    if len(terms) != len(values):
        return None
    extended = dict(binding)
    for term, value in zip(terms, values, strict=True):
        if not isinstance(term, Variable):
            if term != value:
                return None
        elif extended.setdefault(term.name, value) != value:
            return None
    return extended


def _match(general: Atom, special: Atom, binding: _Substitution) -> _Substitution | None:
    if general.predicate != special.predicate:
        return None
    return _match_terms(general.arguments, special.arguments, binding)


def _conditions_hold(
    general: LearnedRule,
    special: LearnedRule,
    skipped: Sequence[WalkPattern],
    binding: _Substitution,
) -> bool:
    wanted = [(atom, special.positive) for atom in general.positive]
    wanted += [(atom, special.closures) for atom in general.closures]
    wanted += [(atom, special.negative) for atom in general.negative]
    return any(
        _distinct_hold(general, special, found)
        and all(_value(walk.start, found) == _value(walk.end, found) for walk in skipped)
        for found in _satisfied(wanted, binding)
    )


def _satisfied(
    wanted: Sequence[tuple[Atom, Sequence[Atom]]], binding: _Substitution
) -> Iterator[_Substitution]:
    if not wanted:
        yield binding
        return
    # The atom with the most known arguments first, so that few choices are tried in vain.
    best = max(
        range(len(wanted)),
        key=lambda i: sum(_value(a, binding) is not None for a in wanted[i][0].arguments),
    )
    atom, given = wanted[best]
    rest = [*wanted[:best], *wanted[best + 1 :]]
    for candidate in given:
        extended = _match(atom, candidate, binding)
        if extended is not None:
            yield from _satisfied(rest, extended)


def _distinct_hold(general: LearnedRule, special: LearnedRule, binding: _Substitution) -> bool:
    given = {frozenset(map(str, pair)) for pair in special.distinct}
    pairs = ((_value(a, binding), _value(b, binding)) for a, b in general.distinct)
    return all(frozenset(map(str, pair)) in given for pair in pairs)
