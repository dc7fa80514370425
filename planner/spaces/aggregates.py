"""Aggregates over what actions change, replaced by derived atoms.

``?n = count(?x, p(?x, ?y))`` becomes an atom over ``?y`` and ``?n``; where a count is only
compared, with a number or with another count, a test stands for both (`counting`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.errors import UnsupportedError
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Comparison,
    Exists,
    Forall,
    Formula,
    Not,
    Or,
    conjoin,
    conjuncts,
    expression_variables,
    free_variables,
)
from planner.kr.terms import VALUE_TYPES, TypedVariable, Variable
from planner.spaces.conjunctions import AxiomSchema, Scope
from planner.spaces.counting import Counting, Group, Operator
from planner.spaces.parameters import bound_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.kr.terms import Term
    from planner.spaces.normal_form import Normaliser
    from planner.spaces.tables import AggregateTable

__all__ = ["Aggregates", "Surroundings"]

_MIRRORED: Mapping[str, Operator] = {
    "=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a formula.

    Attributes:
        given: variables that have a value from outside; an aggregate's body shares them.
        kept: those whose value is needed outside, so that no test may stand for them.
        types: types of variables as far as known.
        facts: static atoms that hold there too.
    """

    given: frozenset[str]
    kept: frozenset[str]
    types: Scope
    facts: tuple[Atom, ...] = ()

    def beside(self, names: Iterable[str]) -> Surroundings:
        """Next to formulas that read these variables too."""
        more = frozenset(names)
        return replace(self, given=self.given | more, kept=self.kept | more)

    def within(self, variables: tuple[TypedVariable, ...]) -> Surroundings:
        """Inside a quantifier."""
        names = frozenset(v.name for v in variables)
        types = self.types | {v.name: v.types for v in variables}
        return replace(self, given=self.given | names, kept=self.kept - names, types=types)


@dataclass(frozen=True, slots=True)
class _Test:
    """A comparison of the results of aggregates that nothing else reads: ``parts`` by index."""

    parts: frozenset[int]
    first: Aggregate
    operator: Operator
    second: Aggregate | Term


