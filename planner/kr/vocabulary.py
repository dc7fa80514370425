"""The names a formula may use: types, predicates, objects, with what the types allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.kr.terms import ANY_TYPE, VALUE_TYPES, Constant, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from fractions import Fraction

    from planner.diagnostics import Span
    from planner.kr.task import RuleBase

__all__ = ["NUMERIC", "Types", "Vocabulary"]

Types: TypeAlias = "tuple[str, ...]"
NUMERIC: Types = ("number",)


@dataclass(frozen=True)
class Vocabulary:
    """Names with their declarations.

    Attributes:
        objects: constants and, for a task, its objects, each with its declared type.
        broken: names whose declaration could not be read; nothing is said about them.
        places: where types and objects are declared, by kind and name.
    """

    rules: RuleBase
    objects: Mapping[str, str]
    broken: Collection[str] = ()
    places: Mapping[tuple[str, str], Span] = field(default_factory=dict)
    _below: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False)

    def signature(self, name: str) -> tuple[Types, ...] | None:
        """Argument types of a predicate; a type serves as a predicate of one argument."""
        predicate = self.rules.predicates.get(name)
        if predicate is not None:
            return predicate.types
        return ((name,),) if self.is_type(name) else None

    def is_type(self, name: str) -> bool:
        """Whether a type is declared or built in."""
        return name in self.rules.types or name == ANY_TYPE or name in VALUE_TYPES

    def is_below(self, name: str, of: str) -> bool:
        """Whether every value of one type is a value of the other; an ``int`` is a ``number``."""
        if name == of:
            return True
        key = (name, of)
        if key not in self._below:
            numbers = name == "int" and of == "number"
            self._below[key] = numbers or self.rules.is_subtype(name, of)
        return self._below[key]

    def intersect(self, first: Types, second: Types) -> Types:
        """Types of the values that both take; empty when there are none."""
        if first == second:
            return first
        common: dict[str, None] = {}
        for one in first:
            for other in second:
                if self.is_below(one, other):
                    common.setdefault(one)
                elif self.is_below(other, one):
                    common.setdefault(other)
        return tuple(common)

    def accepts(self, types: Types, constant: Constant) -> bool:
        """Whether a place of these types takes a constant; unknown objects are taken."""
        if isinstance(constant, str):
            if constant not in self.objects:
                return True
            declared = self.objects[constant].split("|")
            return any(self.is_below(d, t) for d in declared for t in types)
        return any(self.is_below(kind, t) for kind in _kinds(constant) for t in types)


def _kinds(constant: Text | int | Fraction) -> Types:
    if isinstance(constant, Text):
        return ("string",)
    return ("int", "number") if isinstance(constant, int) else ("number",)
