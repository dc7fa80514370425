"""Least proofs by looking back from a fact in the model that is there.

All derivations of the fact are found by joins, then those of their premises, and so on. A proof of
height h has all its derived facts within h - 1 steps from its root, so once so many steps were
looked at, the best proof among them is a least one. Nothing is evaluated; shallow proofs cost
microseconds, whatever the size of the model. Deep ones are left to others.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count, islice
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.provenance.derivations import Derivation
from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.clauses import Clause
    from planner.engine.model import Model
    from planner.engine.provenance.derivations import Fact

Support: TypeAlias = "list[tuple[Fact, Derivation]]"

__all__ = ["GIVEN", "Backwards", "Support", "near_support"]

GIVEN = Derivation(None, {}, (), is_given=True)
"""The derivation of what is stated."""

# Derivations that are looked at before the search is given up.
_BUDGET = 200


class Backwards:
    """Derivations of facts from whatever holds, without regard to heights."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.backtracker = Backtracker(model.extension, model.symbols)
        self.by_head: dict[str, list[Clause]] = {}
        for clause in model.plan.clauses:
            self.by_head.setdefault(clause.head.predicate, []).append(clause)
        self._stated: dict[str, frozenset[tuple[int, ...]]] = {}

    def is_given(self, fact: Fact) -> bool:
        """Whether a fact that holds is stated."""
        predicate, row = fact
        if predicate not in self.by_head:
            return True
        if self.model.facts.arity(predicate) is None:
            return False
        if predicate not in self._stated:
            self._stated[predicate] = frozenset(self.model.facts.tuples(predicate))
        return row in self._stated[predicate]

    def ways(self, fact: Fact) -> Iterator[Derivation]:
        """The derivations of a fact, in the order of the rules."""
        predicate, row = fact
        for clause in self.by_head.get(predicate, ()):
            binding = self.backtracker.unify(clause.head.arguments, row, {})
            if binding is not None:
                yield from self.instances(clause, binding)

    def instances(self, clause: Clause, binding: dict[str, int]) -> Iterator[Derivation]:
        """The instances of a clause that extend a binding."""
        for solution in self.backtracker.solutions(clause.body, binding):
            yield Derivation(clause, solution, self.premises(clause, solution))

    def premises(self, clause: Clause, binding: dict[str, int]) -> tuple[Fact, ...]:
        """The facts that an instance rests on."""
        return tuple(
            (literal.predicate, self.backtracker.row(literal, binding))
            for literal in clause.body
            if isinstance(literal, Atom)
        )


def near_support(backwards: Backwards, goal: Fact, budget: int = _BUDGET) -> Support | None:
    """A least proof of a fact that holds: its facts, premises first, each with a derivation.

    ``None`` where more than ``budget`` derivations would have to be looked at.
    """
    ways: dict[Fact, Sequence[Derivation]] = {}
    fringe = {goal: None}
    depth = 0
    while fringe:
        below: dict[Fact, None] = {}
        for fact in fringe:
            if backwards.is_given(fact):
                ways[fact] = (GIVEN,)
                continue
            ways[fact] = found = list(islice(backwards.ways(fact), budget + 1))
            budget -= len(found)
            if budget < 0:
                return None
            below.update((premise, None) for way in found for premise in way.premises)
        depth += 1
        # What is stated costs nothing to look at, so it is part of this step.
        ways.update((fact, (GIVEN,)) for fact in below if backwards.is_given(fact))
        support = _least(ways, goal, depth + 1)
        if support is not None:
            return support
        fringe = {fact: None for fact in below if fact not in ways}
    return None


def _least(ways: dict[Fact, Sequence[Derivation]], goal: Fact, height: int) -> Support | None:
    """The least proof among some derivations if it is no higher than ``height``.

    Facts are settled in the order of their heights (Knuth 1977).
    """
    readers: dict[Fact, list[tuple[Fact, int]]] = {}
    open_premises: dict[tuple[Fact, int], int] = {}
    ticket = count()
    heap: list[tuple[int, int, int, Fact]] = []
    for fact, derivations in ways.items():
        for number, way in enumerate(derivations):
            different = dict.fromkeys(way.premises)
            open_premises[fact, number] = len(different)
            for premise in different:
                readers.setdefault(premise, []).append((fact, number))
            if not different:
                heappush(heap, (int(not way.is_given), number, next(ticket), fact))
    settled: dict[Fact, Derivation] = {}
    while heap:
        least, number, _, fact = heappop(heap)
        if fact in settled:
            continue
        settled[fact] = ways[fact][number]
        if fact == goal:
            return _used(settled, goal) if least <= height else None
        for reader in readers.get(fact, ()):
            open_premises[reader] -= 1
            if not open_premises[reader]:
                heappush(heap, (least + 1, reader[1], next(ticket), reader[0]))
    return None


def _used(settled: dict[Fact, Derivation], goal: Fact) -> Support:
    """What a proof of the goal uses, in the order of settling."""
    used = {goal}
    for fact in reversed(settled):
        if fact in used:
            used.update(settled[fact].premises)
    return [(fact, way) for fact, way in settled.items() if fact in used]
