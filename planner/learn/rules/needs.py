"""What the steps of a rule ask for themselves, whatever comes after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import Atom
from planner.kr.terms import Variable
from planner.learn.rules.schemas import readings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression
    from planner.learn.rules.lifting import LearnedRule

__all__ = ["needed_by_steps"]


def needed_by_steps(rule: LearnedRule, base: RuleBase) -> set[Atom]:
    """What must hold for the steps of a rule to be legal, types included.

    Of steps with an ``or`` what any way to meet it asks for.
    """
    actions = {action.name: action for action in base.actions}
    needed: set[Atom] = set()
    for step in rule.steps:
        if isinstance(step, WalkPattern):
            needed |= {a for a in rule.positive if a.predicate == step.predicate}
        elif isinstance(step, StepPattern):
            for form in readings_of(actions[step.action]):
                names = (parameter.name for parameter in form.parameters)
                binding = dict(zip(names, step.arguments, strict=False))
                needed |= {_filled(atom, binding) for atom in form.positive}
    # A type says what a variable of a step may be.
    return needed | {
        a for a in rule.positive if len(a.arguments) == 1 and a.predicate in base.types
    }


def _filled(atom: Atom, binding: Mapping[str, Expression]) -> Atom:
    return Atom(
        atom.predicate,
        tuple(binding.get(a.name, a) if isinstance(a, Variable) else a for a in atom.arguments),
    )
