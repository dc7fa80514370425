"""Formulas as PDDL conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from planner.errors import UnsupportedError
from planner.io.pddl.layout import Tree, layout
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
from planner.kr.terms import (
    ANY_TYPE,
    VALUE_TYPES,
    Arithmetic,
    Expression,
    FunctionTerm,
    Text,
    TypedVariable,
    Variable,
    show_constant,
    show_expression,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.io.pddl.names import Names
    from planner.kr.task import Task

__all__ = ["FormulaWriter", "unsupported"]


def unsupported(construct: str, where: str) -> UnsupportedError:
    """The error for what PDDL, as we write it, cannot say; ``construct`` is a plural."""
    return UnsupportedError(f"{construct} cannot be written as PDDL: {where}")


@dataclass(slots=True)
class FormulaWriter:
    """Writes formulas with a task's names and notes which requirements they need.

    Attributes:
        functions: functional predicates with numbers, which stand in costs only.
        goal_predicates: predicates that occur in ``goal p(..)``, in order.
    """

    task: Task
    names: Names
    functions: frozenset[str]
    needed: dict[str, None] = field(default_factory=dict)
    goal_predicates: dict[str, None] = field(default_factory=dict)

    def formula(self, formula: Formula) -> Tree:
        """Write a condition.

        Raises:
            UnsupportedError: for comparisons of numbers, aggregates, closures, and numbers or
                strings in the place of objects.
        """
        match formula:
            case Atom():
                return self.atom(formula)
            case Comparison("=", left, right):
                return self._equality(left, right)
            case Comparison("!=", left, right):
                return ["not", self._equality(left, right)]
            case Comparison():
                raise unsupported("comparisons of numbers", show(formula))
            case Aggregate():
                raise unsupported("aggregates", show(formula))
            case Closure():
                raise unsupported("closures", show(formula))
            case Modal():
                return self._modal(formula)
            case Not(body):
                plain = isinstance(body, Atom)
                self._need("negative-preconditions" if plain else "disjunctive-preconditions")
                return ["not", self.formula(body)]
            case And(parts):
                return ["and", *map(self.formula, parts)]
            case Or(parts):
                self._need("disjunctive-preconditions")
                return ["or", *map(self.formula, parts)]
            case Exists(variables, body):
                self._need("existential-preconditions")
                return ["exists", self.variables(variables), self.formula(body)]
            case Forall(variables, condition, body):
                self._need("universal-preconditions")
                return ["forall", self.variables(variables), self._guarded(condition, body)]
            case _:
                assert_never(formula)

    def closed(self, formula: Formula, bound: Iterable[str]) -> Tree:
        """Write a condition whose free variables, beyond the bound ones, are existential."""
        known = set(bound)
        local = [name for name in free_variables(formula) if name not in known]
        if not local:
            return self.formula(formula)
        variables = tuple(TypedVariable(name) for name in local)
        return self.formula(Exists(variables, formula))

    def atom(self, atom: Atom) -> Tree:
        """Write an atom; one of a type becomes ``(exists (?y - type) (= ?y ?x))``."""
        if atom.predicate in self.functions:
            raise unsupported("numeric functions outside of costs", str(atom))
        if atom.predicate not in self.task.rules.predicates:
            return self._type_atom(atom)
        return [self.names.predicate(atom.predicate), *self._terms(atom)]

    def _type_atom(self, atom: Atom) -> Tree:
        self._need("existential-preconditions")
        self._need("equality")
        (term,) = self._terms(atom)
        variable = self.names.variable("same" if term != "?same" else "same-2")
        kind = self._type((atom.predicate,))
        return ["exists", [variable, "-", *kind], ["=", variable, term]]

    def _terms(self, atom: Atom) -> list[str]:
        return [self.term(argument, str(atom)) for argument in atom.arguments]

    def term(self, term: Expression, where: str) -> str:
        """Write a variable or an object."""
        match term:
            case Variable(name):
                return self.names.variable(name)
            case str():
                return self.names.object(term)
            case Text():
                raise unsupported("strings", where)
            case int() | Fraction():
                raise unsupported("numbers in the place of objects", where)
            case Arithmetic():
                raise unsupported("arithmetic outside of costs", where)
            case FunctionTerm():
                raise unsupported("functions outside of costs", where)
            case _:
                assert_never(term)

    def variables(self, variables: Iterable[TypedVariable]) -> list[Tree]:
        """Write a typed list of variables."""
        pairs = [(self.names.variable(v.name), v.types) for v in variables]
        return self.typed_list(pairs)

    def typed_list(self, pairs: Iterable[tuple[str, tuple[str, ...]]]) -> list[Tree]:
        """Write names with their types; without any type when all are objects."""
        listed = list(pairs)
        if all(types == (ANY_TYPE,) for _, types in listed):
            return [name for name, _ in listed]
        # A name without a type would take the type of the next one.
        return [word for name, types in listed for word in (name, "-", *self._type(types))]

    def type_words(self, types: tuple[str, ...]) -> list[str]:
        """Write ``- type`` as words."""
        return ["-", *(layout(word) for word in self._type(types))]

    def _type(self, types: tuple[str, ...]) -> list[Tree]:
        """One word, or one ``either`` group."""
        self._need("typing")
        for name in types:
            if name in VALUE_TYPES:
                raise unsupported("numbers and strings in the place of objects", f"type {name}")
        names: list[Tree] = [self.names.type(name) for name in types]
        return names if len(names) == 1 else [["either", *names]]

    def _equality(self, left: Expression, right: Expression) -> Tree:
        self._need("equality")
        where = f"{show_expression(left)} = {show_expression(right)}"
        return ["=", self.term(left, where), self.term(right, where)]

    def _guarded(self, condition: Formula, body: Formula) -> Tree:
        if condition == TRUE:
            return self.formula(body)
        self._need("disjunctive-preconditions")
        return ["imply", self.formula(condition), self.formula(body)]

    def _modal(self, modal: Modal) -> Tree:
        """``goal p`` becomes a predicate of its own, given in the initial state."""
        if modal.mode == "ready" and self.task.rules.orders:
            raise unsupported("orders of goals", show(modal))
        predicate = modal.atom.predicate
        self.goal_predicates.setdefault(predicate)
        name = self.names.predicate(goal_predicate(predicate))
        wanted: Tree = [name, *self._terms(modal.atom)]
        if modal.mode == "goal":
            return wanted
        self._need("negative-preconditions")
        return ["and", wanted, ["not", self.atom(modal.atom)]]

    def expression(self, expression: Expression) -> Tree:
        """Write a cost."""
        match expression:
            case FunctionTerm(predicate, arguments):
                where = show_expression(expression)
                if predicate not in self.functions:
                    raise unsupported("costs read from predicates without numbers", where)
                terms = [self.term(a, where) for a in arguments]
                return [self.names.function(predicate), *terms]
            case Arithmetic("//" | "mod"):
                raise unsupported("integer divisions", show_expression(expression))
            case Arithmetic(operator, left, right):
                return [operator, self.expression(left), self.expression(right)]
            case int() | Fraction():
                return self.number(expression)
            case _:
                raise unsupported("costs read from variables", show_expression(expression))

    def number(self, number: int | Fraction) -> str:
        """Write a number, exactly."""
        text = show_constant(number)
        if "/" in text:
            raise unsupported("numbers without a finite decimal", text)
        return text

    def _need(self, requirement: str) -> None:
        self.needed.setdefault(f":{requirement}")
