"""Terms: what stands in the argument places of an atom, and arithmetic over them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

__all__ = [
    "ANY_TYPE",
    "NUMERIC_TYPES",
    "VALUE_TYPES",
    "Arithmetic",
    "Constant",
    "Expression",
    "FunctionTerm",
    "Term",
    "Text",
    "TypedVariable",
    "Variable",
    "show_constant",
    "show_expression",
]

ANY_TYPE = "object"
NUMERIC_TYPES = frozenset({"int", "number"})
VALUE_TYPES = frozenset({"int", "number", "string"})
"""Built-in types whose values are not declared objects."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable; ``name`` is without the question mark. Each anonymous ``?`` gets a fresh
    name that starts with ``_`` from the reader."""

    name: str

    def __str__(self) -> str:
        return f"?{self.name}"


@dataclass(frozen=True, slots=True)
class Text:
    """A string constant, written with quotation marks in files."""

    value: str

    def __str__(self) -> str:
        return '"' + self.value.replace("\\", "\\\\").replace('"', '\\"') + '"'


Constant: TypeAlias = "str | int | Fraction | Text"
"""A ``str`` is the name of an object; integers and fractions (exact decimals) are numbers."""

Term: TypeAlias = "Variable | Constant"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left operator right``; ``/`` is exact, ``//`` and ``mod`` are floored as in Python."""

    operator: Literal["+", "-", "*", "/", "//", "mod"]
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class FunctionTerm:
    """The value of a functional predicate: ``distance(?a, ?b)`` is the ``?d`` of
    ``distance(?a, ?b, ?d)``. Stands in costs only."""

    predicate: str
    arguments: tuple[Term, ...]


Expression: TypeAlias = "Term | Arithmetic | FunctionTerm"


@dataclass(frozen=True, slots=True)
class TypedVariable:
    """A variable with the types it may take, one unless PDDL's ``either`` was used."""

    name: str
    types: tuple[str, ...] = (ANY_TYPE,)

    @property
    def variable(self) -> Variable:
        """The bare variable."""
        return Variable(self.name)


def show_constant(constant: Constant) -> str:
    """Write a constant as rule files do; a fraction as a decimal where it has a finite one."""
    if isinstance(constant, Fraction):
        denominator = constant.denominator
        for prime in (2, 5):
            while denominator % prime == 0:
                denominator //= prime
        if denominator != 1:
            return f"{constant.numerator}/{constant.denominator}"
        digits = 0
        while (constant * 10**digits).denominator != 1:
            digits += 1
        scaled = abs(constant * 10**digits).numerator
        text = str(scaled).rjust(digits + 1, "0")
        sign = "-" if constant < 0 else ""
        return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"
    return str(constant)


def show_expression(expression: Expression) -> str:
    """Write an expression as rule files do, with brackets only where they are needed."""
    if isinstance(expression, Arithmetic):
        left, right = show_expression(expression.left), show_expression(expression.right)
        if _precedence(expression.left) < _precedence(expression):
            left = f"({left})"
        if _precedence(expression.right) <= _precedence(expression):
            right = f"({right})"
        return f"{left} {expression.operator} {right}"
    if isinstance(expression, FunctionTerm):
        arguments = ", ".join(show_expression(a) for a in expression.arguments)
        return f"{expression.predicate}({arguments})"
    return str(expression) if isinstance(expression, Variable) else show_constant(expression)


def _precedence(expression: Expression) -> int:
    if isinstance(expression, Arithmetic):
        return 1 if expression.operator in "+-" else 2
    return 3
