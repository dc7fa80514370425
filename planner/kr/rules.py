"""Predicates, Horn rules and probabilistic facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from planner.kr.formulas import Atom, Formula, show
from planner.kr.terms import ANY_TYPE

if TYPE_CHECKING:
    from fractions import Fraction

    from planner.diagnostics import Span

__all__ = ["Predicate", "ProbabilisticFact", "Rule"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A declared relation.

    Attributes:
        types: for each argument place the types it takes, one unless PDDL's ``either`` was used.
        meaning: the sentence with ``{0}``, ``{1}`` for the arguments, or ``""``.
        properties: of ``symmetric``, ``functional`` (the last argument is determined by the
            others), ``equivalence``, ``assumable``.
        keep: ``min`` or ``max`` where of facts that differ in the last argument only the one with
            the least or greatest number is kept, else ``""``.
        foreign: how many leading arguments a Python function is given to find the others; ``None``
            where facts and rules say what holds.
    """

    name: str
    types: tuple[tuple[str, ...], ...] = ()
    meaning: str = ""
    properties: frozenset[str] = frozenset()
    span: Span | None = field(default=None, compare=False, repr=False)
    keep: Literal["", "min", "max"] = ""
    foreign: int | None = None

    @property
    def arity(self) -> int:
        """Number of argument places."""
        return len(self.types)

    @property
    def is_functional(self) -> bool:
        """Whether the last argument is determined by the others."""
        return "functional" in self.properties or bool(self.keep)

    @staticmethod
    def of_arity(name: str, arity: int) -> Predicate:
        """A predicate that takes any object in each place."""
        return Predicate(name, ((ANY_TYPE,),) * arity)


@dataclass(frozen=True, slots=True)
class Rule:
    """``head`` holds whenever ``body`` does.

    Attributes:
        name: as written, or ``""``.
        probability: chance that an instance of the rule applies, ``None`` for certain rules.
        group: rules of one number are an annotated disjunction: they share a body, and for each
            binding at most one of them applies.
    """

    head: Atom
    body: Formula
    name: str = ""
    probability: Fraction | None = None
    group: int | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.head} <- {show(self.body)}"


@dataclass(frozen=True, slots=True)
class ProbabilisticFact:
    """A fact that holds with a probability, independently of the others (ProbLog's semantics)."""

    probability: Fraction
    atom: Atom
