"""Compiled rules: clauses in an order of evaluation, ready for many sets of facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.engine.clauses import Absent, BodyLiteral, Clause, Fold, Tally
from planner.engine.normalize import normalize
from planner.errors import InputError
from planner.kr.formulas import Atom, Comparison
from planner.kr.strata import Dependency, components
from planner.kr.terms import Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from planner.engine.gather.foreign import Foreign
    from planner.engine.gather.kinds import Gathering
    from planner.kr.rules import Predicate, Rule
    from planner.kr.terms import Constant, Expression

__all__ = ["Layer", "Plan", "atoms_in", "is_gathered", "plan_clauses", "plan_rules", "reads_of"]

_NO_FUNCTIONS: Mapping[str, Foreign] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Layer:
    """Predicates that are evaluated together, and the clauses that derive them.

    Attributes:
        clauses: indices of the clauses, in the order of the rules.
        recursive: for each clause the positions of the body atoms this layer derives.
    """

    predicates: tuple[str, ...]
    clauses: tuple[int, ...]
    recursive: tuple[tuple[int, ...], ...]
    tallies: tuple[Gathering, ...]

    @property
    def is_recursive(self) -> bool:
        """Whether the layer needs more than one round."""
        return bool(self.tallies) or any(self.recursive)


@dataclass(frozen=True, slots=True)
class Plan:
    """What every tier starts from.

    Attributes:
        layers: each after those it reads.
        arities: of every predicate the clauses name.
        makes_values: whether evaluation may meet constants that neither facts nor rules name.
        constants: that the rules name.
        exact_rounds: whether each row must be derived in the first round it can be.
        declared: the predicates whose declarations it heeds.
    """

    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    layers: tuple[Layer, ...]
    arities: Mapping[str, int]
    makes_values: bool
    constants: tuple[Constant, ...]
    exact_rounds: bool = False
    declared: tuple[Predicate, ...] = ()


def plan_rules(
    rules: Sequence[Rule],
    declared: Collection[Predicate] = (),
    functions: Mapping[str, Foreign] = _NO_FUNCTIONS,
) -> Plan:
    """Normalise rules and order them.

    Args:
        rules: the rules.
        declared: predicates whose declarations count: equivalences, functional ones, those that
            keep an extreme, foreign ones. Symmetry is rules (`planner.engine.modal`).
        functions: what computes the foreign predicates, by name.

    Raises:
        InputError: for unbound variables, recursion through negation, or one predicate with two
            arities.
        UnsupportedError: as `planner.engine.normalize.normalize` does.
    """
    active = [p for p in declared if is_gathered(p)]
    if not active:
        normal = normalize(rules)
        return plan_clauses(rules, normal.clauses, normal.tallies)
    from planner.engine.gather.declared import declare

    normal = normalize(rules, {p.name: p.keep for p in active if p.keep})
    clauses, gatherings = declare(normal.clauses, active, functions)
    plan = plan_clauses(rules, clauses, (*normal.tallies, *gatherings))
    return replace(plan, declared=tuple(active))


def is_gathered(predicate: Predicate) -> bool:
    """Whether the engine treats a predicate in a way of its own, by its declaration."""
    special = not predicate.properties.isdisjoint(("equivalence", "functional"))
    return special or bool(predicate.keep) or predicate.foreign is not None


def plan_clauses(
    rules: Sequence[Rule], clauses: Sequence[Clause], tallies: Sequence[Gathering] = ()
) -> Plan:
    """Order clauses that come from rules; `plan_rules` says what is raised."""
    return Plan(
        tuple(rules),
        tuple(clauses),
        tuple(_layers(clauses, tallies)),
        _arities(clauses, tallies),
        any(_makes_values(literal) for clause in clauses for literal in clause.body)
        or any(_is_call(tally) for tally in tallies),
        tuple(dict.fromkeys(_constants(clauses))),
    )


def atoms_in(body: Iterable[BodyLiteral]) -> Iterator[Atom]:
    """All atoms of a body, those of nested bodies included."""
    for literal in body:
        if isinstance(literal, Atom):
            yield literal
        elif not isinstance(literal, Comparison):
            for inner in literal.bodies:
                yield from atoms_in(inner)


def _layers(clauses: Sequence[Clause], tallies: Sequence[Gathering]) -> Iterator[Layer]:
    by_head: dict[str, list[int]] = {}
    reads: dict[str, list[str]] = {}
    for index, clause in enumerate(clauses):
        name = clause.head.predicate
        by_head.setdefault(name, []).append(index)
        reads.setdefault(name, []).extend(atom.predicate for atom in atoms_in(clause.body))
    for tally in tallies:
        reads.setdefault(tally.head.predicate, []).extend(reads_of(tally))
    graph = {
        name: [Dependency(name, body, True, -1) for body in dict.fromkeys(bodies) if body in reads]
        for name, bodies in reads.items()
    }
    for predicates in components(graph):
        chosen = sorted(i for name in predicates for i in by_head.get(name, ()))
        recursive = tuple(
            tuple(
                position
                for position, literal in enumerate(clauses[i].body)
                if isinstance(literal, Atom) and literal.predicate in predicates
            )
            for i in chosen
        )
        own = tuple(tally for tally in tallies if tally.head.predicate in predicates)
        yield Layer(predicates, tuple(chosen), recursive, own)


def _arities(clauses: Sequence[Clause], tallies: Sequence[Gathering]) -> dict[str, int]:
    arities: dict[str, int] = {}
    for tally in tallies:
        if not isinstance(tally, Tally):
            # Only declarations make other kinds than tallies.
            from planner.engine.gather.kinds import arities_of

            arities.update(arities_of(tally))
    for clause in clauses:
        for atom in (clause.head, *atoms_in(clause.body)):
            known = arities.setdefault(atom.predicate, len(atom.arguments))
            if known != len(atom.arguments):
                raise InputError(
                    f"`{atom.predicate}` is used with {len(atom.arguments)} arguments and "
                    f"with {known}"
                )
    return arities


def reads_of(gathering: Gathering) -> tuple[str, ...]:
    """The predicates whose rows are gathered."""
    if isinstance(gathering, Tally):
        return gathering.guard, gathering.met
    from planner.engine.gather import kinds

    return kinds.reads_of(gathering)


def _is_call(gathering: Gathering) -> bool:
    if isinstance(gathering, Tally):
        return False
    from planner.engine.gather.kinds import Call

    return isinstance(gathering, Call)


def _makes_values(literal: BodyLiteral) -> bool:
    match literal:
        case Comparison("=", left, right):
            return isinstance(left, Arithmetic) or isinstance(right, Arithmetic)
        case Atom() | Comparison():
            return False
        case Fold(_, function, terms, bodies):
            return (
                function in ("count", "sum")
                or any(isinstance(term, Arithmetic) for term in terms)
                or any(_makes_values(inner) for body in bodies for inner in body)
            )
        case Absent(bodies):
            return any(_makes_values(inner) for body in bodies for inner in body)


def _constants(clauses: Sequence[Clause]) -> Iterator[Constant]:
    for clause in clauses:
        for argument in clause.head.arguments:
            yield from _constants_of(argument)
        yield from _body_constants(clause.body)


def _body_constants(body: Iterable[BodyLiteral]) -> Iterator[Constant]:
    for literal in body:
        expressions: tuple[Expression, ...] = ()
        match literal:
            case Atom(_, arguments):
                expressions = arguments
            case Comparison(_, left, right):
                expressions = (left, right)
            case Fold(result, _, terms):
                expressions = (result, *terms)
        for expression in expressions:
            yield from _constants_of(expression)
        if isinstance(literal, Absent | Fold):
            for inner in literal.bodies:
                yield from _body_constants(inner)


def _constants_of(expression: Expression) -> Iterator[Constant]:
    match expression:
        case Arithmetic(_, left, right):
            yield from _constants_of(left)
            yield from _constants_of(right)
        case Variable() | FunctionTerm():
            return
        case _:
            yield expression
