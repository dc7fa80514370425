"""A first situation where there is no example to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import Atom, conjuncts
from planner.kr.terms import VALUE_TYPES, Variable
from planner.learn.tasks.goal_shape import GoalPattern, GoalShape
from planner.learn.tasks.situation import Situation

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from planner.kr.actions import ActionSchema
    from planner.kr.task import RuleBase

__all__ = ["guess_situation"]


def guess_situation(rules: RuleBase, size: int, rng: random.Random) -> tuple[Situation, GoalShape]:
    """Objects of every type that actions use, and facts that make one step an object possible.

    Goals then ask for facts of the kinds that actions add.
    """
    objects = _objects(rules, size)
    facts: dict[Atom, None] = {}
    for name in objects:
        action = rng.choice(rules.actions)
        facts.update(dict.fromkeys(_needed(rules, action, name, objects, rng)))
    derived = rules.derived
    kept = tuple(fact for fact in facts if fact.predicate not in derived)
    return Situation(objects, kept), GoalShape(_added(rules, objects), (), max(1, size))


def _objects(rules: RuleBase, size: int) -> dict[str, str]:
    used = dict.fromkeys(
        kind
        for action in rules.actions
        for parameter in action.parameters
        for kind in parameter.types
        if kind not in VALUE_TYPES
    )
    types = list(used) or ["object"]
    kinds = [types[n % len(types)] for n in range(max(size, len(types)))]
    return {f"{kind}-{number + 1}": kind for number, kind in enumerate(kinds)}


def _needed(
    rules: RuleBase,
    action: ActionSchema,
    name: str,
    objects: Mapping[str, str],
    rng: random.Random,
) -> list[Atom]:
    """The positive conjuncts of a precondition for parameters drawn by type, ``name`` first."""
    binding: dict[str, str] = {}
    for parameter in action.parameters:
        fitting = [
            other
            for other, kind in objects.items()
            if any(rules.is_subtype(kind, wanted) for wanted in parameter.types)
        ]
        if not fitting:
            return []
        use_name = name in fitting and name not in binding.values()
        binding[parameter.name] = name if use_name else rng.choice(fitting)
    found = []
    for part in conjuncts(action.precondition):
        if isinstance(part, Atom):
            arguments = tuple(
                binding.get(a.name, a) if isinstance(a, Variable) else a for a in part.arguments
            )
            if not any(isinstance(a, Variable) for a in arguments):
                found.append(Atom(part.predicate, arguments))
    return found


def _added(rules: RuleBase, objects: Mapping[str, str]) -> tuple[GoalPattern, ...]:
    """One goal pattern for each predicate of arguments that some action adds."""
    patterns: dict[str, GoalPattern] = {}
    for action in rules.actions:
        kinds = {p.name: p.types[0] for p in action.parameters}
        for effect in action.effects:
            names = [a.name if isinstance(a, Variable) else "" for a in effect.atom.arguments]
            known = [_first_type(rules, kinds.get(name, ""), objects) for name in names]
            if effect.positive and names and all(known):
                predicate = effect.atom.predicate
                patterns.setdefault(predicate, GoalPattern(predicate, tuple(known), True, 2))
    return tuple(patterns.values())


def _first_type(rules: RuleBase, wanted: str, objects: Mapping[str, str]) -> str:
    """A type that objects were made of and that fits, or ``""``."""
    fitting = (kind for kind in objects.values() if wanted and rules.is_subtype(kind, wanted))
    return next(fitting, "")
