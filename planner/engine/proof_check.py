"""An independent check of proofs: every step is replayed against the rules as they were written.

It shares no join, order or normal form with the engine. Variables that a step does not bind are
tried with every constant, so this is for small programs and for tests.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, assert_never

from planner.engine.proofs import Absent, ByRule, Computed, Given, Proof
from planner.engine.values import combine, compare, fold
from planner.kr.formulas import (
    TRUE,
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
    free_variables,
    show,
)
from planner.kr.strata import goal_predicate
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Arithmetic, FunctionTerm, Variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from planner.engine.symbols import SymbolTable
    from planner.kr.rules import Predicate, Rule
    from planner.kr.terms import Constant, Expression, TypedVariable

    Values = dict[str, Constant]

__all__ = ["check_proof"]


def check_proof(
    proof: Proof,
    rules: Sequence[Rule],
    facts: Collection[Atom],
    model: Collection[Atom],
    symbols: SymbolTable,
    declared: Collection[Predicate] = (),
) -> list[str]:
    """What is wrong with a proof, in words; nothing when it stands.

    Args:
        proof: to be replayed.
        rules: as they were written.
        facts: what was stated.
        model: everything that holds, for negations and aggregates.
        symbols: for the order of objects.
        declared: predicates whose declarations count: pairs of an equivalence stand on chains of
            pairs, kept numbers are the best, foreign facts are taken as given.
    """
    checker = _Checker(frozenset(model), symbols)
    equal = {p.name: p for p in declared if "equivalence" in p.properties}
    kept = {p.name for p in declared if p.keep}
    foreign = {p.name for p in declared if p.foreign is not None}
    problems: list[str] = []
    for part in proof.steps():
        match part.justification:
            case Given(fact):
                is_computed = fact.predicate in foreign and fact in checker.model
                fine = fact == part.atom and (fact in facts or is_computed)
            case ByRule(rule, premises, bindings):
                support = frozenset(p.atom for p in premises if isinstance(p.atom, Atom))
                if rule.head.predicate in equal and rule not in rules:
                    fine = checker.is_chained(part, equal[rule.head.predicate], support)
                else:
                    fine = rule in rules and checker.supports(part, rule, dict(bindings), support)
                fine &= rule.head.predicate not in kept or part.atom in checker.model
            case Absent(formula) | Computed(formula):
                fine = part.atom == formula and checker.holds(formula, {}, checker.model)
            case _:
                assert_never(part.justification)
        if not fine:
            problems.append(f"not justified: {show(part.atom)}")
    return problems


class _Checker:
    """Evaluates formulas naively. `support` is where positive atoms are looked for."""

    def __init__(self, model: frozenset[Atom], symbols: SymbolTable) -> None:
        self.model = model
        self.symbols = symbols
        arguments = (a for atom in model for a in atom.arguments)
        constants = {
            a for a in arguments if not isinstance(a, Variable | Arithmetic | FunctionTerm)
        }
        self.domain = sorted(constants, key=symbols.code)

    def supports(self, part: Proof, rule: Rule, values: Values, support: frozenset[Atom]) -> bool:
        """Whether an instance of a rule has the step's atom as head and a body that holds."""
        if not isinstance(part.atom, Atom) or self.instance(rule.head, values) != part.atom:
            return False
        return self.holds(rule.body, values, support)

    def is_chained(self, part: Proof, predicate: Predicate, support: frozenset[Atom]) -> bool:
        """Whether pairs of the support lead from one member of a pair to the other."""
        if not isinstance(part.atom, Atom) or part.atom.predicate != predicate.name:
            return False
        first, last = part.atom.arguments
        pairs = [a.arguments for a in support if a.predicate == predicate.name]
        found = {first}
        while True:
            new = {b for pair in pairs for a, b in (pair, pair[::-1]) if a in found} - found
            if not new:
                break
            found |= new
        is_member = any(Atom(name, (first,)) in self.model for name in predicate.types[0])
        return last in found and (first != last or is_member or len(found) > 1)

    def holds(self, formula: Formula, values: Values, support: frozenset[Atom]) -> bool:
        """Whether a formula is true; free variables without a value are existential."""
        match formula:
            case Atom():
                return any(
                    self.instance(formula, v) in support for v in self.completions(formula, values)
                )
            case Closure(predicate, (first, second)):
                start, end = self.value(first, values), self.value(second, values)
                return end in self.reachable(predicate, start, support)
            case Modal(mode, atom):
                goal = Atom(goal_predicate(atom.predicate), atom.arguments)
                asked = self.holds(goal, values, support)
                return asked and (mode == "goal" or not self.holds(atom, values, self.model))
            case Comparison(sign, left, right):
                sides = self.value(left, values), self.value(right, values)
                return compare(sign, *sides, self.symbols)
            case Aggregate():
                return self.value(formula.result, values) == self.aggregate(formula, values)
            case Not(body):
                completions = self.completions(body, values)
                return not any(self.holds(body, v, self.model) for v in completions)
            case And(parts):
                return all(self.holds(part, values, support) for part in parts)
            case Or(parts):
                return any(self.holds(part, values, support) for part in parts)
            case Exists(variables, body):
                every = self.assignments(variables, values)
                return any(self.holds(body, v, support) for v in every)
            case Forall(variables, condition, body):
                every = self.assignments(variables, values, restrict=condition == TRUE)
                return all(
                    self.holds(body, v, support)
                    for v in every
                    if self.holds(condition, v, self.model)
                )
            case _:
                assert_never(formula)

    def aggregate(self, formula: Aggregate, values: Values) -> Constant | None:
        tuples: dict[tuple[Constant, ...], None] = {}
        inner = And((formula.body, *(Comparison("=", t, t) for t in formula.terms)))
        for assignment in self.completions(inner, values):
            if self.holds(formula.body, assignment, self.model):
                row = [self.value(term, assignment) for term in formula.terms]
                defined = tuple(v for v in row if v is not None)
                if len(defined) == len(row):
                    tuples[defined] = None
        return fold(formula.function, tuples, self.symbols)

    def completions(self, formula: Formula, values: Values) -> Iterator[Values]:
        """All ways to give values to the free variables that have none."""
        names = [name for name in free_variables(formula) if name not in values]
        for choice in product(self.domain, repeat=len(names)):
            yield {**values, **dict(zip(names, choice, strict=True))}

    def assignments(
        self, variables: Sequence[TypedVariable], values: Values, *, restrict: bool = False
    ) -> Iterator[Values]:
        """All ways to give quantified variables values of their types."""
        columns = []
        for variable in variables:
            free = variable.types == (ANY_TYPE,) and not restrict
            if free or VALUE_TYPES.intersection(variable.types):
                columns.append(self.domain)
            else:
                columns.append([c for c in self.domain if self.has_type(c, variable.types)])
        for choice in product(*columns):
            yield {**values, **{v.name: c for v, c in zip(variables, choice, strict=True)}}

    def has_type(self, constant: Constant, types: Sequence[str]) -> bool:
        return any(Atom(name, (constant,)) in self.model for name in types)

    def reachable(
        self, predicate: str, start: Constant | None, support: frozenset[Atom]
    ) -> set[Expression]:
        edges = [a.arguments for a in support if a.predicate == predicate]
        found: set[Expression] = set()
        while True:
            new = {b for a, b in edges if (a == start or a in found) and b not in found}
            if not new:
                return found
            found |= new

    def instance(self, atom: Atom, values: Values) -> Atom | None:
        row = [self.value(argument, values) for argument in atom.arguments]
        defined = tuple(v for v in row if v is not None)
        return Atom(atom.predicate, defined) if len(defined) == len(row) else None

    def value(self, expression: Expression, values: Values) -> Constant | None:
        match expression:
            case Variable(name):
                return values.get(name)
            case Arithmetic(sign, left, right):
                return combine(sign, self.value(left, values), self.value(right, values))
            case FunctionTerm(predicate, arguments):
                row = tuple(self.value(a, values) for a in arguments)
                found = (a.arguments for a in self.model if a.predicate == predicate)
                last = next((args[-1] for args in found if args[:-1] == row), None)
                return None if last is None else self.value(last, {})
            case _:
                return expression
