"""What a goal asks for part by part: a rule with ``forall`` asks for many atoms at once.

A dish is ready when all its ingredients are prepared. Its plan is as long as its list of
ingredients; a rule that prepares one of them serves dishes of any length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.formulas import (
    TRUE,
    And,
    Atom,
    Forall,
    Formula,
    conjuncts,
    free_variables,
    substitute,
)
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression

__all__ = ["Part", "asks_in_parts", "recursive_guards", "unmet_parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """An atom to be made true, and the facts for which a goal asks for it."""

    atom: Atom
    guards: tuple[Atom, ...]


def asks_in_parts(rules: RuleBase) -> bool:
    """Whether any rule has a ``forall`` of the kind that is met part by part."""
    return next(_universals(rules), None) is not None


def unmet_parts(goal: Atom, rules: RuleBase, facts: Sequence[Atom]) -> Iterator[Part]:
    """The instances of ``forall`` in the definition of a goal that do not hold, innermost first.

    Args:
        goal: false where the facts hold.
        rules: that derive it.
        facts: all of a state, derived ones included.
    """
    yield from _unmet(goal, (), rules, facts, frozenset(facts), {goal})


def _unmet(
    goal: Atom,
    guards: tuple[Atom, ...],
    rules: RuleBase,
    facts: Sequence[Atom],
    true: frozenset[Atom],
    seen: set[Atom],
) -> Iterator[Part]:
    for head, every in _universals(rules):
        if head.predicate != goal.predicate:
            continue
        binding = dict(
            (h.name, value)
            for h, value in zip(head.arguments, goal.arguments, strict=True)
            if isinstance(h, Variable)
        )
        wanted = substitute(every.body, binding)
        asked = [a for a in conjuncts(substitute(every.condition, binding)) if isinstance(a, Atom)]
        for match in _matches(asked, facts, {}):
            atom, found = substitute(wanted, match), [substitute(a, match) for a in asked]
            if not isinstance(atom, Atom) or atom in true or atom in seen:
                continue
            seen.add(atom)
            so_far = (*guards, *(a for a in found if isinstance(a, Atom)))
            yield from _unmet(atom, so_far, rules, facts, true, seen)
            yield Part(atom, so_far)


def _universals(rules: RuleBase) -> Iterator[tuple[Atom, Forall]]:
    """Heads with a ``forall`` in their bodies that asks for one atom wherever atoms hold."""
    for rule in rules.rules:
        for part in conjuncts(rule.body):
            if not isinstance(part, Forall) or not isinstance(part.body, Atom):
                continue
            guards = conjuncts(part.condition)
            bound = {v.name for v in part.variables}
            said = set(free_variables(And(guards)))
            of_head = {a.name for a in rule.head.arguments if isinstance(a, Variable)}
            if (
                part.condition != TRUE
                and all(isinstance(guard, Atom) for guard in guards)
                and bound <= said <= bound | of_head
                and set(free_variables(part.body)) <= said | of_head
            ):
                yield rule.head, part


def _matches(
    asked: Sequence[Formula], facts: Sequence[Atom], binding: Mapping[str, Expression]
) -> Iterator[Mapping[str, Expression]]:
    """The bindings under which all atoms are facts."""
    if not asked:
        yield binding
        return
    first = substitute(asked[0], binding)
    assert isinstance(first, Atom)
    for fact in facts:
        if fact.predicate == first.predicate:
            found = _match(first, fact)
            if found is not None:
                yield from _matches(asked[1:], facts, {**binding, **found})


def _match(pattern: Atom, fact: Atom) -> dict[str, Expression] | None:
    found: dict[str, Expression] = {}
    for term, value in zip(pattern.arguments, fact.arguments, strict=True):
        if isinstance(term, Variable):
            if found.setdefault(term.name, value) != value:
                return None
        elif term != value:
            return None
    return found


def recursive_guards(rules: RuleBase) -> Collection[str]:
    """Predicates along which a ``forall`` asks for more of what its rule derives."""
    return {
        every.condition.predicate: None
        for head, every in _universals(rules)
        if isinstance(every.body, Atom)
        and isinstance(every.condition, Atom)
        and every.body.predicate == head.predicate
    }
