"""Orders over goals as rules, where something in a task asks which goals are ready."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from planner.engine.modal import order_rules
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
)

if TYPE_CHECKING:
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase, Task

__all__ = ["with_orders"]


def with_orders(task: Task) -> RuleBase:
    """The rule base, with the rules its orders stand for where ``ready`` is read."""
    base = task.rules
    formulas = [task.goal, *(rule.body for rule in base.rules)]
    for action in base.actions:
        formulas += [action.precondition, *(effect.condition for effect in action.effects)]
    if not base.orders or not any(_asks_ready(formula) for formula in formulas):
        return base
    return replace(base, rules=(*base.rules, *order_rules(base.orders)))


def _asks_ready(formula: Formula) -> bool:
    match formula:
        case Modal(mode):
            return mode == "ready"
        case And(parts) | Or(parts):
            return any(_asks_ready(part) for part in parts)
        case Not(body) | Exists(_, body) | Aggregate(_, _, _, body):
            return _asks_ready(body)
        case Forall(_, condition, body):
            return _asks_ready(condition) or _asks_ready(body)
        case Atom() | Closure() | Comparison():
            return False
        case _:
            assert_never(formula)
