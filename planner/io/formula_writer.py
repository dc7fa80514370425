"""Formulas and effects back to text: what `planner.kr.formulas.show` writes, with ``?`` for
anonymous variables and quotation marks around names that the grammar would read as something else.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, assert_never

from planner.io.anonymous import is_anonymous, open_anonymous
from planner.kr.control import StepPattern
from planner.kr.formulas import (
    TRUE,
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
from planner.kr.terms import (
    Arithmetic,
    Expression,
    FunctionTerm,
    Text,
    TypedVariable,
    Variable,
    show_constant,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from planner.kr.actions import Effect
    from planner.kr.control import ControlStep

__all__ = [
    "quote_name",
    "write_atom",
    "write_effects",
    "write_expression",
    "write_formula",
    "write_probability",
    "write_step",
    "write_variable",
]

_NAME = re.compile(r"(?:[^\W\d]|\d+(?=[^\W\d]))\w*(?:-+\w+)*")
_WORDS = frozenset({"and", "or", "not", "if", "after", "mod", "true", "false", "forall", "exists"})


def quote_name(name: str) -> str:
    """A name as it stands in a formula."""
    return name if _NAME.fullmatch(name) and name not in _WORDS else str(Text(name))


def write_variable(variable: TypedVariable) -> str:
    """``?x`` or ``?x - block``."""
    if variable.types == ("object",):
        return f"?{variable.name}"
    return f"?{variable.name} - {'|'.join(variable.types)}"


def write_probability(probability: Fraction) -> str:
    """A probability in front of ``::``."""
    return show_constant(probability)


def write_expression(expression: Expression) -> str:
    """An expression, with brackets only where they are needed."""
    match expression:
        case Variable(name):
            return "?" if is_anonymous(expression) else f"?{name}"
        case Arithmetic(operator, left, right):
            level = _level(expression)
            first, second = write_expression(left), write_expression(right)
            if _level(left) < level:
                first = f"({first})"
            if _level(right) <= level:
                second = f"({second})"
            return f"{first} {operator} {second}"
        case FunctionTerm(predicate, arguments):
            return f"{predicate}({', '.join(write_expression(a) for a in arguments)})"
        case str():
            return quote_name(expression)
        case _:
            return show_constant(expression)


def _level(expression: Expression) -> int:
    if isinstance(expression, Arithmetic):
        return 1 if expression.operator in "+-" else 2
    return 3


def write_atom(atom: Atom) -> str:
    """An atom."""
    if not atom.arguments:
        return atom.predicate
    return f"{atom.predicate}({', '.join(write_expression(a) for a in atom.arguments)})"


def write_formula(formula: Formula) -> str:
    """A formula."""
    match formula:
        case Atom():
            return write_atom(formula)
        case Closure(predicate, pair):
            return f"{predicate}+({', '.join(write_expression(a) for a in pair)})"
        case Modal(mode, atom):
            return f"{mode} {write_atom(atom)}"
        case Comparison("before", left, right):
            return f"before({write_expression(left)}, {write_expression(right)})"
        case Comparison(operator, left, right):
            return f"{write_expression(left)} {operator} {write_expression(right)}"
        case Aggregate(result, function, terms, body):
            inner = ", ".join([*(write_expression(t) for t in terms), write_formula(body)])
            return f"{write_expression(result)} = {function}({inner})"
        case Not(body):
            return f"not {_bracket(body)}"
        case And(parts):
            written = [_bracket(p) if isinstance(p, Or) else write_formula(p) for p in parts]
            return " and ".join(written) or "true"
        case Or(parts):
            return " or ".join(_bracket(p) if isinstance(p, Or) else write_formula(p) for p in parts
                               ) or "false"  # fmt: skip
        case Forall(variables, condition, body):
            guard = "" if condition == TRUE else f"{_bracket(condition)} -> "
            listed = ", ".join(write_variable(v) for v in variables)
            return f"forall({listed}, {guard}{write_formula(body)})"
        case Exists(variables, body):
            opened = open_anonymous(formula)
            if opened is not None:
                return write_formula(opened)
            listed = ", ".join(write_variable(v) for v in variables)
            return f"exists({listed}, {write_formula(body)})"
        case _:
            assert_never(formula)


def _bracket(formula: Formula) -> str:
    text = write_formula(formula)
    return f"({text})" if isinstance(formula, And | Or) and formula.parts else text


def write_effects(effects: Iterable[Effect]) -> list[str]:
    """One text for each run of effects that share condition and variables."""
    texts = []
    for (variables, condition), group in groupby(effects, lambda e: (e.variables, e.condition)):
        parts = [_literal(effect) for effect in group]
        if condition == TRUE and not variables:
            texts += parts
            continue
        joined = " and ".join(parts)
        if condition != TRUE:
            bracketed = f"({joined})" if len(parts) > 1 else joined
            joined = f"{bracketed} if {write_formula(condition)}"
        if variables:
            listed = ", ".join(write_variable(v) for v in variables)
            joined = f"forall({listed}, {joined})"
        texts.append(joined)
    return texts


def _literal(effect: Effect) -> str:
    atom = write_atom(effect.atom)
    return atom if effect.positive else f"not {atom}"


def write_step(step: ControlStep) -> str:
    """A step of a control rule."""
    if isinstance(step, StepPattern):
        return write_atom(Atom(step.action, step.arguments))
    words = ["walk", step.predicate]
    if step.mover is not None:
        words.append(write_expression(step.mover))
    words += ["from", write_expression(step.start), "to", write_expression(step.end)]
    return " ".join(word for word in words if word)
