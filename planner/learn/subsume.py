"""Leave out learned rules that another rule covers.

A rule covers another when some choice of its variables gives the other's goal and steps and asks
for no more. A walk from a place to the same place is no step: so the rule that walks to a parcel
covers the one for a parcel that is here already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.control import ControlStep
    from planner.kr.formulas import Atom
    from planner.kr.terms import Expression
    from planner.learn.lifting import LearnedRule

__all__ = ["covers", "without_covered"]

_Substitution: TypeAlias = "dict[str, Expression]"


def without_covered(rules: Sequence[LearnedRule]) -> list[LearnedRule]:
    """The rules that no other rule covers; of rules that cover each other the first."""
    kept: list[LearnedRule] = []
    for rule in rules:
        if not any(covers(other, rule) for other in kept):
            kept = [other for other in kept if not covers(rule, other)]
            kept.append(rule)
    return kept


def covers(general: LearnedRule, special: LearnedRule) -> bool:
    """Whether wherever ``special`` applies ``general`` applies with the same steps."""
    start = _match(general.goal, special.goal, {})
    if start is None:
        return False
    return any(
        _conditions_hold(general, special, binding)
        for binding in _match_steps(general.steps, special.steps, start)
    )


def _match_steps(
    general: Sequence[ControlStep], special: Sequence[ControlStep], binding: _Substitution
) -> Iterator[_Substitution]:
    if not general:
        if not special:
            yield binding
        return
    step, rest = general[0], general[1:]
    if isinstance(step, WalkPattern):
        for standing in _merged(step.start, step.end, binding):
            yield from _match_steps(rest, special, standing)
    if special:
        extended = _match_step(step, special[0], binding)
        if extended is not None:
            yield from _match_steps(rest, special[1:], extended)


def _merged(start: Expression, end: Expression, binding: _Substitution) -> Iterator[_Substitution]:
    """Bindings that make both ends of a walk one place."""
    first, second = _value(start, binding), _value(end, binding)
    if first is not None and second is not None:
        if first == second:
            yield binding
    elif first is not None and isinstance(end, Variable):
        yield {**binding, end.name: first}
    elif second is not None and isinstance(start, Variable):
        yield {**binding, start.name: second}
    elif isinstance(start, Variable) and isinstance(end, Variable):
        # Neither end is known yet: the conditions will say; let the end follow the start.
        yield {**binding, end.name: start, start.name: start}


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


def _conditions_hold(general: LearnedRule, special: LearnedRule, binding: _Substitution) -> bool:
    wanted = [(atom, special.positive) for atom in general.positive]
    wanted += [(atom, special.closures) for atom in general.closures]
    wanted += [(atom, special.negative) for atom in general.negative]
    return any(_distinct_hold(general, special, b) for b in _satisfied(wanted, binding))


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
