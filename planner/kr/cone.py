"""What derived predicates rest on: the part of a rule base that a question needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import atoms_of
from planner.kr.terms import FunctionTerm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.kr.task import RuleBase

__all__ = ["changes", "derived_below", "only_advising"]


def derived_below(rules: RuleBase, names: Iterable[str]) -> frozenset[str]:
    """The derived predicates among some, and all derived ones that these rest on."""
    waiting = [name for name in names if name in rules.derived]
    found = set(waiting)
    while waiting:
        below = _read(rules, {waiting.pop()}) & rules.derived
        waiting += below - found
        found |= below
    return frozenset(found)


def changes(rules: RuleBase, name: str) -> bool:
    """Whether a derived predicate depends on what actions change."""
    return bool(_read(rules, derived_below(rules, [name])) & rules.fluents)


def only_advising(rules: RuleBase) -> frozenset[str]:
    """Derived predicates that no action rests on: advice, goals and queries may read them."""
    read = {a.predicate for action in rules.actions for a, _ in atoms_of(action.precondition)}
    effects = (effect for action in rules.actions for effect in action.effects)
    read |= {a.predicate for effect in effects for a, _ in atoms_of(effect.condition)}
    costs = (action.cost for action in rules.actions)
    read |= {cost.predicate for cost in costs if isinstance(cost, FunctionTerm)}
    return rules.derived - derived_below(rules, read)


def _read(rules: RuleBase, heads: Iterable[str]) -> set[str]:
    """The predicates that the rules for some heads read."""
    bodies = [rule.body for rule in rules.rules if rule.head.predicate in heads]
    return {atom.predicate for body in bodies for atom, _ in atoms_of(body)}
