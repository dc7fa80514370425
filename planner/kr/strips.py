"""The conjunctive core of action schemas: literals in, literals out.

Regression, walks and lifted execution work on actions whose precondition is a conjunction of
literals and whose effects are unconditional; the other actions have no such form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, Atom, Comparison, Not, conjuncts

if TYPE_CHECKING:
    from planner.kr.actions import ActionSchema
    from planner.kr.terms import TypedVariable

__all__ = ["StripsSchema", "strips_form"]


@dataclass(frozen=True, slots=True)
class StripsSchema:
    """An action as lists of literals over its parameters.

    Attributes:
        positive, negative: atoms that must be true, and that must be false.
        tests: equalities, inequalities and other comparisons.
        add, delete: atoms made true, and made false.
    """

    action: ActionSchema
    parameters: tuple[TypedVariable, ...]
    positive: tuple[Atom, ...]
    negative: tuple[Atom, ...]
    tests: tuple[Comparison, ...]
    add: tuple[Atom, ...]
    delete: tuple[Atom, ...]

    @property
    def name(self) -> str:
        """Name of the action."""
        return self.action.name


def strips_form(action: ActionSchema) -> StripsSchema | None:
    """The conjunctive form of an action, or ``None`` when it has none."""
    if action.creates:
        return None
    positive: list[Atom] = []
    negative: list[Atom] = []
    tests: list[Comparison] = []
    for part in conjuncts(action.precondition):
        match part:
            case Atom():
                positive.append(part)
            case Not(Atom() as atom):
                negative.append(atom)
            case Comparison():
                tests.append(part)
            case Not(Comparison("=", left, right)):
                tests.append(Comparison("!=", left, right))
            case _:
                return None
    if any(e.condition != TRUE or e.variables for e in action.effects):
        return None
    add = tuple(e.atom for e in action.effects if e.positive)
    delete = tuple(e.atom for e in action.effects if not e.positive)
    return StripsSchema(
        action, action.parameters, tuple(positive), tuple(negative), tuple(tests), add, delete
    )
