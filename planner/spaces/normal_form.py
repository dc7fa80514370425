"""Conditions in normal form: alternatives of literals, with static parts kept apart.

A formula is *static* when no action can change what it reads. Static parts go to the engine as
they are; the rest is brought into negation normal form, existential variables move outwards,
disjunctions become alternatives, and what stands under ``forall`` becomes clauses. Where that
would multiply without bound, an auxiliary derived atom stands for the part instead.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Literal

from planner.engine.normalize import blocked_predicate
from planner.kr.formulas import (
    FALSE,
    TRUE,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Modal,
    Not,
    Or,
    atoms_of,
    conjoin,
    disjoin,
    free_variables,
    substitute,
)
from planner.kr.strata import goal_predicate
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, TypedVariable, Variable
from planner.spaces.conjunctions import AxiomSchema, Clause, Conjunction, dynamic_predicates
from planner.spaces.parameters import binding_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase
    from planner.spaces.conjunctions import Scope

__all__ = ["Normaliser"]


SPLIT_LIMIT = 12
"""More alternatives than this become one auxiliary atom."""


class Normaliser:
    """Brings the formulas of one rule base into normal form, and gathers auxiliary axioms.

    Attributes:
        dynamic: predicates whose atoms may differ between states, auxiliary ones included.
        axioms: axiom schemas of the auxiliary atoms made so far.
    """

    def __init__(self, rules: RuleBase) -> None:
        self.dynamic: set[str] = set(dynamic_predicates(rules))
        self.axioms: list[AxiomSchema] = []
        self._rules = rules
        self._fresh = 0
        self._closures: dict[str, str] = {}

    def is_static(self, formula: Formula) -> bool:
        """Whether no action can change the truth of the formula."""
        return all(atom.predicate not in self.dynamic for atom, _ in atoms_of(formula))

    def scope_of(self, formula: Formula) -> Scope:
        """The free variables of a formula: value types by where they stand, ``object`` else.

        Objects keep the widest type, so that no condition is narrowed by what it is compared with.
        """
        scope: Scope = dict.fromkeys(free_variables(formula), (ANY_TYPE,))
        return scope | self._value_types(formula)

    def _value_types(self, formula: Formula) -> Scope:
        """The variables that stand for numbers or strings, with their types."""
        found: Scope = {}
        for atom, _ in atoms_of(formula):
            predicate = self._rules.predicates.get(atom.predicate)
            places = zip(atom.arguments, predicate.types if predicate else (), strict=False)
            for argument, types in places:
                if isinstance(argument, Variable) and not VALUE_TYPES.isdisjoint(types):
                    found.setdefault(argument.name, types)
        return found

    def alternatives(self, formula: Formula, scope: Scope) -> list[Conjunction]:
        """The formula, which has no aggregates over fluents, as a disjunction of conjunctions."""
        return self._split(self._negation_normal(formula, True, scope), scope)

    # Negation normal form: quantified variables get fresh names, so that parts can be merged.

    def _negation_normal(self, formula: Formula, positive: bool, scope: Scope) -> Formula:
        match formula:
            case Modal():
                return self._negation_normal(_modal(formula), positive, scope)
            case Comparison() | Atom() if not positive:
                return _negate(formula)
            case Comparison() | Atom():
                return formula
            case Not(body):
                return self._negation_normal(_close_anonymous(body, self), not positive, scope)
            case And(parts) | Or(parts):
                inner = tuple(self._negation_normal(p, positive, scope) for p in parts)
                return And(inner) if isinstance(formula, And) is positive else Or(inner)
            case _ if self.is_static(formula):
                return formula if positive else _negate(formula)
            case Closure(predicate, pair):
                atom = Atom(self._closure(predicate), pair)
                return atom if positive else Not(atom)
            case Exists(variables, body):
                fresh, renamed = self._rename(variables, (body,))
                if not positive and _has_values(fresh):
                    return Not(self.auxiliary(self._negation_normal(formula, True, scope), scope))
                inner_scope = scope | {v.name: v.types for v in fresh}
                inside = self._negation_normal(renamed[0], positive, inner_scope)
                return Exists(fresh, inside) if positive else Forall(fresh, TRUE, inside)
            case Forall(variables, condition, body):
                fresh, renamed = self._rename(variables, (condition, body))
                if positive and _has_values(fresh):
                    counter = Exists(variables, And((condition, Not(body))))
                    return self._negation_normal(Not(counter), True, scope)
                inner_scope = scope | {v.name: v.types for v in fresh}
                guard = self._negation_normal(renamed[0], not positive, inner_scope)
                inside = self._negation_normal(renamed[1], positive, inner_scope)
                if positive:
                    return Forall(fresh, TRUE, Or((guard, inside)))
                return Exists(fresh, And((guard, inside)))
            case _:
                # Aggregates over fluents have been replaced (`planner.spaces.aggregates`).
                raise AssertionError(formula)

    def _rename(
        self, variables: tuple[TypedVariable, ...], parts: tuple[Formula, ...]
    ) -> tuple[tuple[TypedVariable, ...], tuple[Formula, ...]]:
        self._fresh += 1
        values = self._value_types(And(parts))
        fresh = tuple(
            TypedVariable(f"{v.name}@{self._fresh}", values.get(v.name, v.types)) for v in variables
        )
        binding = {v.name: f.variable for v, f in zip(variables, fresh, strict=True)}
        return fresh, tuple(substitute(part, binding) for part in parts)

    # Disjunctive form outside quantifiers.

    def _split(self, formula: Formula, scope: Scope) -> list[Conjunction]:
        match formula:
            case Or(parts) if not self.is_static(formula):
                return self._split_or(parts, scope)
            case And(parts) if not self.is_static(formula):
                found = [Conjunction()]
                for part in parts:
                    found = self._conjoin(found, part, scope)
                return found
            case _ if self.is_static(formula):
                return [] if formula == FALSE else [Conjunction(static=_static_parts(formula))]
            case Atom():
                return [Conjunction(positive=(formula,))]
            case Not(Atom() as atom):
                return [Conjunction(negative=(atom,))]
            case Exists(variables, body):
                inner = self._split(body, scope | {v.name: v.types for v in variables})
                return [replace(c, hidden=variables + c.hidden) for c in inner]
            case Forall(variables, _, body):
                clauses = self._clauses(body, scope | {v.name: v.types for v in variables})
                return [
                    Conjunction(
                        clauses=tuple(
                            replace(c, variables=variables + c.variables) for c in clauses
                        )
                    )
                ]
            case _:
                raise AssertionError(formula)

    def _conjoin(self, found: list[Conjunction], part: Formula, scope: Scope) -> list[Conjunction]:
        inner = self._split(part, scope)
        if len(inner) > 1 and len(found) * len(inner) > SPLIT_LIMIT:
            inner = [Conjunction(positive=(self.auxiliary(part, scope),))]
        return [a.joined(b) for a in found for b in inner]

    def _split_or(self, parts: tuple[Formula, ...], scope: Scope) -> list[Conjunction]:
        static = [p for p in parts if self.is_static(p)]
        found = [c for p in parts if not self.is_static(p) for c in self._split(p, scope)]
        if len(found) > SPLIT_LIMIT:
            found = [Conjunction(positive=(self.auxiliary(Or(parts), scope),))]
            return found
        if static:
            # Where a static part holds the others need not be looked at.
            shortcut = disjoin(*static)
            if all(name in scope for name in free_variables(shortcut)):
                otherwise = Conjunction(static=(_negate(shortcut),))
                found = [c.joined(otherwise) for c in found]
            found = [Conjunction(static=(shortcut,)), *found] if shortcut != FALSE else found
        return found

    # Conjunctive form inside universal quantifiers.

    def _clauses(self, formula: Formula, scope: Scope) -> list[Clause]:
        match formula:
            case _ if self.is_static(formula):
                return [] if formula == TRUE else [Clause(guard=_negate(formula))]
            case Atom():
                return [Clause(literals=((formula, True),))]
            case Not(Atom() as atom):
                return [Clause(literals=((atom, False),))]
            case And(parts):
                return [clause for part in parts for clause in self._clauses(part, scope)]
            case Or(parts):
                found = [Clause()]
                for part in parts:
                    inner = self._clauses(part, scope)
                    if len(inner) > 1 and len(found) * len(inner) > SPLIT_LIMIT:
                        inner = [Clause(literals=((self.auxiliary(part, scope), True),))]
                    found = [_either(a, b) for a, b in product(found, inner)]
                return found
            case Forall(variables, _, body):
                inner = self._clauses(body, scope | {v.name: v.types for v in variables})
                return [replace(c, variables=variables + c.variables) for c in inner]
            case Exists():
                return [Clause(literals=((self.auxiliary(formula, scope), True),))]
            case _:
                raise AssertionError(formula)

    # Auxiliary derived atoms.

    def auxiliary(self, formula: Formula, scope: Scope) -> Atom:
        """An atom over the free variables of the formula, true exactly where it holds."""
        names = tuple(free_variables(formula))
        name = self.new_predicate("part")
        head = Atom(name, tuple(Variable(n) for n in names))
        known = {n: scope.get(n, (ANY_TYPE,)) for n in names}
        parts = formula.parts if isinstance(formula, Or) else (formula,)
        for part in parts:
            for body in self._split(part, scope):
                self.axioms.append(AxiomSchema(head, body, known))
        return head

    def _closure(self, predicate: str) -> str:
        """The auxiliary predicate for the transitive closure of a dynamic predicate."""
        if predicate not in self._closures:
            name = self._closures[predicate] = self.new_predicate("closure")
            x, y, z = Variable("x"), Variable("y"), Variable("z")
            first = Conjunction(positive=(Atom(predicate, (x, y)),))
            longer = Conjunction(positive=(Atom(name, (x, y)), Atom(predicate, (y, z))))
            self.axioms += [
                AxiomSchema(Atom(name, (x, y)), first),
                AxiomSchema(Atom(name, (x, z)), longer),
            ]
        return self._closures[predicate]

    def new_predicate(self, kind: str) -> str:
        """A name for another auxiliary predicate."""
        self._fresh += 1
        name = f"{kind} {self._fresh}"
        self.dynamic.add(name)
        return name


def _either(a: Clause, b: Clause) -> Clause:
    return Clause(a.variables + b.variables, conjoin(a.guard, b.guard), a.literals + b.literals)


_OPPOSITE: Mapping[str, Literal["=", "!=", "<", "<=", ">", ">="]] = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
}  # fmt: skip


def _negate(formula: Formula) -> Formula:
    match formula:
        case Not(body):
            return body
        case Comparison(operator) if operator in _OPPOSITE:
            return replace(formula, operator=_OPPOSITE[operator])
        case And(()):
            return FALSE
        case Or(()):
            return TRUE
        case Or(parts):
            return conjoin(*(_negate(part) for part in parts))
        case _:
            return Not(formula)


def _static_parts(formula: Formula) -> tuple[Formula, ...]:
    if isinstance(formula, And):
        return tuple(inner for part in formula.parts for inner in _static_parts(part))
    return (formula,)


def _modal(formula: Modal) -> Formula:
    """``goal p`` as an atom of a reserved static predicate, ``open p`` with ``not p`` besides, and
    ``ready p`` with nothing that blocks it (`planner.engine.modal.order_rules`)."""
    asked = Atom(goal_predicate(formula.atom.predicate), formula.atom.arguments)
    match formula.mode:
        case "goal":
            return asked
        case "open":
            return And((asked, Not(formula.atom)))
        case "ready":
            blocked = Atom(blocked_predicate(formula.atom.predicate), formula.atom.arguments)
            return And((asked, Not(formula.atom), Not(blocked)))


def _close_anonymous(body: Formula, normaliser: Normaliser) -> Formula:
    """Quantify the anonymous variables of a negated formula inside the negation."""
    names = dict.fromkeys(n for n in binding_variables(body) if _is_anonymous(n))
    if not names:
        return body
    scope = normaliser.scope_of(body)
    return Exists(_typed(names, scope), body)


def _has_values(variables: tuple[TypedVariable, ...]) -> bool:
    # Numbers and strings cannot be listed: they are bound by the atoms they stand in.
    return any(not VALUE_TYPES.isdisjoint(v.types) for v in variables)


def _is_anonymous(name: str) -> bool:
    # Variables renamed by quantifiers hold an `@` and are bound already.
    return name.startswith("_") and "@" not in name


def _typed(names: Iterable[str], scope: Scope) -> tuple[TypedVariable, ...]:
    return tuple(TypedVariable(name, scope.get(name, (ANY_TYPE,))) for name in names)
