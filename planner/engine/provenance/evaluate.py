"""The value of a fact in a semiring, over all its derivations (Green et al. 2007).

Recursion is iterated to the least fixpoint. Where a fact can support itself that may never end:
then `Counting` says infinity, and the semirings in which a detour never helps end by themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from planner.engine.provenance.semiring import Counting, MinCost, TopProofs
from planner.kr.formulas import Atom
from planner.kr.strata import strongly_connected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from planner.engine.provenance.derivations import Derivation, Derivations, Fact
    from planner.engine.provenance.semiring import Semiring

__all__ = ["cheapest_cost", "count_derivations", "evaluate", "smallest_supports"]

Value = TypeVar("Value")


def evaluate(
    derivations: Derivations,
    goal: Fact,
    semiring: Semiring[Value],
    stated: Callable[[Fact], Value],
    *,
    by_rule: Callable[[Derivation], Value] | None = None,
    unbounded: Value | None = None,
) -> Value:
    """The sum over the derivations of a fact of the products of their premises.

    Args:
        derivations: of the model.
        goal: a fact that holds.
        semiring: what is asked.
        stated: the value of a fact that is stated.
        by_rule: the value that using a rule adds as a factor; without it, `Semiring.one`.
        unbounded: what values become that never stop changing; ``None`` where all do.
    """
    cone = derivations.cone(goal)
    reads = {
        fact: list(dict.fromkeys(p for way in ways for p in way.premises))
        for fact, ways in cone.items()
    }
    values: dict[Fact, Value] = {}
    for component in strongly_connected(reads):
        values.update((fact, semiring.zero) for fact in component)
        rounds = 0
        changed = True
        while changed:
            changed, rounds = False, rounds + 1
            for fact in component:
                value = _value(fact, cone, values, semiring, stated, by_rule)
                if value != values[fact]:
                    changed = True
                    # After as many rounds as there are facts, only loops can still change it.
                    late = rounds > len(component) + 1 and unbounded is not None
                    values[fact] = unbounded if late and unbounded is not None else value
            if len(component) == 1 and component[0] not in reads[component[0]]:
                break
    return values[goal]


def _value(
    fact: Fact,
    cone: Mapping[Fact, tuple[Derivation, ...]],
    values: Mapping[Fact, Value],
    semiring: Semiring[Value],
    stated: Callable[[Fact], Value],
    by_rule: Callable[[Derivation], Value] | None,
) -> Value:
    total = semiring.zero
    for way in cone[fact]:
        if way.is_given:
            total = semiring.plus(total, stated(fact))
            continue
        product = semiring.one if by_rule is None else by_rule(way)
        for premise in way.premises:
            product = semiring.times(product, values[premise])
        total = semiring.plus(total, product)
    return total


def count_derivations(derivations: Derivations, goal: Fact) -> float:
    """How many proof trees a fact has; infinitely many where a fact can support itself."""
    return evaluate(derivations, goal, Counting(), lambda _fact: 1, unbounded=math.inf)


def cheapest_cost(derivations: Derivations, goal: Fact, cost: Callable[[Atom], float]) -> float:
    """The least sum of the costs (at least 0) of the stated facts that a proof tree uses."""

    def stated(fact: Fact) -> float:
        return cost(_atom(derivations, fact))

    return evaluate(derivations, goal, MinCost(), stated)


def smallest_supports(
    derivations: Derivations, goal: Fact, count: int
) -> tuple[tuple[Atom, ...], ...]:
    """Up to ``count`` sets of stated facts that suffice for a fact, fewest facts first.

    No set contains another. The first has the fewest facts there are where no facts are shared
    between premises; sharing may make a set that was cut off smaller than it seemed.
    """
    semiring = TopProofs(count)
    numbers: dict[Fact, int] = {}

    def stated(fact: Fact) -> tuple[tuple[float, frozenset[int]], ...]:
        return semiring.fact(numbers.setdefault(fact, len(numbers)))

    found = evaluate(derivations, goal, semiring, stated)
    facts = list(numbers)
    return tuple(
        tuple(_atom(derivations, facts[number]) for number in sorted(support))
        for _, support in found
    )


def _atom(derivations: Derivations, fact: Fact) -> Atom:
    constant = derivations.symbols.constant
    return Atom(fact[0], tuple(constant(code) for code in fact[1]))
