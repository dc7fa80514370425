"""What is known of literals before any search: always true, always false, or open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.spaces.lists import Lists

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.axioms import Axioms
    from planner.spaces.operators import Effects, Operators

    Status = npt.NDArray[np.int8]

__all__ = ["contradictory", "net_effects", "settle", "simplified", "simplify_operators"]

OPEN, ALWAYS, NEVER = 0, 1, 2


def net_effects(operators: Operators) -> Operators:
    """Operators without deletions that an addition of the same effect undoes."""
    effects = operators.effects
    return replace(
        operators,
        delete=operators.delete.without(operators.add),
        effects=replace(effects, delete=effects.delete.without(effects.add)),
    )


def settle(
    initial: BoolArray, derived: BoolArray, operators: Operators, axioms: Axioms
) -> tuple[Status, Axioms]:
    """The status of each atom, and the axioms that are left, simplified.

    An atom that is true at the start and never deleted is always true; a derived atom is always
    true when an axiom has nothing left to ask for, and never when no axiom is left.
    """
    deleted = np.zeros(len(initial), dtype=np.bool_)
    deleted[operators.delete.value] = True
    deleted[operators.effects.delete.value] = True
    status = np.where(initial & ~deleted & ~derived, ALWAYS, OPEN).astype(np.int8)
    while True:
        axioms = _reduced(axioms, status)
        known = status.copy()
        known[axioms.head[axioms.body.sizes() == 0]] = ALWAYS
        supported = np.zeros(len(initial), dtype=np.bool_)
        supported[axioms.head] = True
        known[derived & ~supported & (known == OPEN)] = NEVER
        if np.array_equal(known, status):
            return status, axioms
        status = known


def _reduced(axioms: Axioms, status: Status) -> Axioms:
    body, dead = simplified(axioms.body, status)
    keep = ~dead & ~contradictory(body) & (status[axioms.head] == OPEN)
    return replace(axioms, body=body).selected(keep)


def simplified(conditions: Lists, status: Status) -> tuple[Lists, BoolArray]:
    """Conditions without the literals that always hold, and which of them never hold."""
    known = status[conditions.value >> 1]
    negative = (conditions.value & 1).astype(np.bool_)
    true = known == np.where(negative, NEVER, ALWAYS)
    false = known == np.where(negative, ALWAYS, NEVER)
    return conditions.filtered(~true), conditions.rows_with(false)


def contradictory(conditions: Lists) -> BoolArray:
    """Which conditions ask for an atom and for its negation."""
    value, owner = conditions.value, conditions.owner
    twins: BoolArray = np.zeros(len(value), dtype=np.bool_)
    twins[1:] = (value[1:] == (value[:-1] | 1)) & (value[:-1] % 2 == 0)
    twins[1:] &= owner[1:] == owner[:-1]
    return conditions.rows_with(twins)


def simplify_operators(operators: Operators, status: Status) -> Operators:
    """Operators that can be applied and change something, conditions and effects simplified."""
    condition, dead = simplified(operators.condition, status)
    dead = dead | contradictory(condition)
    varies = status != ALWAYS
    effects = _simplify_effects(operators.effects, status)
    certain = np.bincount(effects.condition.owner, minlength=effects.condition.count) == 0
    operators = replace(
        operators,
        condition=condition,
        add=operators.add.filtered(varies[operators.add.value]),
        effects=effects.selected(~certain),
    )
    if certain.any():
        operators = _with_certain(operators, effects.selected(certain))
    changes = np.zeros(operators.condition.count, dtype=np.bool_)
    for owners in (operators.add.owner, operators.delete.owner, operators.effects.owner):
        changes[owners] = True
    return operators.selected(~dead & changes)


def _simplify_effects(effects: Effects, status: Status) -> Effects:
    condition, dead = simplified(effects.condition, status)
    add = effects.add.filtered(status[effects.add.value] != ALWAYS)
    changes = (add.sizes() > 0) | (effects.delete.sizes() > 0)
    keep = ~dead & ~contradictory(condition) & changes
    return replace(effects, condition=condition, add=add).selected(keep)


def _with_certain(operators: Operators, certain: Effects) -> Operators:
    """Effects whose condition always holds join the unconditional ones."""
    count = operators.condition.count

    def by_operator(lists: Lists) -> Lists:
        owner: IntArray = certain.owner[lists.owner]
        return Lists.of_pairs(owner, lists.value, count)

    add = operators.add.merged(by_operator(certain.add))
    delete = operators.delete.merged(by_operator(certain.delete))
    return replace(operators, add=add, delete=delete.without(add))
