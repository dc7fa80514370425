"""Safety: every variable gets its values from somewhere.

A variable of a rule is bound by an atom that stands positively, by ``=`` with something bound, by
an aggregate's result; parameters and quantified variables range over the objects of their types
(Abiteboul, Hull, Vianu 1995, section 5.4). What is bound nowhere would range over everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

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
    conjuncts,
    expression_variables,
    free_variables,
)
from planner.kr.places import locate
from planner.kr.terms import Expression, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.diagnostics import Span
    from planner.kr.clauses import Clause
    from planner.kr.places import Findings
    from planner.kr.slips import Slips

__all__ = ["bound_variables", "check_safety"]


def check_safety(clause: Clause, slips: Slips, findings: Findings) -> set[str]:
    """Note each variable of a clause that nothing binds, once; gives the names noted."""
    return _Safety(clause, slips, findings).check()


def bound_variables(formula: Formula, given: Iterable[str] = ()) -> set[str]:
    """Names of the variables that have values wherever a formula holds."""
    bound = set(given)
    parts = conjuncts(formula)
    while True:
        before = len(bound)
        for part in parts:
            _bind(part, bound)
        if len(bound) == before:
            return bound


def _bind(formula: Formula, bound: set[str]) -> None:
    match formula:
        case Atom(_, arguments) | Closure(_, arguments):
            bound.update(a.name for a in arguments if isinstance(a, Variable))
        case Modal(_, atom):
            bound.update(a.name for a in atom.arguments if isinstance(a, Variable))
        case Comparison("=", left, right):
            _bind_side(left, right, bound)
            _bind_side(right, left, bound)
        case Aggregate(result):
            if isinstance(result, Variable):
                bound.add(result.name)
        case And():
            bound |= bound_variables(formula, bound)
        case Or(parts):
            if parts:
                bound |= set.intersection(*(bound_variables(part, bound) for part in parts))
        case Exists(variables, body):
            inner = {v.name for v in variables}
            bound |= bound_variables(body, bound - inner) - inner
        case _:
            return


def _bind_side(side: Expression, other: Expression, bound: set[str]) -> None:
    if isinstance(side, Variable) and all(v in bound for v in expression_variables(other)):
        bound.add(side.name)


class _Safety:
    """Checks one clause; a variable is noted once."""

    def __init__(self, clause: Clause, slips: Slips, findings: Findings) -> None:
        self._clause = clause
        self._slips = slips
        self._findings = findings
        self._noted: set[str] = set()

    def check(self) -> set[str]:
        clause = self._clause
        given = {v.name for v in clause.parameters} | clause.given
        bound = bound_variables(clause.condition, given)
        self._formula(clause.condition, bound)
        bound |= {v.name for v in clause.creates}
        for made in clause.made:
            inner = bound | {v.name for v in made.variables}
            self._formula(made.condition, inner)
            for argument in made.atom.arguments:
                self._needs(expression_variables(argument), inner, made.atom.span, "")
        for expression in clause.extra:
            self._needs(expression_variables(expression), bound, clause.extra_span, "")
        return self._noted

    def _needs(self, names: Iterable[str], bound: set[str], span: Span | None, where: str) -> None:
        for name in names:
            if name in bound or name in self._noted:
                continue
            self._noted.add(name)
            self._note(name, span, where)

    def _note(self, name: str, span: Span | None, where: str) -> None:
        if name[:1] == "_":
            message = "nothing says what this `?` is: it has no values of its own to go through"
            hint = "write a variable, and bind it by an atom, such as that of its type"
            self._findings.error("unsafe-variable", message, locate(span, "?"), hint)
            return
        close = self._slips.meant(name)
        hint = f"did you mean `?{close}`?" if close else ""
        if close and where == "not":
            hint += " Or write `?` if any value will do"
        if where == "not":
            message = f"`?{name}` occurs only under `not`, so nothing says what it is"
            hint = hint or "write `?`, or bind it by an atom beside the `not`"
        elif self._is_in_one_alternative(name):
            message = f"`?{name}` has a value in one alternative of the `or` only"
            hint = "write a rule for each alternative, or bind it beside the `or`"
        elif self._clause.kind == "rule":
            message = f"nothing in the condition says what `?{name}` is"
            hint = hint or "bind it by an atom in `if:`"
        else:
            message = f"nothing says what `?{name}` is in this {self._clause.kind}"
            hint = hint or "make it a parameter, bind it by an atom in `if:`, or use `forall`"
        self._findings.error("unsafe-variable", message, locate(span, f"?{name}"), hint)

    def _is_in_one_alternative(self, name: str) -> bool:
        return any(
            name in bound_variables(alternative)
            for part in conjuncts(self._clause.condition)
            if isinstance(part, Or)
            for alternative in part.parts
        )

    def _formula(self, formula: Formula, bound: set[str]) -> None:
        """Check the parts of a formula that bind nothing."""
        match formula:
            case Atom() | Closure() | Modal():
                return
            case Comparison(_, left, right):
                names = [*expression_variables(left), *expression_variables(right)]
                self._needs(names, bound, formula.span, "")
            case Aggregate():
                self._aggregate(formula, bound)
            case Not(body):
                self._needs(free_variables(body), bound, _span_of(body, formula.span), "not")
                self._formula(body, bound)
            case And(parts):
                for part in parts:
                    self._formula(part, bound)
            case Or(parts):
                for part in parts:
                    self._formula(part, bound_variables(part, bound))
            case Forall(variables, condition, body):
                inner = bound | {v.name for v in variables}
                free = [n for f in (condition, body) for n in free_variables(f)]
                self._needs(free, inner, formula.span, "not")
                self._formula(condition, inner)
                self._formula(body, inner)
            case Exists(variables, body):
                inner = bound | {v.name for v in variables}
                self._formula(body, bound_variables(body, inner))
            case _:
                assert_never(formula)

    def _aggregate(self, aggregate: Aggregate, bound: set[str]) -> None:
        inner = bound_variables(aggregate.body, bound)
        self._formula(aggregate.body, inner)
        names = [name for term in aggregate.terms for name in expression_variables(term)]
        self._needs(names, inner, aggregate.span, "")


def _span_of(formula: Formula, fallback: Span | None) -> Span | None:
    return getattr(formula, "span", None) or fallback
