"""What a domain declares, and the context that readers of formulas share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.diagnostics import suggest
from planner.io.pddl.escape import (
    FUNCTION_PREFIX,
    PREDICATE_PREFIX,
    TYPE_PREFIX,
    escape,
)
from planner.io.pddl.source import Group
from planner.kr.rules import Predicate
from planner.kr.terms import ANY_TYPE, VALUE_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.diagnostics import Span
    from planner.io.pddl.report import Report
    from planner.io.pddl.source import Node, Source

__all__ = ["TOTAL_COST", "Context", "Scope", "Vocabulary"]

TOTAL_COST = "total-cost"
_IMPLIED = {
    ":adl": (
        ":strips",
        ":typing",
        ":negative-preconditions",
        ":disjunctive-preconditions",
        ":equality",
        ":quantified-preconditions",
        ":conditional-effects",
    ),
    ":quantified-preconditions": (":existential-preconditions", ":universal-preconditions"),
}

Scope = dict[str, tuple[str, ...]]
"""Variables in scope, with their question marks, and their types in knowledge."""


@dataclass(slots=True)
class Vocabulary:
    """Declared names.

    Attributes:
        type_names: PDDL name to the name in knowledge.
        types: name in knowledge to its parent.
        predicates: PDDL name to the predicate in knowledge; so too `functions`, whose last place
            is the value.
        objects: constants of the domain, then objects of the problem, with their types.
        derived: PDDL names of the predicates that rules define.
        places: where things were declared, by kind and name.
    """

    type_names: dict[str, str] = field(default_factory=lambda: {ANY_TYPE: ANY_TYPE})
    types: dict[str, str] = field(default_factory=dict)
    predicates: dict[str, Predicate] = field(default_factory=dict)
    functions: dict[str, Predicate] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    has_total_cost: bool = False
    requirements: set[str] = field(default_factory=set)

    def declare_type(self, name: str) -> str:
        """Give a type its name in knowledge."""
        return self.type_names.setdefault(name, escape(name, VALUE_TYPES, TYPE_PREFIX))

    def predicate_name(self, name: str) -> str:
        """The name in knowledge of a predicate; all types must be declared before."""
        return escape(name, self.types.keys() | {ANY_TYPE}, PREDICATE_PREFIX)

    def function_name(self, name: str) -> str:
        """The name in knowledge of a function; types and predicates must be declared before."""
        taken = {p.name for p in self.predicates.values()} | self.types.keys() | {ANY_TYPE}
        return escape(name, taken, FUNCTION_PREFIX)

    def is_subtype(self, name: str, of: str) -> bool:
        """Whether every object of the type ``name`` is one of ``of``; cycles end."""
        seen = set()
        while name not in seen:
            if name == of or of == ANY_TYPE:
                return True
            seen.add(name)
            name = self.types.get(name, ANY_TYPE)
        return False

    def add_requirement(self, name: str) -> None:
        """Note a requirement and all it implies."""
        self.requirements.add(name)
        for implied in _IMPLIED.get(name, ()):
            self.add_requirement(implied)

    def signature(self, name: str) -> Predicate | None:
        """The predicate of a PDDL name; a type serves as one where no predicate has its name."""
        found = self.predicates.get(name)
        if found is None and name in self.type_names:
            return Predicate(self.type_names[name], ((ANY_TYPE,),))
        return found


@dataclass(slots=True)
class Context:
    """What every reader needs: where it reads, what is declared, where to complain."""

    source: Source
    report: Report
    vocabulary: Vocabulary

    def error(
        self, code: str, message: str, group: Group, index: int | None = None, hint: str = ""
    ) -> None:
        """Note an error at a group or at one of its items."""
        if self.report.is_full:
            return
        self.report.error(code, message, self.span(group, index), hint)

    def unknown(
        self, kind: str, name: str, known: Mapping[str, object], group: Group, index: int
    ) -> None:
        """Note a name that is not declared, with the closest one that is."""
        if self.report.is_full:
            return
        self.error(
            f"unknown-{kind}", f"unknown {kind} `{name}`", group, index, suggest(name, known)
        )

    def unsupported(self, construct: str, group: Group, index: int | None = None) -> None:
        """Note a construct that this version does not do; ``construct`` is a plural."""
        self.report.unsupported(construct, self.span(group, index))

    def warn(self, code: str, message: str, group: Group, index: int | None = None) -> None:
        """Note a warning at a group or at one of its items."""
        if self.report.is_known(code, message):
            return
        self.report.warn(code, message, self.span(group, index))

    def span(self, group: Group, index: int | None = None) -> Span:
        """The place of a group or of one of its items."""
        return self.source.span(group, index)

    def needs(self, requirement: str, group: Group) -> None:
        """Warn, once a file, when a requirement is used without having been declared."""
        if requirement not in self.vocabulary.requirements:
            self.vocabulary.requirements.add(requirement)
            self.warn(
                "undeclared-requirement",
                f"`{requirement}` is used but not among the requirements",
                group,
            )

    def group(self, node: Node, owner: Group, index: int, what: str) -> Group | None:
        """The node as a group, or an error that says what was expected."""
        if isinstance(node, Group):
            return node
        self.error("syntax", f"expected {what} in parentheses, not `{node}`", owner, index)
        return None
