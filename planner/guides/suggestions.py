"""Single control rules matched against a state: bindings of their steps, and what they cost."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.guides.matching import compile_queries
from planner.guides.queries import Slots
from planner.guides.rule_parts import MOST_ROWS, Part, split
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import conjoin
from planner.kr.terms import Variable

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.engine.matching import Row
    from planner.guides.state_facts import StateFacts
    from planner.guides.walk_map import GroundAction
    from planner.guides.walks import Walks
    from planner.kr.control import ControlRule
    from planner.kr.terms import Term

__all__ = ["RuleBody", "RuleMatcher", "Suggestion"]


_ANY = (sys.maxsize, sys.maxsize)

_WORK = 400_000
"""Combinations looked at for the goals of a task together: each goal is pursued at least once."""

_LEAST_WORK = 600
"""Combinations looked at for one choice, however many goals there are."""


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


@dataclass(frozen=True, slots=True)
class _Leg:
    """A walk of a rule: places of its binding, or codes as ``~code``; mover ``None`` for none."""

    predicate: str
    mover: int | None
    start: int
    end: int
    leads: bool

    def places(self) -> frozenset[int]:
        """Places of the binding that it reads."""
        ends = (self.start, self.end) if self.mover is None else (self.mover, self.start, self.end)
        return frozenset(place for place in ends if place >= 0)


class RuleBody:
    """Condition and steps of a control rule, ready to be matched; its use is another matter."""

    def __init__(
        self, rule: ControlRule, facts: StateFacts, walks: Walks, schemas: Mapping[str, int]
    ) -> None:
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
                binding = [-1] * len(self._places)
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
                actions += self._walks.path(step.predicate, _known(mover), start, end)
                continue
            arguments = tuple(self._code(term, binding) for term in step.arguments)
            actions.append((self._schemas[step.action], arguments))
            if first:
                break
        return actions

    def costs(self, binding: Sequence[int]) -> tuple[int, int] | None:
        """Steps up to the first real one, and all steps; ``None`` where a walk has no way."""
        return self._add(self._legs, binding, min(1, self.real_steps), self.real_steps)

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
            lists = []
            for part in parts:
                rows = part.all_rows() if avoid and part.places else part.rows(ties)
                if not rows:
                    break
                lists.append(rows)
            else:
                search = _Combination(self, parts, legs, lists, first, avoid, self._work)
                found = search.run(start, below)
                if found is not None:
                    best, below = found, found[:2]
        return best

    def _add(
        self,
        legs: Sequence[_Leg],
        binding: Sequence[int],
        first: int,
        total: int,
        most: tuple[int, int] = _ANY,
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
                mover = _known(binding[mover] if mover >= 0 else ~mover)
            bound = min(most[0] - first, most[1] - total) if leg.leads else most[1] - total
            distance = self._walks.distance(leg.predicate, mover, start, end, bound)
            if distance is None:
                return None
            total += distance
            if leg.leads:
                first += distance
        return first, total

    def _read_legs(self) -> Iterator[_Leg]:
        leads = True
        for step in self._rule.steps:
            if isinstance(step, StepPattern):
                leads = False
                continue
            mover = None if step.mover is None else self._place(step.mover)
            ends = self._place(step.start), self._place(step.end)
            yield _Leg(step.predicate, mover, *ends, leads)

    def _with_legs(self, parts: list[Part]) -> tuple[list[Part], list[list[_Leg]]]:
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


class _Combination:
    """Branch and bound over one row of each part.

    Args:
        work: rows looked at, after which the best combination so far is good enough.
    """

    def __init__(
        self,
        body: RuleBody,
        parts: Sequence[Part],
        legs: Sequence[Sequence[_Leg]],
        lists: Sequence[Sequence[Row]],
        first: bool,
        avoid: frozenset[Row],
        work: int,
    ) -> None:
        self._work = work
        self._body = body
        self._parts = parts
        self._legs = legs
        self._lists = lists
        self._first = first
        self._avoid = avoid
        self._binding = [-1] * len(body._places)
        self._below = self._bound = (0, 0)
        # Whether any suggestion is at hand, of this rule or of another.
        self._known = False
        self._best: tuple[int, int, Row] | None = None

    def run(self, start: tuple[int, int], below: tuple[int, int]) -> tuple[int, int, Row] | None:
        """The cheapest combination below a bound."""
        self._below = below
        self._known = below < _ANY
        self._extend(0, *start)
        return self._best

    def _extend(self, depth: int, measure: int, total: int) -> None:
        if depth == len(self._parts):
            binding = tuple(self._binding)
            if binding not in self._avoid:
                self._best = (measure, total, binding)
                self._below = (measure, total)
                self._known = True
            return
        for extended, row in self._extended(depth, measure, total):
            if extended >= self._below:
                break
            self._fill(depth, row)
            self._extend(depth + 1, *extended)
            if self._work < 0 and self._known:
                break

    def _extended(self, depth: int, measure: int, total: int) -> list[tuple[tuple[int, int], Row]]:
        """The rows of a part with the costs so far, the cheapest first."""
        legs, rows = self._legs[depth], self._lists[depth]
        self._work -= len(rows)
        if not legs:
            return [((measure, total), row) for row in rows]
        found = []
        below = self._below
        is_last = depth == len(self._parts) - 1 and not self._avoid
        for row, costs in self._costs(depth, measure, total):
            if costs is None:
                continue
            first, steps = costs
            key = (first if self._first else steps, steps)
            if key < below:
                found.append((key, row))
                if is_last:
                    # Nothing follows that could make a dearer row the better one.
                    self._bound = below = key
        found.sort(key=lambda pair: pair[0])
        return found

    def _costs(
        self, depth: int, measure: int, total: int
    ) -> Iterator[tuple[Row, tuple[int, int] | None]]:
        """The rows of a part with the costs of the steps so far, walks included.

        While it is read, ``_bound`` may fall: dearer rows are of no use.
        """
        legs, rows = self._legs[depth], self._lists[depth]
        self._bound = self._below
        if len(legs) == 1 and legs[0].end >= 0:
            (leg,) = legs
            places = self._parts[depth].places
            if leg.end in places and leg.start not in places and leg.mover not in places:
                yield from self._costs_by_end(leg, places.index(leg.end), rows, measure, total)
                return
        for row in rows:
            self._fill(depth, row)
            most = (self._bound[0], sys.maxsize) if self._first else (sys.maxsize, self._bound[0])
            yield row, self._body._add(legs, self._binding, measure, total, most)

    def _costs_by_end(
        self, leg: _Leg, place: int, rows: Sequence[Row], measure: int, total: int
    ) -> Iterator[tuple[Row, tuple[int, int] | None]]:
        """As `_costs` where only the end of one walk differs from row to row."""
        binding = self._binding
        start = binding[leg.start] if leg.start >= 0 else ~leg.start
        mover = leg.mover
        if mover is not None:
            mover = _known(binding[mover] if mover >= 0 else ~mover)
        distance = self._body.distances(leg.predicate, mover, start)
        bounded = leg.leads or not self._first
        for row in rows:
            bound = sys.maxsize
            if bounded:
                bound = self._bound[0] - (measure if self._first else total)
            steps = distance(row[place], bound)
            if steps is None:
                yield row, None
            else:
                yield row, (measure + steps if leg.leads else measure, total + steps)

    def _fill(self, depth: int, row: Row) -> None:
        binding = self._binding
        for place, code in zip(self._parts[depth].places, row, strict=True):
            binding[place] = code


@dataclass(frozen=True, slots=True)
class RuleMatcher:
    """A rule body with its number in the rule base and how it is used.

    Attributes:
        first: whether the rule is asked again after its first real step.
    """

    number: int
    name: str
    rank: int
    first: bool
    forbids: bool
    body: RuleBody

    @classmethod
    def of(cls, number: int, rule: ControlRule, body: RuleBody) -> RuleMatcher:
        """A control rule by its number."""
        name = rule.name or f"rule {number + 1}"
        return cls(number, name, rule.rank, rule.run == "first", rule.forbids, body)

    @property
    def least(self) -> tuple[int, int]:
        """Measure and total that no suggestion of the rule goes below."""
        steps = self.body.real_steps
        return (min(1, steps) if self.first else steps, steps)

    def suggestions(self) -> Iterator[Suggestion]:
        """The rule's bindings in the current state, each with its cost."""
        for binding in self.body.bindings():
            costs = self.body.costs(binding)
            if costs is not None:
                measure = costs[0] if self.first else costs[1]
                yield Suggestion(self.number, binding, self.rank, measure, costs[1])

    def best(
        self, below: tuple[int, int], avoid: frozenset[Row], ties: random.Random | None
    ) -> Suggestion | None:
        """The cheapest suggestion below a measure and total."""
        found = self.body.best(first=self.first, below=below, avoid=avoid, ties=ties)
        if found is None:
            return None
        measure, total, binding = found
        return Suggestion(self.number, binding, self.rank, measure, total)


def _known(code: int | None) -> int | None:
    return None if code is None or code < 0 else code


def _ends(step: WalkPattern) -> tuple[Term, ...]:
    ends = (step.start, step.end)
    return ends if step.mover is None else (step.mover, *ends)
