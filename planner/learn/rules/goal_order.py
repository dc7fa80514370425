"""An order over goals, learned from which plans undo which goals on their way.

While single goals are planned one after the other, count how often the plan for goal g undoes a
goal h that was true. Where g and h share an object, or a changing fact links an object of h to
one of g, and h is undone often, and more often than the other way round, h had better wait for g:
a block that is to move needs nothing on top, so what is to stand on blocks above it waits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.control import GoalOrder
from planner.kr.formulas import Atom, Closure
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from planner.kr.rules import Predicate
    from planner.kr.task import RuleBase
    from planner.kr.terms import Expression

__all__ = ["Interference", "static_orders"]

# h.place == g.place: predicate and place of h, then of g.
_Edge: TypeAlias = "tuple[str, int, str, int]"

# The same places with what links them: a fact from the first to the second, or back.
_Link: TypeAlias = "tuple[str, int, str, int, str, bool]"

# What facts of a predicate lead to, by their first arguments.
_Way: TypeAlias = "dict[Expression, list[Expression]]"

_LEAST_RATE = 0.3
_LEAST_CASES = 3
_DOMINANCE = 2.0

_LEAST_LINKED_RATE = 0.9
"""A link says more than a shared object, so less than this would be chance."""


@dataclass(slots=True)
class _Tally:
    """How often something was seen while a goal was planned for, and the other goal undone."""

    seen: Counter[Hashable] = field(default_factory=Counter)
    undone: Counter[Hashable] = field(default_factory=Counter)

    def note(self, what: Hashable, *, undone: bool) -> None:
        """Count one plan."""
        self.seen[what] += 1
        self.undone[what] += undone

    def rate(self, what: Hashable) -> float:
        """The share of plans that undid the other goal; 0 where nothing was seen."""
        return self.undone[what] / self.seen[what] if self.seen[what] else 0.0


class Interference:
    """Counts of goals met and goals undone.

    Args:
        rules: of the tasks.
    """

    def __init__(self, rules: RuleBase) -> None:
        self._rules = rules
        self._sharing = _Tally()  # by edge
        self._apart = _Tally()  # by the predicates of goals that share no object
        self._linked = _Tally()  # by link, goals that share no object
        self._edges: dict[_Edge, None] = {}
        self._links: dict[_Link, None] = {}

    def count(
        self,
        goal: Atom,
        achieved: Iterable[Atom],
        undone: frozenset[Atom],
        facts: frozenset[Atom],
    ) -> None:
        """Note one plan.

        Args:
            goal: what the plan was for.
            achieved: goal atoms that held before it.
            undone: those that it made false on its way.
            facts: what held before it, derived facts left out.
        """
        ways = self._ways(facts)
        for other in achieved:
            if other == goal:
                continue
            edges = list(_edges(other, goal))
            for edge in edges:
                self._edges[edge] = None
                self._sharing.note(edge, undone=other in undone)
            if edges:
                continue
            self._apart.note((other.predicate, goal.predicate), undone=other in undone)
            for link in self._links_of(other, goal, ways):
                self._links[link] = None
                self._linked.note(link, undone=other in undone)

    def orders(self) -> tuple[GoalOrder, ...]:
        """Orders of goals that share an object."""
        kept = [edge for edge in self._edges if self._is_kept(edge)]
        return tuple(_order(edge, self._rules.predicates) for edge in kept)

    def linked_orders(self) -> tuple[GoalOrder, ...]:
        """Orders of goals that a changing fact links, or a chain of such facts."""
        kept = [link for link in self._links if self._is_link_kept(link)]
        return tuple(_linked_order(link, self._rules.predicates) for link in kept)

    def _ways(self, facts: Iterable[Atom]) -> dict[str, _Way]:
        """By binary predicate that actions change, what its facts lead to."""
        names = (
            name
            for name, predicate in self._rules.predicates.items()
            if predicate.arity == 2 and name in self._rules.fluents
        )
        ways: dict[str, _Way] = {name: {} for name in names}
        for fact in facts:
            if fact.predicate in ways:
                start, end = fact.arguments
                ways[fact.predicate].setdefault(start, []).append(end)
        return ways

    def _links_of(self, other: Atom, goal: Atom, ways: Mapping[str, _Way]) -> Iterator[_Link]:
        for name, way in ways.items():
            chained = _is_chained(self._rules.predicates[name])
            # What a goal brings about itself is no reason for it to wait.
            own = other.arguments if other.predicate == name else ()
            for i, mine in enumerate(other.arguments):
                for j, theirs in enumerate(goal.arguments):
                    places = other.predicate, i, goal.predicate, j
                    if theirs in _reached(way, mine, own, chained=chained):
                        yield (*places, name, True)
                    if mine in _reached(way, theirs, own, chained=chained):
                        yield (*places, name, False)

    def _is_kept(self, edge: _Edge) -> bool:
        p, i, q, j = edge
        back = (q, j, p, i)
        rate = self._sharing.rate(edge)
        frequent = self._sharing.seen[edge] >= _LEAST_CASES and rate >= _LEAST_RATE
        return frequent and edge != back and rate >= _DOMINANCE * self._sharing.rate(back)

    def _is_link_kept(self, link: _Link) -> bool:
        p, i, q, j, name, onward = link
        back = (q, j, p, i, name, not onward)
        rate = self._linked.rate(link)
        frequent = self._linked.seen[link] >= _LEAST_CASES and rate >= _LEAST_LINKED_RATE
        otherwise = max(self._linked.rate(back), self._apart.rate((p, q)))
        return frequent and rate >= _DOMINANCE * otherwise


def _edges(other: Atom, goal: Atom) -> Iterator[_Edge]:
    for i, mine in enumerate(other.arguments):
        for j, theirs in enumerate(goal.arguments):
            if mine == theirs:
                yield other.predicate, i, goal.predicate, j


def _is_chained(predicate: Predicate) -> bool:
    """Whether a fact can go on where another ends."""
    return predicate.types[0] == predicate.types[1]


def _reached(
    way: _Way, start: Expression, without: tuple[Expression, ...], *, chained: bool
) -> dict[Expression, None]:
    """Where one fact leads, or several; one fact is taken to be absent."""
    found: dict[Expression, None] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for end in way.get(here, ()):
            if end not in found and (here, end) != without:
                found[end] = None
                waiting += [end] if chained else []
    return found


def _linked_order(link: _Link, predicates: Mapping[str, Predicate]) -> GoalOrder:
    p, i, q, j, name, onward = link
    x, y = Variable("x"), Variable("y")
    ends = (x, y) if onward else (y, x)
    chained = _is_chained(predicates[name])
    arity = predicates[p].arity
    later = _pattern(p, arity, {i: x}, 1)
    earlier = _pattern(q, predicates[q].arity, {j: y}, 1 + arity)
    return GoalOrder(later, earlier, Closure(name, ends) if chained else Atom(name, ends))


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
