"""What the relaxed program's predicates mean: tables of bindings, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.kr.rules import Rule
    from planner.kr.terms import Expression
    from planner.spaces.conjunctions import Conjunction

__all__ = [
    "AggregateTable",
    "AxiomTable",
    "ClauseTable",
    "Context",
    "EffectTable",
    "OperatorTable",
    "Relaxation",
]


@dataclass(frozen=True, slots=True)
class ClauseTable:
    """The instances of a clause whose guard holds.

    Attributes:
        predicate: holds the instances.
        shared: variables of the surrounding table, the first columns.
        columns: all columns.
        literals: of which one must hold in each instance.
    """

    predicate: str
    shared: tuple[str, ...]
    columns: tuple[str, ...]
    literals: tuple[tuple[Atom, bool], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """A table of bindings under which the rest of a conjunction is looked at.

    Attributes:
        predicate: holds the bindings.
        columns: names of the variables.
        body: its static parts hold in every row, its positive atoms are reachable.
    """

    predicate: str
    columns: tuple[str, ...]
    body: Conjunction
    clauses: tuple[ClauseTable, ...] = ()

    @property
    def atom(self) -> Atom:
        """The atom that holds for each row."""
        return Atom(self.predicate, tuple(Variable(name) for name in self.columns))


@dataclass(frozen=True, slots=True)
class EffectTable:
    """Effects that share a condition; the first columns are those of the operator."""

    context: Context
    adds: tuple[Atom, ...]
    deletes: tuple[Atom, ...]


@dataclass(frozen=True, slots=True)
class OperatorTable:
    """One alternative of an action's precondition, with the action's effects.

    Attributes:
        action: index of the schema.
        printed: how many of the first columns are printed parameters.
        adds, deletes: the unconditional effects.
    """

    action: int
    printed: int
    context: Context
    adds: tuple[Atom, ...]
    deletes: tuple[Atom, ...]
    effects: tuple[EffectTable, ...]
    cost: Expression


@dataclass(frozen=True, slots=True)
class AxiomTable:
    """Ground axioms with the head instantiated by each row."""

    head: Atom
    context: Context


@dataclass(frozen=True, slots=True)
class AggregateTable:
    """A predicate that counts or adds up instances.

    Attributes:
        kind: ``at least`` holds for each number up to the count, ``total`` for the sum of the
            first terms.
        instances: the predicate counted, over the shared columns and the terms.
        shared: how many of the first columns group the instances.
        result: holds the shared columns and a number.
        present: for ``total``, says whether any instance of a group holds.
        highest: for ``at least``, the highest number asked for, ``None`` without bound.
    """

    kind: Literal["at least", "total"]
    instances: str
    shared: int
    result: str
    present: str = ""
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The program, and what its tables mean.

    Attributes:
        rules: the program, rules over static predicates included.
        dynamic: fluent, derived and auxiliary predicates whose atoms may differ between states,
            in declaration order, auxiliary ones last.
        derived: those of them that axioms define.
        goal: its rows say that the static part of the goal holds.
        unions: predicates made for ``either`` types, each with its types.
        aggregates: predicates whose rows follow from the number of reachable instances.
    """

    rules: tuple[Rule, ...]
    dynamic: tuple[str, ...]
    derived: frozenset[str]
    operators: tuple[OperatorTable, ...]
    axioms: tuple[AxiomTable, ...]
    goal: Context
    unions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aggregates: tuple[AggregateTable, ...] = ()
