"""Rule bases and tasks: everything known about a problem, as immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.kr.formulas import TRUE, Atom, Formula
from planner.kr.terms import ANY_TYPE, VALUE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.judges import Judge
    from planner.kr.rules import Predicate, ProbabilisticFact, Rule

__all__ = ["RuleBase", "Task"]

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class RuleBase:
    """Signatures, facts, rules and actions that hold in many tasks.

    All mappings and tuples keep declaration order, which is the order of every tie-break.

    Attributes:
        types: each declared type with its parent; ``object`` is the root and not listed.
        predicates: by name. Names of types may be used as unary predicates without being listed.
        constants: objects that every task has, each with its type.
        facts: ground atoms true in every task.
        source: the file it was read from, or ``""``.
    """

    name: str = ""
    types: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    predicates: Mapping[str, Predicate] = field(default_factory=lambda: MappingProxyType({}))
    constants: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    facts: tuple[Atom, ...] = ()
    rules: tuple[Rule, ...] = ()
    actions: tuple[ActionSchema, ...] = ()
    control: tuple[ControlRule, ...] = ()
    orders: tuple[GoalOrder, ...] = ()
    probabilistic_facts: tuple[ProbabilisticFact, ...] = ()
    judges: tuple[Judge, ...] = ()
    source: str = field(default="", compare=False)

    @cached_property
    def derived(self) -> frozenset[str]:
        """Names of the predicates that stand in the head of a rule."""
        return frozenset(rule.head.predicate for rule in self.rules)

    @cached_property
    def fluents(self) -> frozenset[str]:
        """Names of the predicates that some action changes, derived ones not included."""
        return frozenset(e.atom.predicate for action in self.actions for e in action.effects)

    @cached_property
    def is_uncertain(self) -> bool:
        """Whether facts or rules carry probabilities, or models judge facts."""
        has_chances = any(rule.probability is not None for rule in self.rules)
        return bool(self.probabilistic_facts or self.judges) or has_chances

    def supertypes(self, name: str) -> Iterator[str]:
        """The type itself, its parent, and so on up to ``object`` (or the built-in value type)."""
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            yield name
            if name == ANY_TYPE or name in VALUE_TYPES:
                return
            name = self.types.get(name, ANY_TYPE)

    def is_subtype(self, name: str, of: str) -> bool:
        """Whether every value of type ``name`` is one of type ``of``."""
        return of in self.supertypes(name)


@dataclass(frozen=True)
class Task:
    """A rule base with objects, an initial state and a goal.

    Attributes:
        objects: the task's own objects with their types; a PDDL ``either`` type is written
            ``a|b``. `all_objects` adds the rule base's constants in front.
        init: ground atoms true at the start, beside the rule base's facts.
        goal: with actions, the condition to reach; without, a query whose free variables are
            answered.
        minimize: ``cost``, ``length``, or ``""`` for the default (cost when any action has one).
        given: evidence for probabilistic queries.
    """

    rules: RuleBase
    name: str = ""
    objects: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    init: tuple[Atom, ...] = ()
    goal: Formula = TRUE
    minimize: str = ""
    given: tuple[Formula, ...] = ()
    source: str = field(default="", compare=False)

    @cached_property
    def all_objects(self) -> Mapping[str, str]:
        """Constants of the rule base, then the task's objects, each with its declared type."""
        return MappingProxyType({**self.rules.constants, **self.objects})

    @property
    def facts(self) -> tuple[Atom, ...]:
        """Everything true at the start: the rule base's facts, then the task's."""
        return self.rules.facts + self.init

    @property
    def is_deduction(self) -> bool:
        """Whether the task has no actions and is answered by forward chaining alone."""
        return not self.rules.actions

    def has_type(self, name: str, of: str) -> bool:
        """Whether the object ``name`` belongs to type ``of``."""
        declared = self.all_objects.get(name, "")
        return any(self.rules.is_subtype(t, of) for t in declared.split("|") if t)

    def objects_of(self, types: tuple[str, ...]) -> tuple[str, ...]:
        """Objects that belong to any of the types, in declaration order."""
        return tuple(o for o in self.all_objects if any(self.has_type(o, t) for t in types))
