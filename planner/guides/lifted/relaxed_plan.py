"""Relaxed plans without grounding: h_FF by the cheapest derivations of h_add."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import compile_from_now_on
from planner.errors import LimitError
from planner.guides.lifted.compile import compile_rules
from planner.guides.lifted.tables import (
    ENTRIES,
    FACTS,
    FULL,
    LISTS,
    MORE,
    OPEN_GOALS,
    TRAIL,
    new_store,
    pack_rules,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.engine.matching import Row
    from planner.guides.lifted.tables import Store
    from planner.interfaces import IntArray
    from planner.spaces.lifted import LiftedSpace

__all__ = ["LiftedRelaxation", "RelaxedPlan"]

_log = logging.getLogger(__name__)

_FIRST_CAPACITY = 1 << 12
_MOST = 1 << 23
_WORK = 40_000
"""Joins between two looks at the limits: 60 ns each while tables fit the cache, up to 2 us."""


@dataclass(frozen=True, slots=True)
class RelaxedPlan:
    """A plan that reaches the goal where actions only add.

    Attributes:
        steps: schema and arguments of each, causes before effects.
        atoms: atoms it adds, as numbers of the space.
    """

    steps: tuple[tuple[int, Row], ...]
    atoms: frozenset[int]


class LiftedRelaxation:
    """The relaxed program of a task, run on one state after the other.

    Args:
        space: the task.
        check: called between pieces of work; raises to stop.
    """

    def __init__(self, space: LiftedSpace, check: Callable[[], None]) -> None:
        self._space, self._check = space, check
        index = space.index_at(space.initial())
        self._table = compile_rules(space, index)
        self._goals = sorted(space.goal_atoms)
        rows = [space.atom_row(goal) for goal in self._goals]
        self._rules = pack_rules(self._table, space.fluents)
        self._width = max(self._table.arities, default=1)
        self._goal_rows = self._packed(rows)
        self._static = self._static_facts(rows)
        self._capacity = _FIRST_CAPACITY
        while self._capacity < 4 * len(self._static[0]):
            self._capacity *= 2
        self._store = self._prepared()

    def relaxed_plan(self, state: int) -> RelaxedPlan | None:
        """A relaxed plan for a state, ``None`` where none exists: a dead end.

        Raises:
            LimitError: when the tables outgrow their bound.
        """
        facts = self._packed([self._space.atom_row(a) for a in sorted(self._space.facts(state))])
        while not self._evaluate(facts):
            self._grow()
        if self._store.counters[OPEN_GOALS]:
            return None
        return self._extract()

    def unreached_goal(self) -> int | None:
        """After a dead end: the first atom of the goal that was not reached."""
        closed = self._store.closed[: len(self._goals)]
        missing = np.flatnonzero(~closed)
        return self._goals[int(missing[0])] if len(missing) else None

    # Evaluation.

    def _evaluate(self, facts: tuple[IntArray, IntArray]) -> bool:
        """Derive from the facts of a state; False when out of room."""
        from planner.guides.lifted import kernels

        store = self._store
        facts_kept, lists, entries, trail = self._mark
        kernels.rewind(store, facts_kept, lists, entries, trail, len(self._goals))
        if not kernels.add_given(self._rules, store, *facts):
            return False
        if not kernels.fire_again(self._rules, store, self._starters):
            return False
        return self._run(store, with_costs=True)

    def _run(self, store: Store, *, with_costs: bool) -> bool:
        from planner.guides.lifted.kernels import advance

        outcome = MORE
        while outcome == MORE:
            self._check()
            outcome = advance(self._rules, store, _WORK, with_costs)
        return outcome != FULL

    def _prepared(self) -> Store:
        """Tables with the goals, unreached, and all that never changes."""
        while True:
            store = new_store(self._width, self._capacity)
            if self._fill(store):
                break
            self._enlarge()
        counters = store.counters
        facts, lists, entries, trail = counters[[FACTS, LISTS, ENTRIES, TRAIL]].tolist()
        self._mark = (facts, lists, entries, trail)
        costly = np.zeros(len(self._table.arities), dtype=np.bool_)
        costly[[r.left for r in self._table.rules if r.cost]] = True
        known = np.arange(len(self._goals), int(counters[FACTS]), dtype=np.int32)
        self._starters: IntArray = known[costly[store.relation[known]]]
        return store

    def _fill(self, store: Store) -> bool:
        from planner.guides.lifted import kernels

        count = len(self._goals)
        store.is_goal[:count] = True
        for fact, (relation, row) in enumerate(
            zip(*(part.tolist() for part in self._goal_rows), strict=True)
        ):
            store.row[: len(row)] = row
            slot = kernels.find_fact(self._rules, store, relation)
            store.slots[slot] = fact
            store.relation[fact] = relation
            store.values[fact] = row
        store.counters[FACTS] = count
        store.counters[OPEN_GOALS] = count + 1
        if not kernels.add_given(self._rules, store, *self._static):
            return False
        return self._run(store, with_costs=False)

    def _grow(self) -> None:
        self._enlarge()
        self._store = self._prepared()

    def _enlarge(self) -> None:
        self._capacity *= 8
        if self._capacity > _MOST:
            raise LimitError(f"more than {_MOST // 4} facts in one relaxed state")
        if self._capacity > 1 << 16:
            compile_from_now_on()

    def _static_facts(self, goals: list[tuple[int, Row]]) -> tuple[IntArray, IntArray]:
        space = self._space
        index = space.index_at(space.initial())
        fluents = {space.atom_row(a) for a in space.facts(space.initial())}
        found: list[tuple[int, Row]] = [(self._table.always, ())]
        of_goals = self._table.goals
        found += [(of_goals[relation], row) for relation, row in goals if relation in of_goals]
        for relation in range(len(space.predicates)):
            found += [
                (relation, row) for row in index.rows(relation) if (relation, row) not in fluents
            ]
        return self._packed(found)

    def _packed(self, facts: list[tuple[int, Row]]) -> tuple[IntArray, IntArray]:
        relations = np.array([relation for relation, _ in facts], dtype=np.int32)
        rows = np.zeros((len(facts), max(1, self._width)), dtype=np.int32)
        for number, (_, row) in enumerate(facts):
            rows[number, : len(row)] = row
        return relations, rows

    # Extraction.

    def _extract(self) -> RelaxedPlan:
        store, rules = self._store, self._table.rules
        steps: dict[tuple[int, Row], None] = {}
        atoms: set[int] = set()
        done: set[int] = set()
        # A fact is visited twice: its causes are followed first, then its step is written.
        stack = [(goal, False) for goal in reversed(range(len(self._goals)))]
        while stack:
            fact, ready = stack.pop()
            if fact in done:
                continue
            number = int(store.rule[fact]) if store.cost[fact] else -1
            if number < 0:
                done.add(fact)
                continue
            schema = rules[number].schema
            binding, causes = self._instance(fact, number)
            if ready:
                done.add(fact)
                steps.setdefault((schema, binding))
                row = store.values[fact, : self._table.arities[store.relation[fact]]]
                atoms.add(self._space.atom_number(int(store.relation[fact]), tuple(row.tolist())))
                continue
            stack.append((fact, True))
            stack += [(cause, False) for cause in reversed(causes) if cause not in done]
        return RelaxedPlan(tuple(steps), frozenset(atoms))

    def _instance(self, fact: int, number: int) -> tuple[Row, list[int]]:
        """The arguments of the step that adds a fact, and the facts that it needs."""
        store, rules = self._store, self._table.rules
        schema = self._space.schemas[rules[number].schema]
        predicates = len(self._space.predicates)
        binding = [-1] * schema.slots
        causes: list[int] = []
        waiting = [(fact, number)]
        while waiting:
            derived, of = waiting.pop()
            rule = rules[of]
            sides = (
                (store.first[derived], rule.left_slots),
                (store.second[derived], rule.right_slots),
            )
            for part, slots in sides:
                if part < 0:
                    continue
                for slot, value in zip(slots, store.values[part].tolist(), strict=False):
                    if slot >= 0:
                        binding[slot] = value
                if store.relation[part] < predicates:
                    causes.append(int(part))
                elif store.rule[part] >= 0:
                    waiting.append((int(part), int(store.rule[part])))
        return tuple(binding[: schema.parameter_count]), causes
