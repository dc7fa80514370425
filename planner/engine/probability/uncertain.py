"""Which predicates are uncertain, and clauses in the form that grounding needs.

A clause is split into what is certain, which is looked up, and uncertain atoms, positive or
negated. A negated or quantified condition over uncertain predicates gets a predicate of its own,
and so does an aggregate: for its value, its members, and the bindings it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from planner.engine.clauses import Absent, Clause, Fold, open_variables, schedule
from planner.engine.program import atoms_in
from planner.errors import UnsupportedError
from planner.kr.formulas import Atom, Comparison
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from planner.engine.clauses import Body, BodyLiteral, Tally
    from planner.kr.terms import Expression

__all__ = [
    "SplitClause",
    "SplitProgram",
    "UncertainFold",
    "split_clauses",
    "uncertain_predicates",
    "without_choices",
]


@dataclass(frozen=True, slots=True)
class SplitClause:
    """A clause whose negated uncertain parts are single atoms.

    Attributes:
        kept: the body without them.
        negated: atoms that must not hold; their variables are bound by ``kept``.
    """

    head: Atom
    kept: Body
    negated: tuple[Atom, ...]
    rule: int


@dataclass(frozen=True, slots=True)
class UncertainFold:
    """An aggregate over uncertain atoms, as three predicates.

    Attributes:
        value: of the bindings and a result.
        asked: of the bindings for which a result may be needed.
        member: of a binding and the terms that are aggregated.
        width: number of columns that a binding has.
    """

    value: str
    asked: str
    member: str
    width: int
    function: Literal["count", "sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class SplitProgram:
    """Clauses and the aggregates whose values they read."""

    clauses: tuple[SplitClause, ...]
    folds: tuple[UncertainFold, ...]


def uncertain_predicates(clauses: Sequence[Clause], sources: Iterable[str]) -> frozenset[str]:
    """Predicates whose rows depend on what is uncertain; ``sources`` are so themselves."""
    found = set(sources)
    before = -1
    while before < len(found):
        before = len(found)
        for clause in clauses:
            if any(atom.predicate in found for atom in atoms_in(clause.body)):
                found.add(clause.head.predicate)
    return frozenset(found)


def split_clauses(
    clauses: Sequence[Clause], tallies: Sequence[Tally], uncertain: Collection[str]
) -> SplitProgram:
    """Bring clauses into the form that grounding needs.

    Raises:
        UnsupportedError: for a recursive ``forall`` over uncertain predicates.
    """
    for tally in tallies:
        if tally.met in uncertain or tally.guard in uncertain:
            raise UnsupportedError(
                "a `forall` that recurses cannot be read over uncertain predicates"
            )
    splitter = _Splitter(uncertain)
    for clause in clauses:
        splitter.add(clause)
    return SplitProgram(tuple(splitter.found), tuple(splitter.folds))


class _Splitter:
    def __init__(self, uncertain: Collection[str]) -> None:
        self.uncertain = uncertain
        self.found: list[SplitClause] = []
        self.folds: list[UncertainFold] = []
        self.made = 0

    def add(self, clause: Clause) -> None:
        kept: list[BodyLiteral] = []
        holes: list[Absent] = []
        # In an order of evaluation, so that what stands before an aggregate binds what it shares.
        for index in schedule(clause.body, ()):
            literal = clause.body[index]
            is_uncertain = any(a.predicate in self.uncertain for a in atoms_in([literal]))
            if isinstance(literal, Absent) and is_uncertain:
                holes.append(literal)
            elif isinstance(literal, Fold) and is_uncertain:
                kept.append(self._value(literal, kept))
            else:
                kept.append(literal)
        negated = tuple(atom for hole in holes for atom in self._atoms(hole, kept))
        self.found.append(SplitClause(clause.head, tuple(kept), negated, clause.rule))

    def _atoms(self, hole: Absent, kept: Sequence[BodyLiteral]) -> Iterable[Atom]:
        """Atoms none of which holds exactly where no alternative has a solution."""
        for body in hole.bodies:
            if len(body) == 1 and isinstance(body[0], Atom):
                names = [v for v in open_variables(body[0]) if v not in hole.shared]
                if not names:
                    yield body[0]
                    continue
            self.made += 1
            head = Atom(f"hole#{self.made}", tuple(map(Variable, hole.shared)))
            # The outer body comes along, so that every shared variable is bound; the variables
            # of nested bodies have names of their own.
            self.add(Clause(head, (*kept, *body), -1))
            yield head

    def _value(self, fold: Fold, before: Sequence[BodyLiteral]) -> Atom:
        """The atom that stands for an aggregate; ``before`` binds the variables it shares."""
        self.made += 1
        number = self.made
        shared = tuple(map(Variable, fold.shared))
        made = UncertainFold(
            f"fold#{number}", f"asked#{number}", f"member#{number}", len(shared), fold.function
        )
        self.add(Clause(Atom(made.asked, shared), tuple(before), -1))
        for body in fold.bodies:
            terms: list[Expression] = []
            computed: list[BodyLiteral] = []
            for place, term in enumerate(fold.terms):
                if isinstance(term, Arithmetic | FunctionTerm):
                    variable = Variable(f"term#{number}#{place}")
                    computed.append(Comparison("=", variable, term))
                    terms.append(variable)
                else:
                    terms.append(term)
            head = Atom(made.member, (*shared, *terms))
            self.add(Clause(head, (*before, *body, *computed), -1))
        self.folds.append(made)
        self.uncertain = {*self.uncertain, made.value}
        return Atom(made.value, (*shared, fold.result))


def without_choices(clauses: Iterable[SplitClause], chancy: Collection[int]) -> list[Clause]:
    """The clauses that hold whatever the random choices: a certain part of what is certain."""
    return [
        Clause(clause.head, clause.kept, clause.rule)
        for clause in clauses
        if not clause.negated and clause.rule not in chancy
    ]
