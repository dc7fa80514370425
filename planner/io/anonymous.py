"""Anonymous variables: what ``?`` means where it stands, and how it is written back."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
)
from planner.kr.terms import Expression, TypedVariable, Variable

__all__ = ["close_anonymous", "is_anonymous", "open_anonymous"]


def is_anonymous(expression: Expression) -> bool:
    """Whether a variable was written ``?``."""
    if not isinstance(expression, Variable):
        return False
    return expression.name[:1] == "_" and expression.name[1:].isdecimal()


def close_anonymous(formula: Formula, *, nested: bool) -> Formula:
    """Put ``exists`` around each atom with anonymous variables.

    Those of the outermost conjunction stay free unless ``nested``. As each occurs once, closing
    right at the atom is closing inside the innermost negation.
    """
    match formula:
        case Atom() | Closure() | Modal():
            return _closed(formula) if nested else formula
        case Comparison():
            return formula
        case Aggregate(_, _, _, body):
            return replace(formula, body=close_anonymous(body, nested=False))
        case Not(body):
            return replace(formula, body=close_anonymous(body, nested=True))
        case And(parts):
            return replace(formula, parts=tuple(close_anonymous(p, nested=nested) for p in parts))
        case Or(parts):
            return replace(formula, parts=tuple(close_anonymous(p, nested=True) for p in parts))
        case Forall(_, condition, body):
            return replace(
                formula,
                condition=close_anonymous(condition, nested=True),
                body=close_anonymous(body, nested=True),
            )
        case Exists(_, body):
            return replace(formula, body=close_anonymous(body, nested=True))
        case _:
            assert_never(formula)


def _arguments(formula: Atom | Closure | Modal) -> tuple[Expression, ...]:
    return formula.atom.arguments if isinstance(formula, Modal) else formula.arguments


def _closed(formula: Atom | Closure | Modal) -> Formula:
    names = [a.name for a in _arguments(formula) if isinstance(a, Variable) and is_anonymous(a)]
    if not names:
        return formula
    return Exists(tuple(TypedVariable(name) for name in names), formula, formula.span)


def open_anonymous(formula: Formula) -> Formula | None:
    """The atom inside an ``exists`` that `close_anonymous` made, or ``None`` for any other."""
    if not isinstance(formula, Exists) or not isinstance(formula.body, Atom | Closure | Modal):
        return None
    names = [a for a in _arguments(formula.body) if is_anonymous(a)]
    quantified = [v.variable for v in formula.variables if v == TypedVariable(v.name)]
    same = len(quantified) == len(formula.variables) and quantified == names
    return formula.body if same else None
