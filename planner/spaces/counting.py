"""Derived predicates that count, add up or compare the instances of an aggregate.

``at least(G, k)`` says that ``k`` instances hold for the shared variables ``G``; its axioms, and
those of totals, are made by `planner.spaces.counters` from the reachable instances. All others
are axiom schemas over these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.kr.formulas import FALSE, TRUE, And, Atom, Comparison, Exists, Not, Or
from planner.kr.terms import Arithmetic, TypedVariable, Variable
from planner.spaces.conjunctions import AxiomSchema, Conjunction
from planner.spaces.tables import AggregateTable

if TYPE_CHECKING:
    from planner.kr.formulas import Formula
    from planner.kr.terms import Term
    from planner.spaces.conjunctions import Scope
    from planner.spaces.normal_form import Normaliser

__all__ = ["Counting", "Group", "Operator"]

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

_HIDDEN = TypedVariable("instance@", ("number",))
_REACHED, _NEXT = TypedVariable("reached@", ("int",)), TypedVariable("next@", ("int",))
_K, _N = Variable("k"), Variable("n")


@dataclass(frozen=True, slots=True)
class Group:
    """The instances of an aggregate: atoms ``predicate(shared variables, terms)``.

    Attributes:
        width: how many terms there are.
    """

    predicate: str
    shared: tuple[Variable, ...]
    width: int

    @property
    def places(self) -> tuple[Variable, ...]:
        """Variables for the shared places, whatever they are called in the formula."""
        return tuple(Variable(f"shared{i}") for i in range(len(self.shared)))

    def instance(self, first: Term) -> Atom:
        """An instance over `places` with the given first term."""
        others = (Variable(f"term{i}") for i in range(1, self.width))
        return Atom(self.predicate, (*self.places, first, *others))


class Counting:
    """Makes each predicate once, when something asks for it."""

    def __init__(self, normaliser: Normaliser) -> None:
        self._normaliser = normaliser
        self._names: dict[tuple[str, str], str] = {}
        self._tables: dict[str, AggregateTable] = {}
        self._highest: dict[str, int] = {}
        self._unbounded: set[str] = set()

    @property
    def tables(self) -> tuple[AggregateTable, ...]:
        """What `planner.spaces.counters` has to define."""
        return tuple(
            replace(table, highest=None if name in self._unbounded else self._highest.get(name, 0))
            for name, table in self._tables.items()
        )

    def equals(self, function: str, group: Group, result: Term) -> Formula:
        """The aggregate has this value, which binds a variable."""
        at = (*group.shared, result)
        match function:
            case "count":
                nothing: Formula = Not(Atom(self._at_least(group), (*group.shared, 1)))
                value = Atom(self._exactly(group), at)
            case "sum":
                nothing = Not(Atom(self._some(group), group.shared))
                value = Atom(self._total(group), at)
            case _:
                beaten = self._beaten(group, "<" if function == "min" else ">")
                value = Atom(self._value(group), at)
                return And((value, Not(Atom(beaten, at))))
        zero = Comparison("=", result, 0)
        if isinstance(result, Variable):
            return Or((value, And((zero, nothing))))
        return nothing if result == 0 and function == "count" else Or((value, And((zero, nothing))))

    # Tests of a count.

    def at_least(self, group: Group, bound: Term, strictly: bool = False) -> Formula:
        """The count is at least (or above) a number, or a variable that stands for integers."""
        if isinstance(bound, int | Fraction):
            return self._at_least_number(group, math.floor(bound) + 1 if strictly else bound)
        self._unbounded.add(self._at_least(group))
        name = self._more_than(group) if strictly else self._at_least(group)
        below = Comparison("<" if strictly else "<=", bound, 0)
        return Or((below, Atom(name, (*group.shared, bound))))

    def _at_least_number(self, group: Group, bound: int | Fraction) -> Formula:
        number = math.ceil(bound)
        if number <= 0:
            return TRUE
        name = self._at_least(group)
        self._highest[name] = max(self._highest.get(name, 0), number)
        return Atom(name, (*group.shared, number))

    def test(self, group: Group, operator: Operator, bound: Term) -> Formula:
        """The count compared with a number or a variable that stands for integers."""
        match operator:
            case ">=" | ">":
                return self.at_least(group, bound, strictly=operator == ">")
            case "<":
                return _not(self.at_least(group, bound))
            case "<=":
                return _not(self.at_least(group, bound, strictly=True))
        if isinstance(bound, Fraction) and bound.denominator != 1:
            return FALSE if operator == "=" else TRUE
        exactly = And((self.at_least(group, bound), _not(self.at_least(group, bound, True))))
        return exactly if operator == "=" else Not(exactly)

    def compare(self, first: Group, operator: Operator, second: Group, scope: Scope) -> Formula:
        """One count compared with another, in as many axioms as there are numbers."""
        match operator:
            case ">=" | ">":
                return self._not_below(first, second, operator == ">", scope)
            case "<=" | "<":
                return self._not_below(second, first, operator == "<", scope)
        more = self._not_below(first, second, False, scope)
        equal = And((more, self._not_below(second, first, False, scope)))
        return equal if operator == "=" else Not(equal)

    def _not_below(self, first: Group, second: Group, strictly: bool, scope: Scope) -> Formula:
        more, less = self._at_least(first), self._at_least(second)
        self._unbounded |= {more, less}
        reached = Atom(more, (*first.shared, _REACHED.variable))
        if strictly:
            missed = Not(Atom(less, (*second.shared, _REACHED.variable)))
            part: Formula = Exists((_REACHED,), And((reached, missed)))
        else:
            following = Arithmetic("+", _REACHED.variable, 1)
            beyond = Comparison("=", _NEXT.variable, following)
            missed = Not(Atom(less, (*second.shared, _NEXT.variable)))
            none = Not(Atom(less, (*second.shared, 1)))
            part = Or((none, Exists((_REACHED, _NEXT), And((reached, beyond, missed)))))
        return self._normaliser.auxiliary(part, scope)

    # Tests of the smallest and the greatest.

    def extreme(self, function: str, group: Group, operator: Operator, bound: Term) -> Formula:
        """``min`` or ``max`` compared with a number by ``<``, ``<=``, ``>`` or ``>=``."""
        one = Atom(self._value(group), (*group.shared, _HIDDEN.variable))
        towards = operator in ("<", "<=") if function == "min" else operator in (">", ">=")
        if towards:
            return Exists((_HIDDEN,), And((one, Comparison(operator, _HIDDEN.variable, bound))))
        against: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
        counter = Comparison(against[operator], _HIDDEN.variable, bound)
        return And((Exists((_HIDDEN,), one), Not(Exists((_HIDDEN,), And((one, counter))))))

    # The predicates.

    def _at_least(self, group: Group) -> str:
        return self._counted("at least", group)

    def _total(self, group: Group) -> str:
        return self._counted("total", group, self._some(group))

    def _counted(self, kind: Literal["at least", "total"], group: Group, present: str = "") -> str:
        name, new = self._name(kind, group)
        if new:
            self._tables[name] = AggregateTable(
                kind, group.predicate, len(group.shared), name, present
            )
        return name

    def _exactly(self, group: Group) -> str:
        at_least = self._at_least(group)
        self._unbounded.add(at_least)
        following = Comparison("=", _K, Arithmetic("+", _N, 1))
        body = Conjunction(
            static=(following,),
            positive=(Atom(at_least, (*group.places, _N)),),
            negative=(Atom(at_least, (*group.places, _K)),),
        )
        return self._defined("exactly", group, (*group.places, _N), body)

    def _more_than(self, group: Group) -> str:
        following = Comparison("=", _N, Arithmetic("-", _K, 1))
        at_least = Atom(self._at_least(group), (*group.places, _K))
        body = Conjunction(static=(following,), positive=(at_least,))
        return self._defined("more than", group, (*group.places, _N), body)

    def _some(self, group: Group) -> str:
        body = Conjunction(positive=(group.instance(_N),))
        return self._defined("some", group, group.places, body)

    def _value(self, group: Group) -> str:
        body = Conjunction(positive=(group.instance(_N),))
        return self._defined("value", group, (*group.places, _N), body)

    def _beaten(self, group: Group, better: Operator) -> str:
        value = self._value(group)
        both = (Atom(value, (*group.places, _N)), Atom(value, (*group.places, _K)))
        body = Conjunction(static=(Comparison(better, _K, _N),), positive=both)
        return self._defined(f"beaten {better}", group, (*group.places, _N), body)

    def _defined(
        self, kind: str, group: Group, head: tuple[Variable, ...], body: Conjunction
    ) -> str:
        name, new = self._name(kind, group)
        if new:
            self._normaliser.axioms.append(AxiomSchema(Atom(name, head), body))
        return name

    def _name(self, kind: str, group: Group) -> tuple[str, bool]:
        key = (kind, group.predicate)
        new = key not in self._names
        if new:
            self._names[key] = self._normaliser.new_predicate(kind)
        return self._names[key], new


def _not(formula: Formula) -> Formula:
    return FALSE if formula == TRUE else Not(formula)
