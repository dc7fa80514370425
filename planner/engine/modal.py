"""Rules that declarations stand for: goal orders and the properties of predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.normalize import blocked_predicate
from planner.kr.formulas import And, Atom, Modal, Or, conjoin
from planner.kr.rules import Rule
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.kr.control import GoalOrder
    from planner.kr.rules import Predicate

__all__ = ["order_rules", "property_rules"]


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


def property_rules(predicates: Iterable[Predicate]) -> list[Rule]:
    """The rules that ``symmetric`` and ``equivalence`` stand for.

    An equivalence is reflexive over the constants that occur in it.
    """
    x, y, z = Variable("x"), Variable("y"), Variable("z")
    rules: list[Rule] = []
    for predicate in predicates:
        name = predicate.name
        forward, backward = Atom(name, (x, y)), Atom(name, (y, x))
        if predicate.properties & {"symmetric", "equivalence"}:
            rules.append(Rule(forward, backward, name=f"{name} is symmetric", span=predicate.span))
        if "equivalence" in predicate.properties:
            through = And((Atom(name, (x, z)), Atom(name, (z, y))))
            member = Or((forward, backward))
            rules += [
                Rule(forward, through, name=f"{name} is transitive", span=predicate.span),
                Rule(Atom(name, (x, x)), member, name=f"{name} is reflexive", span=predicate.span),
            ]
    return rules
