"""Which predicates are uncertain, and clauses in the form that grounding needs.

A clause is split into what is certain, which is looked up, and uncertain atoms, positive or
negated. A negated or quantified condition over uncertain predicates gets a predicate of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.engine.clauses import Absent, Clause, Fold, open_variables
from planner.engine.program import atoms_in
from planner.errors import UnsupportedError
from planner.kr.formulas import Atom, show
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from planner.engine.clauses import Body, BodyLiteral, Tally

__all__ = ["SplitClause", "split_clauses", "uncertain_predicates"]


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
) -> list[SplitClause]:
    """Bring clauses into the form that grounding needs.

    Raises:
        UnsupportedError: for aggregates and recursive ``forall`` over uncertain predicates.
    """
    for tally in tallies:
        if tally.met in uncertain or tally.guard in uncertain:
            raise UnsupportedError(
                "a `forall` that recurses cannot be read over uncertain predicates"
            )
    splitter = _Splitter(uncertain)
    for clause in clauses:
        splitter.add(clause)
    return splitter.found


class _Splitter:
    def __init__(self, uncertain: Collection[str]) -> None:
        self.uncertain = uncertain
        self.found: list[SplitClause] = []
        self.made = 0

    def add(self, clause: Clause) -> None:
        kept: list[BodyLiteral] = []
        holes: list[Absent] = []
        for literal in clause.body:
            is_uncertain = any(a.predicate in self.uncertain for a in atoms_in([literal]))
            if isinstance(literal, Fold) and is_uncertain:
                raise UnsupportedError(
                    f"an aggregate over uncertain predicates: {show(literal.source)}"
                )
            if isinstance(literal, Absent) and is_uncertain:
                holes.append(literal)
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
