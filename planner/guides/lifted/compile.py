"""Actions with variables brought into binary rules.

For each atom that an action adds, the variables that the atom does not name are eliminated one
after the other, the one whose join leaves the smallest table first (bucket elimination, Dechter
1999). On acyclic preconditions these are semi-joins, so that thirty parameters do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from planner.guides.lifted.rules import LEFT, RIGHT, VALUE, BinaryRule, RuleTable, Test
from planner.kr.terms import Variable
from planner.spaces.parameters import printed_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from planner.engine.matching import FactIndex, Pattern
    from planner.spaces.lifted import LiftedSpace
    from planner.spaces.lifted_schema import LiftedSchema

__all__ = ["compile_rules", "is_idle_unless_goal"]

_GUESSED = 64.0
"""Rows assumed for a relation that is empty at the start."""


def compile_rules(space: LiftedSpace, index: FactIndex) -> RuleTable:
    """The rules of all schemas.

    Args:
        space: names the predicates; negative literals and comparisons other than (in)equality
            are left out, as a relaxation may.
        index: the facts of the initial state, for estimates.
    """
    asked = {p.predicate for schema in space.schemas for p in schema.patterns}
    goals = {space.atom_row(number)[0] for number in sorted(space.goal_atoms)}
    arities = _arities(space, index)
    table = RuleTable([*arities, 0], always=len(arities))
    for number, schema in enumerate(space.schemas):
        compiler = _Compiler(table, space, index, number, schema)
        for atom in dict.fromkeys(schema.add):
            if atom in schema.patterns:
                continue
            if atom.predicate in asked and not is_idle_unless_goal(atom, schema, space):
                compiler.add_effect(atom)
            elif atom.predicate in goals:
                compiler.add_effect(atom, of_goals=True)
    return table


def _arities(space: LiftedSpace, index: FactIndex) -> list[int]:
    arities = [0] * len(space.predicates)
    rules = space.task.rules
    for name, number in space.predicates.items():
        declared = rules.predicates.get(name)
        arities[number] = 1 if declared is None else declared.arity
    return arities


@dataclass(frozen=True, slots=True)
class _Part:
    """A relation whose columns are variables.

    Attributes:
        covers: the literals of the precondition it stands for.
    """

    relation: int
    slots: tuple[int, ...]
    covers: frozenset[int]


class _Compiler:
    """Compiles one schema; equal joins of different effects are made once."""

    def __init__(
        self,
        table: RuleTable,
        space: LiftedSpace,
        index: FactIndex,
        number: int,
        schema: LiftedSchema,
    ) -> None:
        self._table, self._space, self._index = table, space, index
        self._number, self._schema = number, schema
        self._tests = _comparisons(space, schema)
        self._sizes = {slot: self._domain(slot) for slot in range(schema.slots)}
        self._made: dict[tuple[frozenset[int], tuple[int, ...]], int] = {}

    def add_effect(self, atom: Pattern, *, of_goals: bool = False) -> None:
        """Rules that derive what an atom of the effect adds, or what goals ask for of it.

        Joined with the goals first, a precondition gives few rows where it would give many.
        """
        wanted = {~a for a in atom.arguments if a < 0}
        patterns = list(self._schema.patterns)
        if of_goals:
            patterns.append(replace(atom, predicate=self._table.goal_relation(atom.predicate)))
        parts = [self._selected(i, patterns, wanted) for i in range(len(patterns))]
        while (slot := self._next_slot(parts, wanted)) is not None:
            joined = [p for p in parts if slot in p.slots]
            if len(joined) == len(parts):
                break
            parts = [p for p in parts if slot not in p.slots]
            outside = wanted.union(*(p.slots for p in parts))
            parts.append(self._joined(joined, outside))
        rule = self._last_rule(parts, wanted, atom)
        self._table.rules.append(replace(rule, out=atom.predicate, cost=1))

    def _last_rule(self, parts: list[_Part], wanted: set[int], atom: Pattern) -> BinaryRule:
        """The rule that derives the effect, with the last join where actions change its parts."""
        parts = sorted(parts, key=lambda p: (not self._changes(p), -self._size(p.slots)))
        if len(parts) > 1 and self._changes(parts[0]):
            left, right = parts[0], self._joined(parts[1:], wanted.union(parts[0].slots))
            rule, where = self._join_rule(left, right)
        else:
            part = self._joined(parts, wanted)
            where = {slot: LEFT + i for i, slot in enumerate(part.slots)}
            rule = BinaryRule(part.relation, -1, (), (), -1, (), 0, self._number, part.slots)
        columns = tuple(VALUE + a if a >= 0 else where[~a] for a in atom.arguments)
        return replace(rule, columns=columns)

    def _changes(self, part: _Part) -> bool:
        """Whether actions change what a part stands for."""
        patterns = self._schema.patterns
        changing = {i for i, p in enumerate(patterns) if p.predicate in self._space.fluents}
        return not changing.isdisjoint(part.covers)

    def _domain(self, slot: int) -> float:
        """How many values a variable may have, by the shortest column that holds it."""
        sizes = [
            float(len(self._index.column(p.predicate, place)) or _GUESSED)
            for p in self._schema.patterns
            for place, argument in enumerate(p.arguments)
            if argument == ~slot
        ]
        return min(sizes, default=_GUESSED)

    def _next_slot(self, parts: Sequence[_Part], wanted: set[int]) -> int | None:
        """The unwanted variable whose elimination leaves the smallest table."""
        best, least = None, float("inf")
        for slot in dict.fromkeys(s for p in parts for s in p.slots):
            if slot in wanted:
                continue
            left = {s for p in parts if slot in p.slots for s in p.slots} - {slot}
            size = self._size(left)
            if size < least:
                best, least = slot, size
        return best

    def _size(self, slots: Iterable[int]) -> float:
        return prod((self._sizes[s] for s in slots), start=1.0)

    def _selected(self, literal: int, patterns: Sequence[Pattern], wanted: set[int]) -> _Part:
        """A literal without constants, repetitions and useless columns."""
        pattern = patterns[literal]
        others = [p for i, p in enumerate(patterns) if i != literal]
        needed = wanted | {~a for p in others for a in p.arguments if a < 0}
        first: dict[int, int] = {}
        tests: list[Test] = []
        for place, argument in enumerate(pattern.arguments):
            if argument >= 0:
                tests.append(Test(True, LEFT + place, VALUE + argument))
            elif ~argument in first:
                tests.append(Test(True, LEFT + place, LEFT + first[~argument]))
            else:
                first[~argument] = place
        # The goals that two effects of one predicate ask for are not the same literal.
        is_own = literal < len(self._schema.patterns)
        covers = frozenset([literal if is_own else -1 - len(self._table.rules)])
        slots = tuple(s for s in first if s in needed)
        where = {slot: LEFT + place for slot, place in first.items()}
        tests += self._tests_over(where)
        if not tests and len(slots) == len(pattern.arguments):
            return _Part(pattern.predicate, slots, covers)
        columns = tuple(LEFT + first[s] for s in slots)
        names = tuple(~a if a < 0 else -1 for a in pattern.arguments)
        rule = BinaryRule(
            pattern.predicate, -1, (), tuple(tests), -1, columns, 0, self._number, names
        )
        return self._derive(rule, slots, covers)

    def _joined(self, parts: Sequence[_Part], wanted: set[int]) -> _Part:
        """One relation for several, over the wanted variables among theirs."""
        if not parts:
            # An action without a precondition: the relation that always holds has no columns.
            return _Part(self._table.always, (), frozenset())
        waiting = sorted(parts, key=lambda p: self._size(p.slots))
        found = waiting.pop(0)
        if not waiting and set(found.slots) - wanted:
            return self._projected(found, wanted)
        while waiting:
            known = set(found.slots)
            position = min(
                range(len(waiting)),
                key=lambda i: (
                    self._size(set(waiting[i].slots) - known)
                    + (0 if known.intersection(waiting[i].slots) else 1e-9)
                ),
            )
            other = waiting.pop(position)
            needed = wanted.union(*(p.slots for p in waiting))
            found = self._pair(found, other, needed)
        return found

    def _projected(self, part: _Part, wanted: set[int]) -> _Part:
        slots = tuple(s for s in part.slots if s in wanted)
        columns = tuple(LEFT + part.slots.index(s) for s in slots)
        rule = BinaryRule(part.relation, -1, (), (), -1, columns, 0, self._number, part.slots)
        return self._derive(rule, slots, part.covers)

    def _pair(self, left: _Part, right: _Part, needed: set[int]) -> _Part:
        rule, where = self._join_rule(left, right)
        slots = tuple(s for s in dict.fromkeys((*left.slots, *right.slots)) if s in needed)
        rule = replace(rule, columns=tuple(where[s] for s in slots))
        return self._derive(rule, slots, left.covers | right.covers)

    def _join_rule(self, left: _Part, right: _Part) -> tuple[BinaryRule, dict[int, int]]:
        """A join without its result, and where it has each variable."""
        where = {s: RIGHT + i for i, s in enumerate(right.slots)}
        where |= {s: LEFT + i for i, s in enumerate(left.slots)}
        keys = tuple((left.slots.index(s), i) for i, s in enumerate(right.slots) if s in left.slots)
        new = [
            pair
            for pair in self._tests
            if not _within(pair, left.slots) and not _within(pair, right.slots)
        ]
        rule = BinaryRule(
            left.relation,
            right.relation,
            keys,
            tuple(_sourced(new, where)),
            -1,
            (),
            0,
            self._number,
            left.slots,
            right.slots,
        )
        return rule, where

    def _derive(self, rule: BinaryRule, slots: tuple[int, ...], covers: frozenset[int]) -> _Part:
        known = self._made.get((covers, slots))
        if known is None:
            known = self._made[covers, slots] = self._table.relation(len(slots))
            self._table.rules.append(replace(rule, out=known))
        return _Part(known, slots, covers)

    def _tests_over(self, where: Mapping[int, int]) -> list[Test]:
        return _sourced(self._tests, where)


def is_idle_unless_goal(atom: Pattern, schema: LiftedSchema, space: LiftedSpace) -> bool:
    """Whether what a schema adds here helps nothing but a goal that asks for it.

    So it is where every action that asks for such an atom adds, beside what is static, only what
    the schema's own precondition or effect has: putting down what is in the hand helps no one who
    wants it in the hand.
    """
    own = {*schema.patterns, *schema.add}
    for other in space.schemas:
        for pattern in other.patterns:
            if pattern.predicate == atom.predicate:
                names = _bound_by(pattern, atom)
                if names is not None and any(_replaced(a, names) not in own for a in other.add):
                    return False
    return True


def _bound_by(pattern: Pattern, atom: Pattern) -> dict[int, int] | None:
    """The terms that a pattern's variables take when it stands for an atom, None if it cannot."""
    names: dict[int, int] = {}
    for argument, term in zip(pattern.arguments, atom.arguments, strict=True):
        if argument < 0:
            if names.setdefault(argument, term) != term and term >= 0 <= names[argument]:
                return None
        elif term >= 0 and term != argument:
            return None
    return names


