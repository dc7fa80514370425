"""What regression reads of an action: literals, one reading for each way its precondition can hold.

Control rules suggest steps that are legal or not taken, so a condition that no literal says may
be left out: the rule is then asked more often than it helps, and never wrong.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, And, Atom, Comparison, Not, Or, conjoin
from planner.kr.strips import strips_form
from planner.kr.terms import TypedVariable, Variable
from planner.spaces.parameters import implicit_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.kr.actions import ActionSchema
    from planner.kr.formulas import Formula
    from planner.kr.strips import StripsSchema

__all__ = ["readings_of"]

_MOST = 16
"""Ways to hold that are told apart; of more, disjunctions are left out."""


def readings_of(action: ActionSchema) -> tuple[StripsSchema, ...]:
    """The literals of an action, over its printed parameters, implicit ones included.

    One for each way in which a disjunction may hold; what happens only under a condition is left
    out. None for actions that create objects.
    """
    if action.creates:
        return ()
    implicit = tuple(TypedVariable(name) for name in implicit_parameters(action))
    named = {p.name for p in (*action.parameters, *implicit)}
    always = tuple(e for e in action.effects if e.condition == TRUE and not e.variables)
    ways = list(_ways(action.precondition))
    if len(ways) > _MOST:
        ways = [tuple(p for p in ways[0] if all(p in way for way in ways))]
    found = []
    for way in ways:
        literals = [part for part in way if _is_literal(part, named)]
        form = strips_form(replace(action, precondition=conjoin(*literals), effects=always))
        assert form is not None, "literals are a conjunctive form"
        parameters = (*form.parameters, *implicit)
        found.append(replace(form, action=action, parameters=parameters))
    return tuple(found)


def _ways(formula: Formula) -> Iterator[tuple[Formula, ...]]:
    """The disjuncts of a formula, each the parts of a conjunction."""
    match formula:
        case And(parts):
            for chosen in product(*(tuple(_ways(part)) for part in parts)):
                yield tuple(part for way in chosen for part in way)
        case Or(parts):
            for part in parts:
                yield from _ways(part)
        case _:
            yield (formula,)


def _is_literal(formula: Formula, named: set[str]) -> bool:
    """Whether it is a literal or a comparison that has a place in a conjunctive form."""
    match formula:
        case Atom(_, arguments) | Not(Atom(_, arguments)):
            return all(a.name in named for a in arguments if isinstance(a, Variable))
        case Comparison() | Not(Comparison("=")):
            return True
        case _:
            return False
