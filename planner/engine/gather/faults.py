"""What can go wrong while rows are gathered, told with the rules that did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.engine.backtrack import Backtracker
from planner.engine.gather.kinds import declared_name
from planner.errors import InputError, RuleFileError
from planner.kr.formulas import Atom, show, substitute
from planner.kr.places import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.diagnostics import Span
    from planner.engine.extension import Extension
    from planner.engine.facts import Facts
    from planner.engine.program import Plan

    Row = tuple[int, ...]

__all__ = ["GatherError", "explained", "second_value"]


class GatherError(InputError):
    """Rows that a declaration does not allow.

    Attributes:
        code: of the diagnostic.
        predicate: that has the rows.
        rows: the culprits, by codes.
        extension: what every predicate had at that moment.
    """

    def __init__(
        self,
        code: str,
        message: str,
        predicate: str,
        rows: tuple[Row, ...],
        extension: Callable[[str], Extension],
    ) -> None:
        self.code = code
        self.predicate = predicate
        self.rows = rows
        self.extension = extension
        super().__init__(message)


def second_value(
    predicate: str, rows: tuple[Row, Row], extension: Callable[[str], Extension]
) -> GatherError:
    """The error of a functional predicate with two values."""
    message = f"`{declared_name(predicate)}` is functional, and has two values"
    first, second = sorted(rows)
    return GatherError("second-value", message, predicate, (first, second), extension)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a row comes from: its place, and a sentence."""

    span: Span | None
    text: str


def explained(error: GatherError, plan: Plan, facts: Facts) -> RuleFileError:
    """The same as a located error that names the derivation of each row."""
    origins = [_origin(error, row, plan, facts) for row in error.rows]
    message = f"{error}: {'; '.join(origin.text for origin in origins)}"
    *others, last = origins
    related = tuple((o.span, "the other one comes from here") for o in others if o.span)
    return RuleFileError([Diagnostic(error.code, message, last.span or NOWHERE, related=related)])


def _origin(error: GatherError, row: Row, plan: Plan, facts: Facts) -> _Origin:
    constant = facts.symbols.constant
    atom = Atom(declared_name(error.predicate), tuple(constant(code) for code in row))
    if row in facts.tuples(atom.predicate):
        span = facts.span(atom)
        return _Origin(span, f"`{atom}` is stated{f' ({span})' if span else ''}")
    backtracker = Backtracker(error.extension, facts.symbols)
    for clause in plan.clauses:
        if clause.head.predicate != error.predicate or clause.rule < 0:
            continue
        binding = backtracker.unify(clause.head.arguments, row, {})
        found = None if binding is None else next(backtracker.solutions(clause.body, binding), None)
        if found is None:
            continue
        rule = plan.rules[clause.rule]
        values = {name: constant(code) for name, code in found.items()}
        place = f" ({rule.span})" if rule.span else ""
        name = f"rule `{rule.name}`" if rule.name else f"the rule{'' if place else f' `{rule}`'}"
        body = show(substitute(rule.body, values))
        return _Origin(rule.span, f"`{atom}` follows by {name}{place} from {body}")
    return _Origin(None, f"`{atom}`")
