"""Neural predicates: facts whose probability a model judges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.diagnostics import Span
    from planner.kr.terms import Constant

__all__ = ["Judge"]


@dataclass(frozen=True, slots=True)
class Judge:
    """A predicate whose facts carry a model's probability.

    Attributes:
        predicate: with ``classes``, its last argument is one of them and exactly one fact holds
            for the objects before it; without, each fact holds or not.
        classes: values that the model tells apart, in the order of its outputs.
        model: folder of a saved judge; ``""`` when the caller brings the model.
        inputs: file with a row of numbers for each object; ``""`` when the caller brings them.
    """

    predicate: str
    classes: tuple[Constant, ...] = ()
    model: str = ""
    inputs: str = ""
    span: Span | None = field(default=None, compare=False, repr=False)
