"""Action schemas and their effects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, Atom, Formula

if TYPE_CHECKING:
    from planner.diagnostics import Span
    from planner.kr.terms import Expression, TypedVariable

__all__ = ["ActionSchema", "Effect"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One literal an action makes true or false.

    All effects of an action happen at once, judged in the state before it; where one adds what
    another deletes, adding wins.

    Attributes:
        atom: its arguments may be arithmetic over bound variables.
        positive: True adds the atom, False deletes it.
        condition: the effect takes place where this holds before the action.
        variables: the effect takes place for every value of these.
    """

    atom: Atom
    positive: bool = True
    condition: Formula = TRUE
    variables: tuple[TypedVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionSchema:
    """An action with variables.

    Attributes:
        parameters: in the order they are printed. Variables that the precondition binds beyond
            these are implicit parameters: each binding is an operator of its own.
        creates: objects the action makes; each step gives them fresh names ``_1``, ``_2``, ...
        cost: at least 0; a number, arithmetic, or the value of a functional predicate.
        text: the sentence for a plan, with ``{x}`` or ``<x>`` for variables, or ``""``.
    """

    name: str
    parameters: tuple[TypedVariable, ...] = ()
    precondition: Formula = TRUE
    effects: tuple[Effect, ...] = ()
    cost: Expression = 1
    creates: tuple[TypedVariable, ...] = ()
    text: str = ""
    span: Span | None = field(default=None, compare=False, repr=False)
