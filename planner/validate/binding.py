"""Bindings of variables to values."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from planner.kr.terms import Constant, Variable
from planner.validate.values import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.kr.terms import Expression, TypedVariable
    from planner.validate.facts import Row

__all__ = ["Binding", "bind", "without"]

Binding: TypeAlias = "dict[str, Constant]"


def bind(arguments: Sequence[Expression], row: Row, binding: Binding) -> Iterator[Binding]:
    """The binding extended so that the arguments become the row; nothing when it cannot be."""
    found = binding
    for argument, value in zip(arguments, row, strict=True):
        known = evaluate(argument, found)
        if known is None and isinstance(argument, Variable):
            found = {**found, argument.name: value}
        elif known != value:
            return
    yield found


def without(binding: Binding, variables: Sequence[TypedVariable]) -> Binding:
    """The binding outside of a quantifier that uses some of its names anew."""
    names = {v.name for v in variables}
    if names.isdisjoint(binding):
        return binding
    return {name: value for name, value in binding.items() if name not in names}
