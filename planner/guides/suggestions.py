"""Single control rules matched against a state: bindings of their steps, and what they cost."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.guides.matching import Slots, compile_queries
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import conjoin
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.matching import Query
    from planner.guides.state_facts import StateFacts
    from planner.guides.walks import GroundAction, Walks
    from planner.kr.control import ControlRule
    from planner.kr.terms import Term

__all__ = ["RuleMatcher", "Suggestion"]

MOST_BINDINGS = 1000
"""Bindings of one rule that are compared in a state; more are not asked for."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule that applies, with the variables of its steps bound.

    Attributes:
        rule: number of the rule in ``task.rules.control``.
        binding: codes of the variables of its steps, -1 where any value does.
        rank: the rule's rank; lower is asked first.
        measure: the cost that decides among suggestions of a rank: all steps of the rule, walks
            included, or those up to its first real step where the rule is then asked again.
        total: all steps.
    """

    rule: int
    binding: Row
    rank: int
    measure: int
    total: int

    @property
    def key(self) -> tuple[int, int, int, int, Row]:
        """What suggestions are ordered by, the best first."""
        return (self.rank, self.measure, self.total, self.rule, self.binding)


class RuleMatcher:
    """One control rule, ready to be matched."""

    def __init__(
        self,
        number: int,
        rule: ControlRule,
        facts: StateFacts,
        walks: Walks,
        schemas: Mapping[str, int],
    ) -> None:
        self.number = number
        self.name = rule.name or f"rule {number + 1}"
        self.rank = rule.rank
        self.run = rule.run
        self.forbids = rule.forbids
        self.real_steps = sum(isinstance(s, StepPattern) for s in rule.steps)
        self._rule = rule
        self._walks = walks
        self._schemas = schemas
        self._facts = facts
        slots = Slots()
        names: dict[str, None] = {}
        for step in rule.steps:
            terms = step.arguments if isinstance(step, StepPattern) else _ends(step)
            names.update((t.name, None) for t in terms if isinstance(t, Variable))
        self._places = {name: place for place, name in enumerate(names)}
        self._slots = [slots.of(name) for name in names]
        parts = [rule.condition] if rule.pursues is None else [rule.pursues, rule.condition]
        queries = compile_queries(facts, conjoin(*parts), slots)
        # Variables that the steps do not read are projected away, a component at a time.
        self._queries = [query.components() for query in queries]

    def suggestions(self) -> Iterator[Suggestion]:
        """The rule's bindings in the current state, each with its cost."""
        seen: dict[Row, None] = {}
        for components in self._queries:
            for binding in self._bindings(components):
                if len(seen) >= MOST_BINDINGS:
                    return
                if binding in seen:
                    continue
                seen[binding] = None
                costs = self._costs(binding)
                if costs is not None:
                    first, total = costs
                    measure = first if self.run == "first" else total
                    yield Suggestion(self.number, binding, self.rank, measure, total)

    def actions(self, binding: Row, *, first: bool) -> list[GroundAction]:
        """The rule's actions, walks filled in."""
        actions: list[GroundAction] = []
        for step in self._rule.steps:
            if isinstance(step, WalkPattern):
                actions += self._walks.path(step.predicate, *self._walk(step, binding))
                continue
            arguments = tuple(self._code(term, binding) for term in step.arguments)
            actions.append((self._schemas[step.action], arguments))
            if first:
                break
        return actions

    def _bindings(self, components: Sequence[Query]) -> Iterator[Row]:
        options: list[list[dict[int, int]]] = []
        for component in components:
            found: dict[Row, None] = {}
            for match in component.matches():
                found[tuple(match[slot] for slot in self._slots)] = None
                if len(found) >= MOST_BINDINGS or not self._slots:
                    break
            if not found:
                return
            options.append([{p: code for p, code in enumerate(row) if code >= 0} for row in found])
        for parts in itertools.product(*options):
            joined = {place: code for part in parts for place, code in part.items()}
            yield tuple(joined.get(place, -1) for place in range(len(self._slots)))

    def _costs(self, binding: Row) -> tuple[int, int] | None:
        """Steps up to the first real one, and all steps; ``None`` where a walk has no way."""
        total, first = 0, 0
        for step in self._rule.steps:
            if isinstance(step, StepPattern):
                total += 1
                first = first or total
                continue
            distance = self._walks.distance(step.predicate, *self._walk(step, binding))
            if distance is None:
                return None
            total += distance
        return first or total, total

    def _walk(self, step: WalkPattern, binding: Row) -> tuple[int | None, int, int]:
        mover = None if step.mover is None else self._code(step.mover, binding)
        start, end = self._code(step.start, binding), self._code(step.end, binding)
        return (None if mover is not None and mover < 0 else mover), start, end

    def _code(self, term: Term, binding: Row) -> int:
        if isinstance(term, Variable):
            return binding[self._places[term.name]]
        return self._facts.symbols.code(term)


def _ends(step: WalkPattern) -> tuple[Term, ...]:
    ends = (step.start, step.end)
    return ends if step.mover is None else (step.mover, *ends)
