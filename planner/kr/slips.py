"""Which variable was meant where one is misspelt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, assert_never

from planner.diagnostics import closest
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
    expression_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from planner.diagnostics import Span
    from planner.kr.clauses import Clause
    from planner.kr.terms import Expression
    from planner.kr.vocabulary import Types, Vocabulary

__all__ = ["Slips", "occurrences"]

_MOST_VARIABLES = 200


@dataclass(frozen=True)
class Slips:
    """Guesses for one clause, from spelling first and from what is left over second."""

    clause: Clause
    types: Mapping[str, Types]
    vocabulary: Vocabulary

    def meant(self, name: str) -> str:
        """The variable that a misspelt one stands for, or ``""``.

        A longer name is compared letter by letter. Of short ones that says little, so the guess
        is a variable that occurs once as well, or the rarest one of a fitting type that does not
        stand in the same atom.
        """
        places = self._places
        if len(places) > _MOST_VARIABLES:
            return ""
        mine = places.get(name, [])
        others = [other for other in places if other[:1] != "_" and other != name]
        close = closest(name, others) if len(name) > 1 else ""
        if close:
            return close
        fitting = [other for other in others if self._fits(name, other)]
        beside = [o for o in fitting if not any(span in mine for span in places[o])]
        ranked = sorted(beside or fitting, key=lambda o: len(places[o]))
        return ranked[0] if ranked else ""

    @cached_property
    def _places(self) -> dict[str, list[Span | None]]:
        places: dict[str, list[Span | None]] = {}
        for name, span in occurrences(self.clause):
            places.setdefault(name, []).append(span)
        return places

    def undeclared(self, name: str) -> str:
        """The variable that a parameter nobody uses was meant to declare, or ``""``."""
        declared = {v.name for v in (*self.clause.parameters, *self.clause.creates)}
        if len(self._places) > _MOST_VARIABLES:
            return ""
        free = [other for other in self._places if other not in declared]
        fitting = [other for other in free if self._fits(name, other)]
        return closest(name, fitting) or (fitting[0] if fitting else "")

    def _fits(self, name: str, other: str) -> bool:
        first, second = self.types.get(name), self.types.get(other)
        if first is None or second is None:
            return True
        return bool(self.vocabulary.intersect(first, second))


def occurrences(clause: Clause) -> Iterator[tuple[str, Span | None]]:
    """Every place of every variable of a clause, declarations and quantifiers included."""
    for variable in (*clause.parameters, *clause.creates):
        yield variable.name, clause.span
    yield from _in_formula(clause.condition)
    for made in clause.made:
        yield from ((v.name, made.atom.span) for v in made.variables)
        yield from _in_formula(made.condition)
        yield from _in_expressions(made.atom.arguments, made.atom.span)
    yield from _in_expressions(clause.extra, clause.extra_span)


def _in_expressions(
    expressions: Iterable[Expression], span: Span | None
) -> Iterator[tuple[str, Span | None]]:
    for expression in expressions:
        for name in expression_variables(expression):
            yield name, span


def _in_formula(formula: Formula) -> Iterator[tuple[str, Span | None]]:
    match formula:
        case Atom(_, arguments, span):
            yield from _in_expressions(arguments, span)
        case Closure(_, pair, span):
            yield from _in_expressions(pair, span)
        case Modal(_, atom):
            yield from _in_formula(atom)
        case Comparison(_, left, right, span):
            yield from _in_expressions((left, right), span)
        case Aggregate(result, _, terms, body, span):
            yield from _in_expressions((result, *terms), span)
            yield from _in_formula(body)
        case Not(body):
            yield from _in_formula(body)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _in_formula(part)
        case Forall(variables, condition, body, span):
            yield from ((v.name, span) for v in variables)
            yield from _in_formula(condition)
            yield from _in_formula(body)
        case Exists(variables, body, span):
            yield from ((v.name, span) for v in variables)
            yield from _in_formula(body)
        case _:
            assert_never(formula)
