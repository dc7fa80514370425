"""The parts of formulas: a closed family of frozen values, taken apart with ``match``.

They are imported from `planner.kr.formulas`, which adds what is asked of formulas.

Spans say where a formula was read; they take no part in equality, so that a formula read from a
file equals one built in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.kr.terms import Expression, Term, TypedVariable, show_expression

if TYPE_CHECKING:
    from planner.diagnostics import Span

__all__ = [
    "FALSE",
    "TRUE",
    "Aggregate",
    "And",
    "Atom",
    "Closure",
    "Comparison",
    "Exists",
    "Forall",
    "Formula",
    "Modal",
    "Not",
    "Or",
]


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate with its arguments; a fact when no argument is a variable.

    Arguments are terms; in effects and in rule heads they may be arithmetic over variables that
    the body binds.
    """

    predicate: str
    arguments: tuple[Expression, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if not self.arguments:
            return self.predicate
        return f"{self.predicate}({', '.join(show_expression(a) for a in self.arguments)})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``.

    ``=`` binds a variable that is unbound and tests otherwise. ``<`` and its kin compare numbers
    with numbers and strings with strings; ``before`` compares objects by declaration order.
    """

    operator: Literal["=", "!=", "<", "<=", ">", ">=", "before"]
    left: Expression
    right: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``result = function(terms, body)``, over the distinct values of ``terms`` in ``body``.

    ``count`` counts the distinct tuples; ``sum`` adds the first term over the distinct tuples;
    ``min`` and ``max`` take the first term's, and fail when there is none. Variables of the body
    that occur outside the aggregate are given from outside; the others are local (the semantics
    of clingo's body aggregates).
    """

    result: Term
    function: Literal["count", "sum", "min", "max"]
    terms: tuple[Expression, ...]
    body: Formula
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Modal:
    """``goal p(..)``: the task's goal asks for the atom; ``open``: asked for and not true;
    ``ready``: open, and nothing that ``order:`` puts before it is open."""

    mode: Literal["goal", "open", "ready"]
    atom: Atom
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Closure:
    """``p+(?x, ?y)``: the transitive closure of the binary predicate ``p``."""

    predicate: str
    arguments: tuple[Term, Term]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Negation, read under the closed-world assumption."""

    body: Formula
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction; of nothing it is true."""

    parts: tuple[Formula, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction; of nothing it is false."""

    parts: tuple[Formula, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Forall:
    """``forall(variables, condition -> body)``; ``condition`` is `TRUE` when none is written."""

    variables: tuple[TypedVariable, ...]
    condition: Formula
    body: Formula
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """``exists(variables, body)``."""

    variables: tuple[TypedVariable, ...]
    body: Formula
    span: Span | None = field(default=None, compare=False, repr=False)


Formula: TypeAlias = (
    "Atom | Comparison | Aggregate | Modal | Closure | Not | And | Or | Forall | Exists"
)


TRUE = And(())


FALSE = Or(())
