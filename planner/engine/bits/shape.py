"""Which recursive layers can be evaluated on bit rows.

A relation is kept as a matrix of bits: a row for each combination of all columns but one, a bit
for each value of that one, the *carried* column. A clause is evaluated 64 tuples at a time where
the variable its head carries occurs in the body once, in the carried column of an atom of the
same layer: whatever the rest of the body finds is then an edge between two rows, along which
bits spread. Closures, points-to and the like have this shape. Where the body falls into a part
about the other columns and a part that leads from one carried value to another, as in *same
generation*, bits are mapped on the way (`planner.engine.bits.mapping`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.bits.carry import BitMap, Carrier, carriers
from planner.engine.safety import bound_by, unbound
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        bits: how carried values change; ``None`` where they are only passed on.
    """

    index: int
    source: Atom
    target: Atom
    rest: Body
    recursive: tuple[int, ...]
    bits: BitMap | None = None


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


def bit_layer(plan: Plan, layer: Layer, *, mapped: bool = False) -> BitLayer | None:
    """The layer on bit rows, ``None`` where its rules have another shape.

    Args:
        plan: that the layer is of.
        layer: the layer.
        mapped: whether carried values may change on the way.
    """
    if layer.tallies or not any(layer.recursive):
        return None
    if any(plan.arities[name] < 2 for name in layer.predicates):
        return None
    chosen = _carried_columns(plan, layer, mapped=False)
    if chosen is None and mapped:
        chosen = _carried_columns(plan, layer, mapped=True)
    if chosen is None:
        return None
    clauses: list[RowClause] = []
    for index, positions in zip(layer.clauses, layer.recursive, strict=True):
        if not positions:
            continue
        made = _row_clause(plan.clauses[index], index, chosen.carried, chosen.carriers[index])
        if made is None:
            return None
        clauses.append(made)
    base = tuple(i for i, p in zip(layer.clauses, layer.recursive, strict=True) if not p)
    read = {a.predicate for c in clauses for i in c.recursive if isinstance(a := c.rest[i], Atom)}
    enumerated = tuple(name for name in layer.predicates if name in read)
    return BitLayer(chosen.carried, base, tuple(clauses), enumerated)


@dataclass(frozen=True, slots=True)
class _Choice:
    """A column for each predicate, and for each clause where its head's column comes from."""

    carried: dict[str, int]
    carriers: dict[int, Carrier]


def _carried_columns(plan: Plan, layer: Layer, *, mapped: bool) -> _Choice | None:
    """A column for each predicate; the last ones are tried first."""
    chosen = _Choice({}, {})
    for name in layer.predicates:
        if name in chosen.carried:
            continue
        for column in reversed(range(plan.arities[name])):
            attempt = _spread_choice(plan, layer, name, column, chosen, mapped=mapped)
            if attempt is not None:
                chosen = attempt
                break
        else:
            return None
    return chosen


def _spread_choice(
    plan: Plan, layer: Layer, name: str, column: int, chosen: _Choice, *, mapped: bool
) -> _Choice | None:
    """The choices that follow from one, ``None`` when they contradict each other."""
    attempt = _Choice(dict(chosen.carried), dict(chosen.carriers))
    waiting = [(name, column)]
    while waiting:
        name, column = waiting.pop()
        known = attempt.carried.get(name)
        if known is not None:
            if known != column:
                return None
            continue
        attempt.carried[name] = column
        for index, positions in zip(layer.clauses, layer.recursive, strict=True):
            clause = plan.clauses[index]
            if positions and clause.head.predicate == name:
                found = [
                    c
                    for c in carriers(clause, column, positions, mapped=mapped)
                    if attempt.carried.get(c.predicate, c.column) == c.column
                ]
                if not found:
                    return None
                # Values that are only passed on are the cheaper way.
                best = next((c for c in found if c.bits is None), found[0])
                attempt.carriers[index] = best
                waiting.append((best.predicate, best.column))
    return attempt


def _row_clause(
    clause: Clause, index: int, carried: Mapping[str, int], carrier: Carrier
) -> RowClause | None:
    atom, rest = clause.body[carrier.position], carrier.rest
    assert isinstance(atom, Atom)
    source = _without(atom, carrier.column)
    target = _without(clause.head, carried[clause.head.predicate])
    bound = bound_by(rest)
    named = {a.name for a in (*source.arguments, *target.arguments) if isinstance(a, Variable)}
    if not named <= bound or unbound(rest, bound):
        return None
    recursive = tuple(
        i for i, part in enumerate(rest) if isinstance(part, Atom) and part.predicate in carried
    )
    return RowClause(index, source, target, rest, recursive, carrier.bits)


def _without(atom: Atom, column: int) -> Atom:
    kept: tuple[Expression, ...] = (*atom.arguments[:column], *atom.arguments[column + 1 :])
    return Atom(atom.predicate, kept)
