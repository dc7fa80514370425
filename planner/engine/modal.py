"""Rules that declarations stand for: goal orders and the properties of predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.normalize import blocked_predicate
from planner.kr.formulas import And, Atom, Modal, Or, conjoin
from planner.kr.rules import Rule
from planner.kr.terms import VALUE_TYPES, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.kr.control import GoalOrder
    from planner.kr.formulas import Formula
    from planner.kr.rules import Predicate

__all__ = ["order_rules", "property_rules", "symmetric_rules"]


def order_rules(orders: Iterable[GoalOrder]) -> list[Rule]:
    """What makes a goal wait: ``later after earlier`` blocks it while ``earlier`` is open."""
    return [
        Rule(
            Atom(blocked_predicate(order.later.predicate), order.later.arguments),
            conjoin(Modal("open", order.later), Modal("open", order.earlier), order.condition),
            name=f"order {order.later} after {order.earlier}",
            span=order.span,
        )
        for order in orders
    ]


def symmetric_rules(predicates: Iterable[Predicate]) -> list[Rule]:
    """The rules that ``symmetric`` stands for."""
    return [
        Rule(forward, backward, name=f"{forward.predicate} is symmetric", span=predicate.span)
        for predicate in predicates
        if "symmetric" in predicate.properties
        for forward, backward in [_both_ways(predicate)]
    ]


def property_rules(predicates: Iterable[Predicate]) -> list[Rule]:
    """The rules that ``symmetric`` and ``equivalence`` stand for, where neither is built in.

    An equivalence is reflexive over the objects of its types, and over what occurs in it.
    """
    x, y, z = Variable("x"), Variable("y"), Variable("z")
    rules: list[Rule] = []
    for predicate in predicates:
        name, span = predicate.name, predicate.span
        forward, backward = _both_ways(predicate)
        if predicate.properties & {"symmetric", "equivalence"}:
            rules.append(Rule(forward, backward, name=f"{name} is symmetric", span=span))
        if "equivalence" in predicate.properties:
            through = And((Atom(name, (x, z)), Atom(name, (z, y))))
            member: list[Formula] = [forward, backward]
            member += [Atom(t, (x,)) for t in predicate.types[0] if t not in VALUE_TYPES]
            itself = Atom(name, (x, x))
            rules += [
                Rule(forward, through, name=f"{name} is transitive", span=span),
                Rule(itself, Or(tuple(member)), name=f"{name} is reflexive", span=span),
            ]
    return rules


def _both_ways(predicate: Predicate) -> tuple[Atom, Atom]:
    x, y = Variable("x"), Variable("y")
    return Atom(predicate.name, (x, y)), Atom(predicate.name, (y, x))