def _replaced(pattern: Pattern, names: Mapping[int, int]) -> Pattern | None:
    """A pattern in other variables, None where one of its own has no counterpart."""
    arguments = [a if a >= 0 else names.get(a) for a in pattern.arguments]
    if None in arguments:
        return None
    return replace(pattern, arguments=tuple(a for a in arguments if a is not None))


def _within(pair: tuple[bool, int, int], slots: Sequence[int]) -> bool:
    return all(value >= 0 or ~value in slots for value in pair[1:])


def _sourced(pairs: Iterable[tuple[bool, int, int]], where: Mapping[int, int]) -> list[Test]:
    """The comparisons whose variables all have a place."""
    return [
        Test(equal, *(VALUE + v if v >= 0 else where[~v] for v in (first, second)))
        for equal, first, second in pairs
        if all(v >= 0 or ~v in where for v in (first, second))
    ]


def _comparisons(space: LiftedSpace, schema: LiftedSchema) -> list[tuple[bool, int, int]]:
    """Equalities and inequalities over parameters and constants, variables as ``~slot``."""
    slots = {name: slot for slot, name in enumerate(printed_parameters(schema.strips.action))}
    found = []
    for comparison in schema.strips.tests:
        if comparison.operator not in ("=", "!="):
            continue
        values: list[int] = []
        for side in (comparison.left, comparison.right):
            if isinstance(side, Variable):
                values += [~slots[side.name]] if side.name in slots else []
            elif isinstance(side, int | str):
                values.append(space.code(side))
        if len(values) == 2:
            found.append((comparison.operator == "=", values[0], values[1]))
    return found
