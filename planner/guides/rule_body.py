"""The body of a control rule matched against a state: bindings of its steps, and what they cost."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from planner.guides.leg_costs import LegCosts
from planner.guides.matching import compile_queries
from planner.guides.nearest import nearest_rows
from planner.guides.queries import Slots
from planner.guides.rule_combination import Combination
from planner.guides.rule_legs import ANY, Leg, known_code
from planner.guides.rule_parts import MOST_ROWS, Part, split
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import conjoin
from planner.kr.terms import Variable

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.nearest import NearestRows
    from planner.guides.part_rows import PartRows
    from planner.guides.state_facts import StateFacts
    from planner.guides.walk_map import GroundAction
    from planner.guides.walks import Walks
    from planner.kr.control import ControlRule
    from planner.kr.terms import Term

__all__ = ["RuleBody"]

_WORK = 400_000
"""Combinations looked at for the goals of a task together: each goal is pursued at least once."""

_LEAST_WORK = 600
"""Combinations looked at for one choice, however many goals there are."""


class RuleBody:
    """Condition and steps of a control rule, ready to be matched; its use is another matter.

    Attributes:
        real_steps: how many steps of the rule are no walks.
        width: how many variables its steps have.
    """

    def __init__(
        self,
        rule: ControlRule,
        facts: StateFacts,
        walks: Walks,
        schemas: Mapping[str, int],
        rows: PartRows,
    ) -> None:
        self.real_steps = sum(isinstance(s, StepPattern) for s in rule.steps)
        self._rule = rule
        self._walks = walks
        self._schemas = schemas
        self._facts = facts
        self._rows = rows
        self._leg_costs: dict[object, tuple[Sequence[Row], LegCosts]] = {}
        slots = Slots()
        names: dict[str, None] = {}
        for step in rule.steps:
            terms = step.arguments if isinstance(step, StepPattern) else _ends(step)
            names.update((t.name, None) for t in terms if isinstance(t, Variable))
        self._places = {name: place for place, name in enumerate(names)}
        self.width = len(names)
        self._work = max(_LEAST_WORK, _WORK // max(1, len(facts.goals)))
        self._legs = tuple(self._read_legs())
        measured = frozenset(place for leg in self._legs for place in leg.places())
        given = [slots.of(name) for name in names]
        parts = [rule.condition] if rule.pursues is None else [rule.pursues, rule.condition]
        queries = compile_queries(facts, conjoin(*parts), slots)
        self._variants = [self._with_legs(split(query, given, measured)) for query in queries]
        # What has no variables is looked up before anything is matched.
        self._grounds = [
            [
                (p.predicate, p.arguments)
                for p in query.patterns
                if not p.closure and min(p.arguments, default=0) >= 0
            ]
            for query in queries
        ]

    def best(
        self,
        *,
        first: bool,
        below: tuple[int, int],
        avoid: frozenset[Row] = frozenset(),
        ties: random.Random | None = None,
    ) -> tuple[int, int, Row] | None:
        """The cheapest binding as ``(measure, total, binding)``.

        Args:
            first: measure the steps up to the first real one, else all.
            below: only what costs less than this measure and total.
            avoid: bindings that are not wanted.
            ties: draws among equal costs; without it the first match wins.
        """
        found = self._best(first, below, frozenset(), ties)
        if found is not None and found[2] in avoid:
            found = self._best(first, below, avoid, ties)
        return found

    def bindings(self) -> Iterator[Row]:
        """The rule's bindings in the current state, each once, parts multiplied out."""
        seen: dict[Row, None] = {}
        for parts, _ in self._variants:
            lists = [part.all_rows() if part.places else part.rows() for part in parts]
            for rows in itertools.product(*lists):
                if len(seen) >= MOST_ROWS:
                    return
                binding = [-1] * self.width
                for part, row in zip(parts, rows, strict=True):
                    for place, code in zip(part.places, row, strict=True):
                        binding[place] = code
                key = tuple(binding)
                if key not in seen:
                    seen[key] = None
                    yield key

    def actions(self, binding: Row, *, first: bool) -> list[GroundAction]:
        """The rule's actions, walks filled in."""
        actions: list[GroundAction] = []
        for step in self._rule.steps:
            if isinstance(step, WalkPattern):
                mover = None if step.mover is None else self._code(step.mover, binding)
                start, end = self._code(step.start, binding), self._code(step.end, binding)
                actions += self._walks.path(step.predicate, known_code(mover), start, end)
                continue
            arguments = tuple(self._code(term, binding) for term in step.arguments)
            actions.append((self._schemas[step.action], arguments))
            if first:
                break
        return actions

    def costs(self, binding: Sequence[int]) -> tuple[int, int] | None:
        """Steps up to the first real one, and all steps; ``None`` where a walk has no way."""
        return self.add(self._legs, binding, min(1, self.real_steps), self.real_steps)

    def nearest(
        self, rows: NearestRows, binding: Sequence[int], most: int
    ) -> tuple[int, Row] | None:
        """As `NearestRows.best`, over the walks of the task."""
        return rows.best(self._walks, binding, most)

    def leg_costs(
        self, legs: Sequence[Leg], places: Sequence[int], rows: Sequence[Row]
    ) -> LegCosts:
        """The walks of a part over all its rows; what was measured is kept while these stay."""
        key = (*legs, *places)
        kept = self._leg_costs.get(key)
        if kept is None or kept[0] is not rows:
            kept = self._leg_costs[key] = rows, LegCosts(self._walks, legs, places, rows)
        return kept[1]

    def distances(
        self, predicate: str, mover: int | None, start: int
    ) -> Callable[[int, int], int | None]:
        """Steps of walks from a place, asked by their end and the most steps of interest."""
        return self._walks.distances(predicate, mover, start)

    def _best(
        self,
        first: bool,
        below: tuple[int, int],
        avoid: frozenset[Row],
        ties: random.Random | None,
    ) -> tuple[int, int, Row] | None:
        start = (min(1, self.real_steps) if first else self.real_steps, self.real_steps)
        best: tuple[int, int, Row] | None = None
        holds = self._facts.index.holds
        for (parts, legs), grounds in zip(self._variants, self._grounds, strict=True):
            if start >= below:
                break
            if not all([holds(*ground) for ground in grounds]):
                continue
            nearest = None
            if ties is None and not avoid and not self._walks.changing:
                nearest = nearest_rows(parts, legs)
                nearest = nearest if nearest is not None and nearest.is_wanted else None
            lists: list[Sequence[Row]] = []
            for part in parts if nearest is None else parts[:-1]:
                rows = self._rows_of(part, avoid, ties)
                if not rows:
                    break
                lists.append(rows)
            else:
                search = Combination(self, parts, legs, lists, first, avoid, self._work, nearest)
                found = search.run(start, below)
                if found is not None:
                    best = (*found[:2], _completed(parts, found[2]))
                    below = found[:2]
        return best

    def _rows_of(
        self, part: Part, avoid: frozenset[Row], ties: random.Random | None
    ) -> Sequence[Row]:
        if avoid and part.places:
            return part.all_rows()
        return self._rows.of(part) if ties is None else part.rows(ties)

    def add(
        self,
        legs: Sequence[Leg],
        binding: Sequence[int],
        first: int,
        total: int,
        most: tuple[int, int] = ANY,
    ) -> tuple[int, int] | None:
        """Add the steps of walks; ``None`` without a way, or one that makes it more than ``most``.

        Args:
            legs: the walks.
            binding: codes by place.
            first: steps so far up to the first real one.
            total: all steps so far.
            most: bounds on both.
        """
        for leg in legs:
            start = binding[leg.start] if leg.start >= 0 else ~leg.start
            end = binding[leg.end] if leg.end >= 0 else ~leg.end
            if start == end:
                continue
            mover = leg.mover
            if mover is not None:
                mover = known_code(binding[mover] if mover >= 0 else ~mover)
            bound = min(most[0] - first, most[1] - total) if leg.leads else most[1] - total
            distance = self._walks.distance(leg.predicate, mover, start, end, bound)
            if distance is None:
                return None
            total += distance
            if leg.leads:
                first += distance
        return first, total

    def _read_legs(self) -> Iterator[Leg]:
        leads = True
        for step in self._rule.steps:
            if isinstance(step, StepPattern):
                leads = False
                continue
            mover = None if step.mover is None else self._place(step.mover)
            ends = self._place(step.start), self._place(step.end)
            yield Leg(step.predicate, mover, *ends, leads)

    def _with_legs(self, parts: list[Part]) -> tuple[list[Part], list[list[Leg]]]:
        """For each part the walks whose places are all known once it is matched."""
        known: set[int] = set()
        waiting = list(self._legs)
        legs = []
        for part in parts:
            known.update(part.places)
            legs.append([leg for leg in waiting if leg.places() <= known])
            waiting = [leg for leg in waiting if not leg.places() <= known]
        if legs:
            # A mover that no literal binds stands for any.
            legs[-1] += waiting
        return parts, legs

    def _place(self, term: Term) -> int:
        if isinstance(term, Variable):
            return self._places[term.name]
        return ~self._facts.symbols.code(term)

    def _code(self, term: Term, binding: Row) -> int:
        place = self._place(term)
        return binding[place] if place >= 0 else ~place


def _completed(parts: Sequence[Part], binding: Row) -> Row:
    """A binding with witnesses for what its cost does not read."""
    found = list(binding)
    for part in parts:
        row = part.completed(tuple([binding[place] for place in part.places]))
        for place, code in zip(part.places, row, strict=True):
            found[place] = code
    return tuple(found)


def _ends(step: WalkPattern) -> tuple[Term, ...]:
    ends = (step.start, step.end)
    return ends if step.mover is None else (step.mover, *ends)
