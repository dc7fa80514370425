"""An order over goals, learned from which plans undo which goals on their way.

While single goals are planned one after the other, count how often the plan for goal g deletes a
goal h that was true and shares an object with g. Where that happens often, and more often than
the other way round, h had better wait for g.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.kr.control import GoalOrder
from planner.kr.formulas import Atom
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.kr.rules import Predicate

__all__ = ["Interference", "static_orders"]

# h.place == g.place: predicate and place of h, then of g.
_Edge = tuple[str, int, str, int]

_LEAST_RATE = 0.3
_LEAST_CASES = 3
_DOMINANCE = 2.0


@dataclass
class Interference:
    """Counts of goals met and goals undone, by the places in which two goals share an object."""

    seen: Counter[_Edge] = field(default_factory=Counter)
    undone: Counter[_Edge] = field(default_factory=Counter)

    def count(self, goal: Atom, achieved: Iterable[Atom], deleted: frozenset[Atom]) -> None:
        """Note one plan.

        Args:
            goal: what the plan was for.
            achieved: goal atoms that held before it.
            deleted: atoms that a step of it deleted.
        """
        for other in achieved:
            if other == goal:
                continue
            for i, mine in enumerate(other.arguments):
                for j, theirs in enumerate(goal.arguments):
                    if mine == theirs:
                        edge = (other.predicate, i, goal.predicate, j)
                        self.seen[edge] += 1
                        self.undone[edge] += other in deleted

    def orders(self, predicates: Mapping[str, Predicate]) -> tuple[GoalOrder, ...]:
        """The edges that are frequent and one-sided, as order statements."""
        return tuple(_order(edge, predicates) for edge in self.seen if self._is_kept(edge))

    def _is_kept(self, edge: _Edge) -> bool:
        p, i, q, j = edge
        back = (q, j, p, i)
        rate = self.undone[edge] / self.seen[edge]
        opposite = self.undone[back] / self.seen[back] if self.seen[back] else 0.0
        frequent = self.seen[edge] >= _LEAST_CASES and rate >= _LEAST_RATE
        return frequent and edge != back and rate >= _DOMINANCE * opposite


def _order(edge: _Edge, predicates: Mapping[str, Predicate]) -> GoalOrder:
    p, i, q, j = edge
    shared = Variable("x")
    later = _pattern(p, predicates[p].arity, {i: shared}, 1)
    earlier = _pattern(q, predicates[q].arity, {j: shared}, 1 + predicates[p].arity)
    return GoalOrder(later, earlier)


def _pattern(name: str, arity: int, fixed: Mapping[int, Variable], first: int) -> Atom:
    """An atom whose other places are written `?`; these are numbered from ``first``."""
    terms = tuple(fixed.get(k, Variable(f"_{first + k}")) for k in range(arity))
    return Atom(name, terms)


def static_orders(
    goals: Sequence[str], statics: Sequence[str], predicates: Mapping[str, Predicate]
) -> tuple[GoalOrder, ...]:
    """Every order of goals along a static binary relation, to be tried on training tasks.

    For ``up`` and ``painted``: ``painted(?x, ?) after painted(?y, ?) if up(?y, ?x)``, for each
    place and relation whose types agree.
    """
    found = []
    for name in goals:
        for place, types in enumerate(predicates[name].types):
            for relation in statics:
                if predicates[relation].types != (types, types):
                    continue
                arity = predicates[name].arity
                x, y = Variable("x"), Variable("y")
                later = _pattern(name, arity, {place: x}, 1)
                earlier = _pattern(name, arity, {place: y}, 1 + arity)
                found.append(GoalOrder(later, earlier, Atom(relation, (y, x))))
    return tuple(found)
