"""Horn clauses: what rules are brought into before they are evaluated.

The arguments of atoms are variables and constants only; disjunction, quantifiers and nested
expressions are gone. Names that contain ``#`` belong to predicates and variables the engine made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from planner.kr.formulas import Atom, Comparison, expression_variables
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from planner.kr.formulas import Formula
    from planner.kr.terms import Expression, Term

__all__ = [
    "Absent",
    "Body",
    "BodyLiteral",
    "Clause",
    "Fold",
    "Tally",
    "is_ready",
    "open_variables",
    "schedule",
    "variables_in",
]


@dataclass(frozen=True, slots=True)
class Absent:
    """True where no alternative of ``bodies`` has a solution.

    Attributes:
        shared: the variables given from outside, which must be bound first.
        source: the formula it came from.
    """

    bodies: tuple[Body, ...]
    shared: tuple[str, ...]
    source: Formula


@dataclass(frozen=True, slots=True)
class Fold:
    """``result = function(terms, bodies)`` as `planner.kr.formulas.Aggregate` defines it."""

    result: Term
    function: Literal["count", "sum", "min", "max"]
    terms: tuple[Expression, ...]
    bodies: tuple[Body, ...]
    shared: tuple[str, ...]
    source: Formula


BodyLiteral: TypeAlias = "Atom | Comparison | Absent | Fold"
Body: TypeAlias = "tuple[BodyLiteral, ...]"


@dataclass(frozen=True, slots=True)
class Clause:
    """``head`` holds for every solution of ``body``.

    Attributes:
        rule: index of the rule it came from, -1 when the engine made it.
    """

    head: Atom
    body: Body
    rule: int


@dataclass(frozen=True, slots=True)
class Tally:
    """A ``forall`` that recurses: ``head(x)`` holds once every member of its guard is met.

    Where x are the first columns of ``met(x, v)`` and y those ``guard_columns`` of x that
    ``guard(y, v)`` names first: every v with ``guard(y, v)``, of which there is one, has
    ``met(x, v)``.
    """

    head: Atom
    met: str
    guard: str
    guard_columns: tuple[int, ...]


def open_variables(literal: BodyLiteral) -> Sequence[str]:
    """Variables of a literal that it shares with its clause, repeated where they recur."""
    if isinstance(literal, Atom):
        # The arguments of clauses are variables and constants only.
        return [a.name for a in literal.arguments if isinstance(a, Variable)]
    if isinstance(literal, Comparison):
        return [*expression_variables(literal.left), *expression_variables(literal.right)]
    if isinstance(literal, Absent):
        return literal.shared
    return [*literal.shared, *expression_variables(literal.result)]


def variables_in(literal: BodyLiteral) -> Iterator[str]:
    """All variables of a literal, those of nested bodies included."""
    match literal:
        case Atom() | Comparison():
            yield from open_variables(literal)
        case Absent(bodies):
            for body in bodies:
                for inner in body:
                    yield from variables_in(inner)
        case Fold(result, _, terms, bodies):
            for expression in (result, *terms):
                yield from expression_variables(expression)
            for body in bodies:
                for inner in body:
                    yield from variables_in(inner)
        case _:
            assert_never(literal)


def is_ready(literal: BodyLiteral, bound: Collection[str]) -> bool:
    """Whether a literal can be evaluated when these variables have values; atoms always can."""
    match literal:
        case Atom():
            return True
        case Comparison("=", left, right):
            free_left = [v for v in expression_variables(left) if v not in bound]
            free_right = [v for v in expression_variables(right) if v not in bound]
            if isinstance(left, Variable) and not free_right:
                return True
            return not free_left and (not free_right or isinstance(right, Variable))
        case Comparison():
            return all(v in bound for v in open_variables(literal))
        case Absent(_, shared) | Fold(_, _, _, _, shared):
            return all(v in bound for v in shared)
        case _:
            assert_never(literal)


def schedule(body: Sequence[BodyLiteral], bound: Collection[str], first: int = -1) -> list[int]:
    """An order of evaluation that needs no statistics: tests early, then the best bound atom.

    ``bound`` have values before, and literal ``first`` begins where it is not -1. Returns indices
    into ``body``; literals that never become ready are left out.
    """
    known = set(bound)
    names = [open_variables(literal) for literal in body]
    waiting = list(range(len(body)))
    order: list[int] = []
    chosen = first if first >= 0 else _next(body, names, waiting, known)
    while chosen >= 0:
        order.append(chosen)
        waiting.remove(chosen)
        known.update(names[chosen])
        chosen = _next(body, names, waiting, known) if waiting else -1
    return order


def _next(
    body: Sequence[BodyLiteral],
    names: Sequence[Sequence[str]],
    waiting: Sequence[int],
    known: set[str],
) -> int:
    """The first test that is ready, else the atom with the least that is open, else -1."""
    best, least = -1, (True, 0, 0)
    for index in waiting:
        literal = body[index]
        if isinstance(literal, Atom):
            new = len({name for name in names[index] if name not in known})
            bound = len(literal.arguments) - new
            # Atoms that share nothing with what is bound multiply: they come last.
            openness = (new > 0 and bound == 0, new, -bound)
            if best < 0 or openness < least:
                best, least = index, openness
        elif is_ready(literal, known):
            return index
    return best
