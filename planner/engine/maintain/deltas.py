"""Clauses as answers to a change: what may be lost by it, what is gained, what still holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.clauses import Absent, Fold, variables_in
from planner.engine.program import atoms_in
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.engine.clauses import Body, BodyLiteral, Clause
    from planner.engine.tiny.relation import Row, TinyRelation
    from planner.engine.tiny.steps import Compiler, Elders, Environment, Step

    Emit: TypeAlias = Callable[[TinyRelation, Callable[[Environment], Row]], Step]
    Keyed: TypeAlias = list[tuple[str, Step]]
    Support: TypeAlias = Callable[[Environment, Row], bool]

__all__ = ["DeltaSteps", "compile_deltas", "folded_predicates", "loosened"]


@dataclass(frozen=True, slots=True)
class DeltaSteps:
    """Closures over the changed rows of the predicate they are listed with.

    Attributes:
        losing: emit heads that had a derivation from one of these rows.
        losing_loosely: the same where negated predicates have changed too: negations left out.
        unblocking, blocking: the same as ``gaining`` and ``losing`` for rows that occur in a
            negation.
        gaining: heads that have a derivation from one of these rows now.
        supports: for each predicate the questions whether a clause derives a row.
        old_supports: the same, from older rows of the layer.
    """

    losing: Keyed = field(default_factory=list)
    losing_loosely: Keyed = field(default_factory=list)
    blocking: Keyed = field(default_factory=list)
    unblocking: Keyed = field(default_factory=list)
    gaining: Keyed = field(default_factory=list)
    supports: dict[str, list[Support]] = field(default_factory=dict)
    old_supports: dict[str, list[Support]] = field(default_factory=dict)


def compile_deltas(
    clauses: Sequence[Clause], compiler: Compiler, emit_lost: Emit, elders: Elders
) -> DeltaSteps:
    """Compile the clauses of one layer."""
    steps = DeltaSteps()
    for clause in clauses:
        head, body = clause.head, clause.body
        loose = loosened(body)
        # Where two atoms bind alike, what is not derived together with the head narrows more.
        backwards = sorted(body, key=lambda literal: _is_of(literal, elders.predicates))
        for ways, known in ((steps.supports, None), (steps.old_supports, elders)):
            way = compiler.support(head, tuple(backwards), known)
            ways.setdefault(head.predicate, []).append(way)
        for position, literal in enumerate(body):
            if isinstance(literal, Atom):
                name = literal.predicate
                losing = compiler.clause(head, body, position, emit_lost)
                steps.losing.append((name, losing))
                if len(loose) < len(body):
                    losing = compiler.clause(head, loose, loose.index(literal), emit_lost)
                steps.losing_loosely.append((name, losing))
                steps.gaining.append((name, compiler.clause(head, body, position)))
        for read in _negated(body):
            steps.blocking.append(
                (read.predicate, compiler.clause(head, (read, *loose), 0, emit_lost))
            )
            steps.unblocking.append((read.predicate, compiler.clause(head, (read, *body), 0)))
    return steps


def _is_of(literal: BodyLiteral, predicates: Collection[str]) -> bool:
    return isinstance(literal, Atom) and literal.predicate in predicates


def loosened(body: Body) -> Body:
    """A body without its negations."""
    return tuple(literal for literal in body if not isinstance(literal, Absent))


def folded_predicates(clauses: Sequence[Clause]) -> list[str]:
    """Predicates that the aggregates of these clauses read."""
    folds = [literal for clause in clauses for literal in clause.body if _has_fold(literal)]
    return [atom.predicate for atom in atoms_in(folds)]


def _has_fold(literal: BodyLiteral) -> bool:
    match literal:
        case Fold():
            return True
        case Absent(bodies):
            return any(_has_fold(inner) for body in bodies for inner in body)
        case _:
            return False


def _negated(body: Body) -> list[Atom]:
    """Atoms inside negations, with variables of their own where they share none with the body."""
    found: list[Atom] = []
    for literal in body:
        if isinstance(literal, Absent) and not _has_fold(literal):
            shared = set(literal.shared)
            names = {v for v in variables_in(literal) if v not in shared}
            own = {name: Variable(f"{name}#delta") for name in names}
            for atom in atoms_in([literal]):
                terms = (
                    own.get(term.name, term) if isinstance(term, Variable) else term
                    for term in atom.arguments
                )
                found.append(Atom(atom.predicate, tuple(terms)))
    return found
