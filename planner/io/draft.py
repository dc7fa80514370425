"""A rule base in the making: what the sections read so far have declared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from planner.diagnostics import closest
from planner.kr.places import Origin
from planner.kr.task import RuleBase
from planner.kr.terms import ANY_TYPE, VALUE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.diagnostics import Span
    from planner.io.nodes import Node
    from planner.io.problems import Problems
    from planner.kr.actions import ActionSchema
    from planner.kr.control import ControlRule, GoalOrder
    from planner.kr.formulas import Atom
    from planner.kr.judges import Judge
    from planner.kr.rules import Predicate, ProbabilisticFact, Rule

__all__ = ["Draft"]

_Declared = TypeVar("_Declared")


@dataclass(slots=True)
class Draft:
    """Declarations in file order.

    Attributes:
        places: where things without a span of their own are declared, by kind and name.
        broken: names of declarations that could not be read, which are not unknown names.
        damaged: spans of rules and actions of which a part could not be read.
        groups: how many annotated disjunctions there are.
        pending: rules of a task, which are read once its own sections have been.
    """

    name: str = ""
    source: str = ""
    types: dict[str, str] = field(default_factory=dict)
    predicates: dict[str, Predicate] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    facts: list[Atom] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    actions: list[ActionSchema] = field(default_factory=list)
    control: list[ControlRule] = field(default_factory=list)
    orders: list[GoalOrder] = field(default_factory=list)
    probabilistic_facts: list[ProbabilisticFact] = field(default_factory=list)
    judges: list[Judge] = field(default_factory=list)
    groups: int = 0
    places: dict[tuple[str, str], Span] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    damaged: set[Span | None] = field(default_factory=set)
    pending: tuple[Node, ...] = ()

    def add(self, base: RuleBase, problems: Problems, span: Span) -> None:
        """Take over a whole rule base.

        A declaration that stands in two rule bases must be the same in both; ``span`` is where
        the second one is named.
        """
        self.name = self.name or base.name
        self.source = self.source or base.source
        self._merge("type", self.types, base.types, problems, span)
        self._merge("predicate", self.predicates, base.predicates, problems, span)
        self._merge("object", self.constants, base.constants, problems, span)
        known = {action.name for action in self.actions}
        for action in base.actions:
            if action.name in known:
                problems.error("declared-twice", f"two actions are named `{action.name}`", span)
        self.facts += base.facts
        shift = self.groups
        self.groups += max((rule.group or 0 for rule in base.rules), default=0)
        self.rules += (
            rule if rule.group is None else replace(rule, group=rule.group + shift)
            for rule in base.rules
        )
        self.actions += base.actions
        self.control += base.control
        self.orders += base.orders
        self.probabilistic_facts += base.probabilistic_facts
        self.judges += base.judges

    @staticmethod
    def _merge(
        kind: str,
        into: dict[str, _Declared],
        other: Mapping[str, _Declared],
        problems: Problems,
        span: Span,
    ) -> None:
        for name, value in other.items():
            if into.setdefault(name, value) != value:
                message = f"the {kind} `{name}` is declared differently in two rule bases"
                problems.error("declared-twice", message, span)

    def next_group(self) -> int:
        """A number for the next annotated disjunction, from 1."""
        self.groups += 1
        return self.groups

    def finish(self) -> RuleBase:
        """The rule base."""
        return RuleBase(
            name=self.name,
            types=MappingProxyType(self.types),
            predicates=MappingProxyType(self.predicates),
            constants=MappingProxyType(self.constants),
            facts=tuple(self.facts),
            rules=tuple(self.rules),
            actions=tuple(self.actions),
            control=tuple(self.control),
            orders=tuple(self.orders),
            probabilistic_facts=tuple(self.probabilistic_facts),
            judges=tuple(self.judges),
            source=self.source,
        )

    def origin(self) -> Origin:
        """What the checks need to know of the reading."""
        return Origin(self.places, self.broken, self.damaged)

    def is_type(self, name: str) -> bool:
        """Whether a type is declared or built in."""
        return name in self.types or name == ANY_TYPE or name in VALUE_TYPES

    def check_types(self, types: tuple[str, ...], span: Span, problems: Problems) -> bool:
        """Note the names that are no types; whether all are."""
        unknown = [t for t in types if not self.is_type(t) and t not in self.broken]
        for name in unknown:
            known = [*self.types, ANY_TYPE, *sorted(VALUE_TYPES)]
            close = closest(name, known)
            hint = f"declare it: `types: {{{name}: object}}`"
            related: tuple[tuple[Span, str], ...] = ()
            if close:
                hint = f"did you mean `{close}`?"
                if ("type", close) in self.places:
                    related = ((self.places["type", close], f"`{close}` is declared here"),)
            problems.error("unknown-type", f"no type is named `{name}`", span, hint, related)
        return not unknown
