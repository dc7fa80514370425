"""Walks filled in: shortest ways over the places that a movement connects.

A walk's steps are found by breadth-first search from the mover's place. Where only static facts
say which moves are possible, ways are searched once for a task, else once for a state.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from planner.guides.matching import Slots, compile_queries
from planner.kr.formulas import Atom, Not, conjoin, disjoin
from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Variable
from planner.kr.walks import movements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.engine.matching import Row
    from planner.guides.state_facts import StateFacts
    from planner.kr.formulas import Formula
    from planner.kr.task import RuleBase
    from planner.kr.terms import TypedVariable
    from planner.kr.walks import Movement

__all__ = ["GroundAction", "Walks"]

GroundAction: TypeAlias = "tuple[int, Row]"
"""An action schema and the codes of its declared parameters; -1 matches anything."""


@dataclass(frozen=True, slots=True)
class _Leg:
    """How far a place is, from where, and the action that gets there."""

    distance: int
    origin: int
    action: GroundAction | None


class _Mover:
    """One movement schema, ready to list the moves from an atom."""

    def __init__(self, movement: Movement, facts: StateFacts, rules: RuleBase) -> None:
        self.dynamic = movement.dynamic
        self._schema = next(
            i for i, a in enumerate(rules.actions) if a.name == movement.schema.name
        )
        self._slots = Slots()
        self._facts = facts
        self._parameters = [self._slots.of(p.name) for p in movement.schema.parameters]
        self._source = [
            self._slots.of(a.name) if isinstance(a, Variable) else ~facts.symbols.code(_code(a))
            for a in movement.source.arguments
        ]
        target = movement.target.arguments[movement.place]
        assert isinstance(target, Variable), "a movement's target is a variable"
        self._target = self._slots.of(target.name)
        self._queries = compile_queries(facts, _condition(movement), self._slots)

    def moves(self, row: Row) -> Iterator[tuple[int, GroundAction]]:
        """Places one move away from where the atom with this row says the mover is."""
        bound: dict[int, int] = {}
        for slot, code in zip(self._source, row, strict=True):
            if slot < 0:
                if ~slot != code:
                    return
            elif bound.setdefault(slot, code) != code:
                return
        for query in self._queries:
            for match in query.matches(bound.items()):
                yield match[self._target], (self._schema, tuple(match[s] for s in self._parameters))


def _code(argument: object) -> str:
    assert isinstance(argument, str), "a movement's atom has variables and objects"
    return argument


def _condition(movement: Movement) -> Formula:
    """What a move needs besides the mover's place."""
    schema = movement.schema
    needed: list[Formula] = [a for a in schema.positive if a != movement.source]
    needed += [Not(a) for a in schema.negative if a != movement.target]
    return conjoin(*needed, *schema.tests, *_types(schema.parameters))


def _types(parameters: Sequence[TypedVariable]) -> Iterator[Formula]:
    for parameter in parameters:
        if not {ANY_TYPE, *VALUE_TYPES} & set(parameter.types):
            yield disjoin(*(Atom(t, (parameter.variable,)) for t in parameter.types))
        elif ANY_TYPE in parameter.types:
            yield Atom(ANY_TYPE, (parameter.variable,))


class Walks:
    """The movements of a task, by the predicate and the place that they change."""

    def __init__(self, facts: StateFacts, rules: RuleBase) -> None:
        self._facts = facts
        self._movers: dict[tuple[str, int], list[_Mover]] = {}
        for movement in movements(rules):
            key = (movement.predicate, movement.place)
            self._movers.setdefault(key, []).append(_Mover(movement, facts, rules))
        self._static: dict[tuple[str, int, Row], dict[int, _Leg]] = {}
        self._dynamic: dict[tuple[str, int, Row], dict[int, _Leg]] = {}

    def __bool__(self) -> bool:
        return bool(self._movers)

    def new_state(self) -> None:
        """Forget the ways that depend on the state."""
        self._dynamic.clear()

    def distance(self, predicate: str, mover: int | None, start: int, end: int) -> int | None:
        """Steps of a shortest walk, ``None`` when there is none."""
        if start == end:
            return 0
        legs = self._legs_to(predicate, mover, start, end)
        return None if legs is None else legs[end].distance

    def path(
        self, predicate: str, mover: int | None, start: int, end: int
    ) -> tuple[GroundAction, ...]:
        """The actions of the walk that `distance` measured."""
        legs = None if start == end else self._legs_to(predicate, mover, start, end)
        if legs is None:
            return ()
        actions = []
        while (action := legs[end].action) is not None:
            actions.append(action)
            end = legs[end].origin
        return tuple(reversed(actions))

    def _legs_to(
        self, predicate: str, mover: int | None, start: int, end: int
    ) -> dict[int, _Leg] | None:
        """The shortest ways from ``start`` of the first fitting movement that reaches ``end``."""
        for name, place in self._movers:
            if predicate and name != predicate:
                continue
            for row in self._rows(name, place, mover, start):
                legs = self._legs(name, place, row)
                if end in legs:
                    return legs
        return None

    def _rows(self, name: str, place: int, mover: int | None, start: int) -> Iterator[Row]:
        """Atoms that would say that the mover is at ``start``, wherever it is now."""
        index, code = self._facts.index, self._facts.code(name)
        if mover is None:
            known = list(index.rows(code))
        else:
            arity = max((len(row) for row in index.rows(code)), default=0)
            places = (p for p in range(arity) if p != place)
            known = [row for p in places for row in index.bucket(code, p, mover)]
        yield from dict.fromkeys((*r[:place], start, *r[place + 1 :]) for r in known)

    def _legs(self, name: str, place: int, row: Row) -> dict[int, _Leg]:
        movers = self._movers[name, place]
        kept = self._dynamic if any(m.dynamic for m in movers) else self._static
        key = (name, place, row)
        legs = kept.get(key)
        if legs is None:
            legs = kept[key] = _search(movers, place, row)
        return legs


def _search(movers: Sequence[_Mover], place: int, row: Row) -> dict[int, _Leg]:
    """Breadth-first from a mover's place, moves in the order of schemas and of matches."""
    legs = {row[place]: _Leg(0, -1, None)}
    queue = deque([row[place]])
    while queue:
        here = queue.popleft()
        at = (*row[:place], here, *row[place + 1 :])
        for mover in movers:
            for there, action in sorted(mover.moves(at)):
                if there not in legs:
                    legs[there] = _Leg(legs[here].distance + 1, here, action)
                    queue.append(there)
    return legs
