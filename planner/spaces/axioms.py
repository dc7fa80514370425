"""Ground axioms: read from their tables, and given strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.errors import UnsupportedError
from planner.kr.formulas import And, Atom, Not, Or, conjoin
from planner.kr.rules import Rule
from planner.kr.strata import NegativeCycle, stratify
from planner.spaces.counters import aggregate_axioms
from planner.spaces.lists import Lists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.symbols import SymbolTable
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.formulas import Formula
    from planner.spaces.literals import Literals
    from planner.spaces.tables import AggregateTable, ClauseTable, Context, Relaxation

__all__ = ["Axioms", "read_axioms"]


@dataclass(frozen=True, slots=True)
class Axioms:
    """Ground axioms in order of stratum.

    Attributes:
        head: the derived atom of each.
        body: codes of literals.
        level: the stratum of each, ascending.
    """

    head: IntArray
    body: Lists
    level: IntArray

    def selected(self, keep: BoolArray) -> Axioms:
        """Those where ``keep`` is true."""
        if keep.all():
            return self
        return Axioms(self.head[keep], self.body.selected(keep), self.level[keep])


def read_axioms(relaxation: Relaxation, literals: Literals, symbols: SymbolTable) -> Axioms:
    """The axioms of derived and auxiliary atoms; to be called after all other tables were read."""
    levels = _levels(relaxation)
    heads, bodies, level = [np.zeros(0, dtype=np.int32)], [Lists.empty(0)], [0]
    counts = [0]
    for table in relaxation.axioms:
        columns, count = literals.table(table.context)
        body, dead = literals.conditions(table.context, columns, count)
        heads.append(literals.atom_numbers(table.head, columns, count)[~dead])
        bodies.append(body.selected(~dead))
        counts.append(len(heads[-1]))
        level.append(levels.get(table.head.predicate, 0))
    for counter in relaxation.aggregates:
        found = aggregate_axioms(counter, literals, symbols)
        heads.append(np.array([number for number, _ in found], dtype=np.int32))
        bodies.append(_listed([asked for _, asked in found]))
        counts.append(len(found))
        level.append(levels.get(counter.result, 0))
    head, body = np.concatenate(heads), Lists.stacked(bodies)
    made_level = [levels.get(name, 0) for name in literals.made.level_of]
    made_head = np.concatenate([head[:0], *literals.made.heads])
    made_body = Lists.stacked(literals.made.bodies)
    all_levels = np.concatenate(
        [
            np.repeat(np.array(level, dtype=np.int32), counts),
            np.array(made_level, dtype=np.int32)[made_head - literals.atoms.count],
        ]
    )
    order = np.argsort(all_levels, kind="stable").astype(np.int32)
    return Axioms(
        np.concatenate([head, made_head])[order],
        Lists.stacked([body, made_body]).reordered(order),
        all_levels[order],
    )


def _listed(bodies: list[tuple[int, ...]]) -> Lists:
    owner: IntArray = np.repeat(
        np.arange(len(bodies), dtype=np.int32), [len(body) for body in bodies]
    )
    value: IntArray = np.array([code for body in bodies for code in body], dtype=np.int32)
    return Lists.of_pairs(owner, value, len(bodies))


def _levels(relaxation: Relaxation) -> Mapping[str, int]:
    """The stratum of each derived predicate and of each clause."""
    rules = [
        Rule(table.head, conjoin(*_read_by(table.context), *_clause_atoms(table.context)))
        for table in relaxation.axioms
    ]
    contexts = [table.context for table in relaxation.axioms]
    for operator in relaxation.operators:
        contexts += [operator.context, *(effect.context for effect in operator.effects)]
    rules += [
        Rule(Atom(clause.predicate), Or(_either(clause)))
        for context in [*contexts, relaxation.goal]
        for clause in context.clauses
    ]
    rules += [Rule(Atom(counter.result), _counted(counter)) for counter in relaxation.aggregates]
    found = stratify(rules)
    if isinstance(found, NegativeCycle):
        raise UnsupportedError(f"derived predicates depend on their own negation: {found}")
    return found.level


def _read_by(context: Context) -> list[Formula]:
    body = context.body
    return [*body.positive, *(Not(atom) for atom in body.negative)]


def _clause_atoms(context: Context) -> list[Formula]:
    return [Atom(clause.predicate) for clause in context.clauses]


def _counted(counter: AggregateTable) -> Formula:
    atom = Atom(counter.instances)
    return atom if counter.kind == "at least" else And((atom, Not(atom), Atom(counter.present)))


def _either(clause: ClauseTable) -> tuple[Formula, ...]:
    return tuple(atom if positive else Not(atom) for atom, positive in clause.literals)