class Aggregates:
    """Rewrites formulas so that no aggregate over fluents is left."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._counting = Counting(normaliser)
        self._groups: dict[object, Group] = {}
        self._fresh = 0

    @property
    def tables(self) -> tuple[AggregateTable, ...]:
        """The counting predicates made so far, for `planner.spaces.counters`."""
        return self._counting.tables

    def rewrite(self, formula: Formula, around: Surroundings) -> Formula:
        """The formula without aggregates over fluents.

        Raises:
            UnsupportedError: where the values an aggregate depends on cannot be listed.
        """
        if not self._has_dynamic(formula):
            return formula
        match formula:
            case Aggregate():
                return self._equality(formula, around)
            case And():
                return self._conjunction(conjuncts(formula), around)
            case Or(parts):
                return Or(tuple(self.rewrite(part, around) for part in parts))
            case Not(body):
                return Not(self._denied(body, around))
            case Exists(variables, body):
                return Exists(variables, self.rewrite(body, around.within(variables)))
            case Forall(variables, condition, body):
                inner = around.within(variables)
                guard = self._denied(condition, inner.beside(_names(body)))
                inside = self.rewrite(body, inner.beside(_names(condition)))
                return Forall(variables, guard, inside)
            case _:
                raise AssertionError(formula)

    def _has_dynamic(self, formula: Formula) -> bool:
        match formula:
            case Aggregate():
                return not self._normaliser.is_static(formula)
            case And(parts) | Or(parts):
                return any(self._has_dynamic(part) for part in parts)
            case Not(body) | Exists(_, body):
                return self._has_dynamic(body)
            case Forall(_, condition, body):
                return self._has_dynamic(condition) or self._has_dynamic(body)
            case _:
                return False

    def _denied(self, body: Formula, around: Surroundings) -> Formula:
        """What stands under a negation: results that are known only there are quantified there."""
        results = dict.fromkeys(
            part.result.name
            for part in conjuncts(body)
            if isinstance(part, Aggregate) and isinstance(part.result, Variable)
        )
        local = tuple(TypedVariable(n, ("number",)) for n in results if n not in around.given)
        inner = self.rewrite(body, around.within(local))
        read = free_variables(inner)
        local = tuple(v for v in local if v.name in read)
        return Exists(local, inner) if local else inner

    # Conjunctions: results that are only compared become tests.

    def _conjunction(self, parts: Sequence[Formula], around: Surroundings) -> Formula:
        static = (p for p in parts if isinstance(p, Atom) and self._normaliser.is_static(p))
        around = replace(around, facts=(*around.facts, *static))
        names = [_names(part) for part in parts]
        tests = [t for t in _tests(parts, names, around) if self._listed(t, around)]
        tested = frozenset[int]().union(*(t.parts for t in tests))
        found: list[Formula] = []
        for index, part in enumerate(parts):
            others = around.beside(n for i, of in enumerate(names) if i != index for n in of)
            if index not in tested:
                found.append(self.rewrite(part, others))
        for test in tests:
            others = around.beside(
                n for i, of in enumerate(names) if i not in test.parts for n in of
            )
            found.append(self._tested(test, others))
        return conjoin(*found)

    def _listed(self, test: _Test, around: Surroundings) -> bool:
        """Whether a test can stand for the comparison, whatever its polarity."""
        if self._normaliser.is_static(test.first):
            return False
        second, functions = test.second, {test.first.function}
        if isinstance(second, Aggregate):
            functions.add(second.function)
            return functions == {"count"} and not self._normaliser.is_static(second)
        if isinstance(second, int | Fraction):
            ordered = test.operator not in ("=", "!=")
            return functions == {"count"} or (functions <= {"min", "max"} and ordered)
        integer = isinstance(second, Variable) and around.types.get(second.name) == ("int",)
        return functions == {"count"} and integer

    def _tested(self, test: _Test, around: Surroundings) -> Formula:
        first, second = self._group(test.first, around), test.second
        if isinstance(second, Aggregate):
            other = self._group(second, around)
            for name in dict.fromkeys(v.name for v in first.shared + other.shared):
                if not VALUE_TYPES.isdisjoint(around.types.get(name, ())):
                    raise _unlisted(second, name)
            return self._counting.compare(first, test.operator, other, around.types)
        if test.first.function == "count":
            return self._counting.test(first, test.operator, second)
        return self._counting.extreme(test.first.function, first, test.operator, second)

    def _equality(self, aggregate: Aggregate, around: Surroundings) -> Formula:
        group = self._group(aggregate, around)
        return self._counting.equals(aggregate.function, group, aggregate.result)

    # Instances.

    def _group(self, aggregate: Aggregate, around: Surroundings) -> Group:
        """The instances of an aggregate, as atoms over what it shares and its terms."""
        body, used = aggregate.body, dict.fromkeys(free_variables(aggregate.body))
        for term in aggregate.terms:
            used |= dict.fromkeys(expression_variables(term))
        shared = tuple(name for name in used if name in around.given)
        scope = self._normaliser.scope_of(body)
        scope |= {n: around.types[n] for n in shared if n in around.types and n not in scope}
        scope |= {
            n: around.types[n]
            for n in shared
            if n in around.types and VALUE_TYPES.isdisjoint(scope[n])
        }
        facts = self._binding_facts(aggregate, shared, scope, around)
        key = (aggregate.terms, body, shared, tuple(scope[n] for n in shared), facts)
        if key not in self._groups:
            self._groups[key] = self._new_group(aggregate, shared, scope, facts)
        return self._groups[key]

    def _binding_facts(
        self,
        aggregate: Aggregate,
        shared: tuple[str, ...],
        scope: Scope,
        around: Surroundings,
    ) -> tuple[Atom, ...]:
        """Static atoms from outside for shared numbers that the body alone does not bind."""
        bound = bound_by(conjuncts(aggregate.body))
        missing = [
            n for n in shared if n not in bound and not VALUE_TYPES.isdisjoint(self._of(n, scope))
        ]
        facts = tuple(
            dict.fromkeys(
                fact for n in missing for fact in around.facts if n in free_variables(fact)
            )
        )
        for name in missing:
            if name not in bound_by(facts):
                raise _unlisted(aggregate, name)
        return facts

    def _of(self, name: str, scope: Scope) -> tuple[str, ...]:
        return scope.get(name, ())

    def _new_group(
        self, aggregate: Aggregate, shared: tuple[str, ...], scope: Scope, facts: tuple[Atom, ...]
    ) -> Group:
        columns, equalities = [Variable(n) for n in shared], list[Formula]()
        for term in aggregate.terms:
            if not isinstance(term, Variable) or term in columns:
                self._fresh += 1
                variable = Variable(f"term@{self._fresh}")
                equalities.append(Comparison("=", variable, term))
                term = variable
            columns.append(term)
        names = frozenset(c.name for c in columns)
        inside = Surroundings(frozenset(shared), names, scope, facts)
        body = conjoin(self.rewrite(aggregate.body, inside), *equalities, *facts)
        head = Atom(self._normaliser.new_predicate("instances"), tuple(columns))
        self._normaliser.axioms += [
            AxiomSchema(head, found, scope) for found in self._normaliser.alternatives(body, scope)
        ]
        width = len(aggregate.terms)
        return Group(head.predicate, tuple(columns[: len(shared)]), width)


def _unlisted(aggregate: Aggregate, name: str) -> UnsupportedError:
    place = f"{aggregate.span}: " if aggregate.span else ""
    return UnsupportedError(
        f"{place}the values of `?{name}` that this `{aggregate.function}` depends on cannot be "
        "listed before the search: bind it by a fact that no action changes"
    )


def _names(formula: Formula) -> frozenset[str]:
    """Variables that a formula reads; of an aggregate its result alone."""
    match formula:
        case Aggregate(result):
            return frozenset(expression_variables(result))
        case And(parts) | Or(parts):
            return frozenset[str]().union(*(_names(part) for part in parts))
        case Not(body):
            return _names(body)
        case Exists(variables, body):
            return _names(body) - {v.name for v in variables}
        case Forall(variables, condition, body):
            return (_names(condition) | _names(body)) - {v.name for v in variables}
        case _:
            return frozenset(free_variables(formula))


def _tests(
    parts: Sequence[Formula], names: Sequence[frozenset[str]], around: Surroundings
) -> list[_Test]:
    """Comparisons of results that no other part reads and nothing outside asks for."""
    lonely: dict[str, int] = {}
    for index, part in enumerate(parts):
        if isinstance(part, Aggregate) and isinstance(part.result, Variable):
            name = part.result.name
            readers = sum(name in of for of in names)
            if readers == 2 and name not in around.kept and name not in free_variables(part.body):
                lonely[name] = index
    found = []
    for index, part in enumerate(parts):
        if isinstance(part, Comparison) and part.operator != "before":
            test = _test(index, part, parts, lonely)
            if test is not None:
                found.append(test)
    return found


def _test(
    index: int, part: Comparison, parts: Sequence[Formula], lonely: Mapping[str, int]
) -> _Test | None:
    left, right, operator = part.left, part.right, part.operator
    assert operator != "before"
    if not (isinstance(left, Variable) and left.name in lonely):
        left, right, operator = right, left, _MIRRORED[operator]
    if not (isinstance(left, Variable) and left.name in lonely):
        return None
    used, first = {index, lonely[left.name]}, parts[lonely[left.name]]
    second: Formula | Term
    if isinstance(right, Variable) and right.name in lonely:
        used.add(lonely[right.name])
        other = parts[lonely[right.name]]
        assert isinstance(other, Aggregate)
        second = other
    elif isinstance(right, Variable | str | int | Fraction):
        second = right
    else:
        return None
    assert isinstance(first, Aggregate)
    return _Test(frozenset(used), first, operator, second)
