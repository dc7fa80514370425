"""Equivalences and kept extremes that no step changes, worked out once before there are states.

Step spaces then meet facts only. What such a predicate depends on must not change: a state's
derived facts are worked out by rules alone.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.engine.forward import saturate
from planner.errors import UnsupportedError
from planner.spaces.conjunctions import dynamic_predicates

if TYPE_CHECKING:
    from planner.engine.forward import Watch
    from planner.kr.rules import Predicate
    from planner.kr.task import Task

__all__ = ["without_declarations"]


def without_declarations(task: Task, meter: Watch | None = None) -> Task:
    """An equal task without equivalences and kept extremes; the same one when it has none.

    Raises:
        UnsupportedError: when actions change what such a predicate depends on, and for foreign
            predicates.
        RuleFileError: as `planner.engine.forward.saturate` does.
    """
    base = task.rules
    special = [p for p in base.predicates.values() if _word(p)]
    if not special or task.is_deduction:
        return task
    dynamic = dynamic_predicates(base)
    for predicate in special:
        if predicate.name in dynamic or predicate.foreign is not None:
            place = f" ({predicate.span})" if predicate.span else ""
            what = (
                "is computed by a function"
                if predicate.foreign is not None
                else (f"is declared `{_word(predicate)}`, and actions change what it depends on")
            )
            raise UnsupportedError(
                f"in tasks with actions this is not supported: `{predicate.name}`{place} {what}"
            )
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


def _word(predicate: Predicate) -> str:
    """The declaration that states cannot heed, as it is written."""
    if predicate.keep:
        return f"keep: {predicate.keep}"
    if predicate.foreign is not None:
        return "foreign"
    return "equivalence" if "equivalence" in predicate.properties else ""
