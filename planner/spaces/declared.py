"""Equivalences and kept extremes that no step changes, worked out once before there are states.

Step spaces then meet facts only. What a kept extreme depends on must not change: a state's derived
facts are worked out by rules alone. Equivalences that change become rules.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.engine.forward import saturate
from planner.engine.modal import property_rules
from planner.errors import UnsupportedError
from planner.kr.places import NOWHERE
from planner.spaces.conjunctions import dynamic_predicates

if TYPE_CHECKING:
    from planner.engine.forward import Watch
    from planner.kr.rules import Predicate
    from planner.kr.task import Task

__all__ = ["without_declarations"]


def without_declarations(task: Task, meter: Watch | None = None) -> Task:
    """An equal task without equivalences and kept extremes; the same one when it has none.

    Raises:
        UnsupportedError: when actions change an equivalence itself, or what a kept extreme depends
            on, and for foreign predicates.
        RuleFileError: as `planner.engine.forward.saturate` does.
    """
    task = _by_rules(task)
    base = task.rules
    special = [p for p in base.predicates.values() if _word(p)]
    if not special or task.is_deduction:
        return task
    dynamic = dynamic_predicates(base)
    for predicate in special:
        if predicate.name in dynamic or predicate.foreign is not None:
            raise _refusal(predicate, predicate.name in base.fluents)
    static = tuple(rule for rule in base.rules if rule.head.predicate not in dynamic)
    alone = replace(base, rules=static, actions=(), control=(), orders=())
    model = saturate(replace(task, rules=alone), meter=meter)
    names = {predicate.name for predicate in special}
    plain = {
        name: replace(p, keep="", properties=p.properties - {"equivalence"})
        for name, p in base.predicates.items()
    }
    rules = replace(
        base,
        predicates=MappingProxyType(plain),
        facts=tuple(atom for atom in base.facts if atom.predicate not in names),
        rules=tuple(rule for rule in base.rules if rule.head.predicate not in names),
    )
    init = [atom for atom in task.init if atom.predicate not in names]
    init += [atom for predicate in special for atom in model.atoms(predicate.name)]
    return replace(task, rules=rules, init=tuple(init))


def _by_rules(task: Task) -> Task:
    """The task with rules in place of equivalences that change through what they are derived from.

    A state's derived atoms come from rules, so these take a row for every pair that is equal.
    """
    base = task.rules
    if all("equivalence" not in p.properties for p in base.predicates.values()):
        return task
    dynamic = dynamic_predicates(base) - base.fluents
    only = frozenset({"equivalence"})
    changing = [p for p in base.predicates.values() if p.properties & only and p.name in dynamic]
    if not changing or task.is_deduction:
        return task
    plain = {p.name: replace(p, properties=p.properties - only) for p in changing}
    rules = replace(
        base,
        predicates=MappingProxyType({**base.predicates, **plain}),
        rules=(*base.rules, *property_rules(replace(p, properties=only) for p in changing)),
    )
    return replace(task, rules=rules)


def _refusal(predicate: Predicate, is_changed: bool) -> UnsupportedError:
    name, word = predicate.name, _word(predicate)
    if predicate.foreign is not None:
        what = f"`{name}` is computed by a function, which tasks with actions do not support"
        hint = "state its facts in the task"
    elif is_changed:
        what = f"`{name}` is declared `{word}`, and actions change it"
        hint = f"let actions change another predicate, and derive `{name}` from that by a rule"
    else:
        what = f"`{name}` is declared `{word}`, and actions change what it depends on"
        hint = "let `cost:` add the numbers up, or let it rest on facts that stay"
    found = Diagnostic("unsupported", what, predicate.span or NOWHERE, hint)
    return UnsupportedError("in tasks with actions this is not supported", [found])


def _word(predicate: Predicate) -> str:
    """The declaration that states cannot heed, as it is written."""
    if predicate.keep:
        return f"keep: {predicate.keep}"
    if predicate.foreign is not None:
        return "foreign"
    return "equivalence" if "equivalence" in predicate.properties else ""
