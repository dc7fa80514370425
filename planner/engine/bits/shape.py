"""Which recursive layers can be evaluated on bit rows.

A relation is kept as a matrix of bits: a row for each combination of all columns but one, a bit
for each value of that one, the *carried* column. A clause is evaluated 64 tuples at a time where
the variable its head carries occurs in the body once, in the carried column of an atom of the
same layer: whatever the rest of the body finds is then an edge between two rows, along which
bits spread. Closures, points-to and the like have this shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.clauses import Absent, open_variables
from planner.engine.safety import bound_by, unbound
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.clauses import Body, Clause
    from planner.engine.program import Layer, Plan
    from planner.kr.terms import Expression

__all__ = ["BitLayer", "RowClause", "bit_layer"]


@dataclass(frozen=True, slots=True)
class RowClause:
    """A recursive clause as edges between rows.

    Attributes:
        index: of the clause in the plan.
        source: predicate whose rows bits come from, and the arguments that name the row.
        target: predicate whose rows bits go to, and the arguments that name the row.
        rest: the body without the atom that carries.
        recursive: positions in ``rest`` of the atoms that the layer derives.
    """

    index: int
    source: Atom
    target: Atom
    rest: Body
    recursive: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BitLayer:
    """A layer that can be evaluated on bit rows.

    Attributes:
        carried: for each predicate the column that is bits.
        base: indices of the clauses that read nothing of the layer.
        enumerated: predicates whose new rows are needed one by one.
    """

    carried: Mapping[str, int]
    base: tuple[int, ...]
    clauses: tuple[RowClause, ...]
    enumerated: tuple[str, ...]


def bit_layer(plan: Plan, layer: Layer) -> BitLayer | None:
    """The layer on bit rows, ``None`` where its rules have another shape."""
    if layer.tallies or not any(layer.recursive):
        return None
    if any(plan.arities[name] < 2 for name in layer.predicates):
        return None
    carried = _carried_columns(plan, layer)
    if carried is None:
        return None
    clauses: list[RowClause] = []
    for index, positions in zip(layer.clauses, layer.recursive, strict=True):
        if not positions:
            continue
        made = _row_clause(plan.clauses[index], index, carried)
        if made is None:
            return None
        clauses.append(made)
    base = tuple(i for i, p in zip(layer.clauses, layer.recursive, strict=True) if not p)
    read = {a.predicate for c in clauses for i in c.recursive if isinstance(a := c.rest[i], Atom)}
    enumerated = tuple(name for name in layer.predicates if name in read)
    return BitLayer(carried, base, tuple(clauses), enumerated)


def _carried_columns(plan: Plan, layer: Layer) -> dict[str, int] | None:
    """A column for each predicate that its clauses only pass on; the last ones are tried first."""
    chosen: dict[str, int] = {}
    for name in layer.predicates:
        if name in chosen:
            continue
        for column in reversed(range(plan.arities[name])):
            attempt = _spread_choice(plan, layer, name, column, chosen)
            if attempt is not None:
                chosen = attempt
                break
        else:
            return None
    return chosen


def _spread_choice(
    plan: Plan, layer: Layer, name: str, column: int, chosen: Mapping[str, int]
) -> dict[str, int] | None:
    """The choices that follow from one, ``None`` when they contradict each other."""
    attempt = dict(chosen)
    waiting = [(name, column)]
    while waiting:
        name, column = waiting.pop()
        known = attempt.get(name)
        if known is not None:
            if known != column:
                return None
            continue
        attempt[name] = column
        for index, positions in zip(layer.clauses, layer.recursive, strict=True):
            clause = plan.clauses[index]
            if positions and clause.head.predicate == name:
                carrier = _carrier(clause, column, positions)
                if carrier is None:
                    return None
                waiting.append(carrier)
    return attempt


def _carrier(clause: Clause, column: int, positions: Sequence[int]) -> tuple[str, int] | None:
    """The predicate and column that the head's column comes from unchanged and alone."""
    variable = clause.head.arguments[column]
    if not isinstance(variable, Variable) or clause.head.arguments.count(variable) > 1:
        return None
    found: tuple[str, int] | None = None
    for position, literal in enumerate(clause.body):
        times = list(open_variables(literal)).count(variable.name)
        if not times:
            continue
        if times > 1 or found is not None or position not in positions:
            return None
        assert isinstance(literal, Atom)
        found = (literal.predicate, literal.arguments.index(variable))
    return found


def _row_clause(clause: Clause, index: int, carried: Mapping[str, int]) -> RowClause | None:
    column = carried[clause.head.predicate]
    variable = clause.head.arguments[column]
    position = next(
        i
        for i, part in enumerate(clause.body)
        if isinstance(part, Atom) and variable in part.arguments
    )
    carrier = clause.body[position]
    assert isinstance(carrier, Atom)
    rest = (*clause.body[:position], *clause.body[position + 1 :])
    source = _without(carrier, carried[carrier.predicate])
    target = _without(clause.head, column)
    bound = bound_by(rest)
    named = {a.name for a in (*source.arguments, *target.arguments) if isinstance(a, Variable)}
    if not named <= bound or unbound(rest, bound):
        return None
    recursive = tuple(
        i for i, part in enumerate(rest) if isinstance(part, Atom) and part.predicate in carried
    )
    if any(isinstance(part, Absent) and variable in part.shared for part in rest):
        return None
    return RowClause(index, source, target, rest, recursive)


def _without(atom: Atom, column: int) -> Atom:
    kept: tuple[Expression, ...] = (*atom.arguments[:column], *atom.arguments[column + 1 :])
    return Atom(atom.predicate, kept)
