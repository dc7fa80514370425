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
    from collections.abc import Collection, Iterator

    from planner.engine.model import Model
    from planner.kr.task import RuleBase

__all__ = ["Part", "asks_in_parts", "recursive_guards", "unmet_parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """An atom to be made true, and the facts for which a goal asks for it."""

    atom: Atom
    guards: tuple[Atom, ...]


def asks_in_parts(rules: RuleBase) -> bool:
    """Whether any rule has a ``forall`` of the kind that is met part by part."""
    return next(_universals(rules), None) is not None


def unmet_parts(goal: Atom, rules: RuleBase, true: Model) -> Iterator[Part]:
    """The instances of ``forall`` in the definition of a goal that do not hold, innermost first.

    Args:
        goal: false in the state.
        rules: that derive it.
        true: all facts of the state, derived ones included.
    """
    yield from _unmet(goal, (), rules, true, {goal})


def _unmet(
    goal: Atom, guards: tuple[Atom, ...], rules: RuleBase, true: Model, seen: set[Atom]
) -> Iterator[Part]:
    for head, every in _universals(rules):
        if head.predicate != goal.predicate:
            continue
        places = zip(head.arguments, goal.arguments, strict=True)
        binding = {term.name: value for term, value in places if isinstance(term, Variable)}
        condition = substitute(every.condition, binding)
        for match in true.query(condition):
            (atom,) = _atoms(substitute(every.body, {**binding, **match}))
            if true.holds(atom) or atom in seen:
                continue
            seen.add(atom)
            so_far = (*guards, *_atoms(substitute(condition, match)))
            yield from _unmet(atom, so_far, rules, true, seen)
            yield Part(atom, so_far)


def _atoms(formula: Formula) -> list[Atom]:
    return [part for part in conjuncts(formula) if isinstance(part, Atom)]


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


def recursive_guards(rules: RuleBase) -> Collection[str]:
    """Predicates along which a ``forall`` asks for more of what its rule derives."""
    return {
        every.condition.predicate: None
        for head, every in _universals(rules)
        if isinstance(every.body, Atom)
        and isinstance(every.condition, Atom)
        and every.body.predicate == head.predicate
    }
