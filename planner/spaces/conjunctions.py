"""Conjunctions of literals: the alternatives of a condition, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, Atom, Formula, atoms_of, free_variables

if TYPE_CHECKING:
    from planner.kr.task import RuleBase
    from planner.kr.terms import TypedVariable

__all__ = ["AxiomSchema", "Clause", "Conjunction", "Scope", "dynamic_predicates"]

Scope = dict[str, tuple[str, ...]]
"""Types of the variables that surround a formula."""


@dataclass(frozen=True, slots=True)
class Clause:
    """For all values of ``variables`` where ``guard`` holds, one of ``literals`` does.

    Attributes:
        guard: a static formula.
        literals: fluent or derived atoms, each with whether it stands positively.
    """

    variables: tuple[TypedVariable, ...] = ()
    guard: Formula = TRUE
    literals: tuple[tuple[Atom, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Conjunction:
    """One alternative of a condition: all its parts hold for some values of ``hidden``."""

    hidden: tuple[TypedVariable, ...] = ()
    static: tuple[Formula, ...] = ()
    positive: tuple[Atom, ...] = ()
    negative: tuple[Atom, ...] = ()
    clauses: tuple[Clause, ...] = ()

    def joined(self, other: Conjunction) -> Conjunction:
        """Both at once; their hidden variables must differ."""
        return Conjunction(
            self.hidden + other.hidden,
            self.static + other.static,
            self.positive + other.positive,
            self.negative + other.negative,
            self.clauses + other.clauses,
        )

    def dynamic_variables(self) -> dict[str, None]:
        """Names of the variables that fluent or derived literals read, in order."""
        found: dict[str, None] = {}
        for atom in self.positive + self.negative:
            found |= free_variables(atom)
        for clause in self.clauses:
            inner = {v.name for v in clause.variables}
            for part in (clause.guard, *(atom for atom, _ in clause.literals)):
                found |= {n: None for n in free_variables(part) if n not in inner}
        return found


@dataclass(frozen=True, slots=True)
class AxiomSchema:
    """``head`` holds where ``body`` does; ``scope`` types the variables as far as known."""

    head: Atom
    body: Conjunction
    scope: Scope = field(default_factory=dict)


def dynamic_predicates(rules: RuleBase) -> frozenset[str]:
    """Predicates whose atoms may differ between states: fluents, and what is derived from them."""
    found = set(rules.fluents)
    reads = [(r.head.predicate, {a.predicate for a, _ in atoms_of(r.body)}) for r in rules.rules]
    grown = True
    while grown:
        size = len(found)
        found |= {head for head, body in reads if not found.isdisjoint(body)}
        grown = len(found) > size
    return frozenset(found)
