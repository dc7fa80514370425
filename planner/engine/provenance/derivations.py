"""All the ways in which the rules derive a fact, found by joining backwards from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.backtrack import Backtracker
from planner.engine.clauses import Tally
from planner.engine.gather.proofs import Split
from planner.engine.heights import as_stated
from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.engine.clauses import Body, Clause
    from planner.engine.extension import Extension
    from planner.engine.facts import Facts
    from planner.engine.provenance.cone import Heights
    from planner.engine.symbols import SymbolTable

    Binding: TypeAlias = dict[str, int]

Row: TypeAlias = "tuple[int, ...]"
Fact: TypeAlias = "tuple[str, Row]"

__all__ = ["Derivation", "Derivations", "Fact", "Row"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """One instance of a clause, or the statement of a fact.

    Attributes:
        clause: ``None`` where a fact is stated or gathered, or every member of a guard is met.
        binding: codes of the clause's variables.
        premises: the facts that the instance rests on, repeated where they recur.
        is_given: whether the fact is stated.
    """

    clause: Clause | None
    binding: Binding
    premises: tuple[Fact, ...]
    is_given: bool = False


class Derivations:
    """Finds derivations of the facts whose heights are known."""

    def __init__(self, heights: Heights, facts: Facts) -> None:
        self.heights = heights
        self.symbols: SymbolTable = heights.symbols
        self.backtracker = Backtracker(self.extension, heights.symbols)
        self.by_head: dict[str, list[Clause]] = {}
        gatherings = [kind for layer in heights.plan.layers for kind in layer.tallies]
        self._tallies = {t.head.predicate: t for t in gatherings if isinstance(t, Tally)}
        self.split = Split(gatherings, facts, self.extension)
        for clause in map(as_stated, heights.plan.clauses):
            self.by_head.setdefault(clause.head.predicate, []).append(clause)

    def extension(self, predicate: str) -> Extension:
        """The rows of a predicate, those that what was asked about can rest on at least."""
        return self.heights.extension(predicate)

    def include(self, fact: Fact) -> None:
        """See to the heights of a fact that holds, and of all that it can rest on."""
        self.heights.include(*fact)

    def height(self, fact: Fact) -> int:
        """The height of an included fact's least proof, 0 when it is stated."""
        return self.extension(fact[0]).round_of(fact[1])

    def first(self, fact: Fact) -> Derivation:
        """A derivation from facts that are all lower, the first one in the order of the rules."""
        height = self.height(fact)
        if self._is_given(fact):
            return Derivation(None, {}, (), is_given=True)

        def is_lower(name: str, row: Row) -> bool:
            return self.extension(name).round_of(row) < height

        found = next(self._derived(fact, is_lower), None)
        assert found is not None, f"nothing derives {fact}"
        return found

    def every(self, fact: Fact) -> tuple[Derivation, ...]:
        """Every derivation, different instances that rest on the same facts being one."""
        found: dict[tuple[int, tuple[Fact, ...]], Derivation] = {}
        if self._is_given(fact):
            found[-2, ()] = Derivation(None, {}, (), is_given=True)
        for derivation in self._derived(fact, None):
            clause = derivation.clause
            number = -1 if clause is None else self.by_head[fact[0]].index(clause)
            found.setdefault((number, derivation.premises), derivation)
        return tuple(found.values())

    def cone(self, goal: Fact) -> dict[Fact, tuple[Derivation, ...]]:
        """Every fact that can take part in a proof of the goal, with all its derivations."""
        found: dict[Fact, tuple[Derivation, ...]] = {}
        waiting = [goal]
        while waiting:
            fact = waiting.pop()
            if fact not in found:
                found[fact] = self.every(fact)
                waiting += (p for d in reversed(found[fact]) for p in reversed(d.premises))
        return found

    def _is_given(self, fact: Fact) -> bool:
        return self.height(fact) == 0 or self.split.is_given(fact)

    def _derived(
        self, fact: Fact, admits: Callable[[str, Row], bool] | None
    ) -> Iterator[Derivation]:
        predicate, row = fact
        if predicate in self._tallies:
            yield Derivation(None, {}, tuple(self._met(fact)))
            return
        if self.split.gathers(predicate):
            yield Derivation(None, {}, tuple(self.split.premises(fact)))
            return
        for clause in self.by_head.get(predicate, ()):
            binding = self.backtracker.unify(clause.head.arguments, row, {})
            if binding is None:
                continue
            for solution in self.backtracker.solutions(clause.body, binding, admits):
                premises = tuple(self._premises(clause.body, solution))
                yield Derivation(clause, solution, premises)

    def _met(self, fact: Fact) -> list[Fact]:
        tally = self._tallies[fact[0]]
        columns = tuple(range(len(fact[1])))
        return [(tally.met, row) for row in self.extension(tally.met).matching(columns, fact[1])]

    def _premises(self, body: Body, binding: Binding) -> Iterator[Fact]:
        for literal in self.split.shown_body(body):
            if isinstance(literal, Atom):
                yield literal.predicate, self.backtracker.row(literal, binding)
