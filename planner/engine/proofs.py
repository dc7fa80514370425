"""Proofs as data: a closed family of frozen values, taken apart with ``match``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.kr.formulas import Aggregate, Atom, Comparison, Formula
    from planner.kr.rules import Rule
    from planner.kr.terms import Constant

__all__ = [
    "Absent",
    "ByRule",
    "Computed",
    "FailedRule",
    "Given",
    "Justification",
    "Proof",
    "WhyNot",
]


@dataclass(frozen=True, slots=True)
class Given:
    """A fact that was stated."""

    fact: Atom
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ByRule:
    """An instance of a rule whose body holds.

    Attributes:
        premises: one proof for each literal of the body, in its order; parts that the engine
            brought into auxiliary predicates (closures, ``forall``) stand in their place.
        bindings: of the rule's variables, in order of first occurrence.
    """

    rule: Rule
    premises: tuple[Proof, ...]
    bindings: tuple[tuple[str, Constant], ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """A negation (or a ``forall``) that holds because nothing is true that denies it."""

    atom: Formula


@dataclass(frozen=True, slots=True)
class Computed:
    """A comparison or an aggregate that comes out true."""

    formula: Comparison | Aggregate


Justification: TypeAlias = "Given | ByRule | Absent | Computed"


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that holds, and why.

    Attributes:
        atom: what holds; a premise may also be a negation, a comparison or an aggregate.
    """

    atom: Formula
    justification: Justification

    def steps(self) -> Iterator[Proof]:
        """Every different part of the proof once, premises before what they support."""
        seen: set[int] = set()
        stack: list[tuple[Proof, bool]] = [(self, False)]
        while stack:
            proof, done = stack.pop()
            if done:
                yield proof
                continue
            if id(proof) in seen:
                continue
            seen.add(id(proof))
            stack.append((proof, True))
            if isinstance(proof.justification, ByRule):
                stack.extend((p, False) for p in reversed(proof.justification.premises))


@dataclass(frozen=True, slots=True)
class FailedRule:
    """The instance of a rule that comes nearest to deriving an atom.

    Attributes:
        bindings: of the variables that are settled.
        satisfied: the literals of the body that hold.
        missing: those that do not, with variables where nothing settles them.
    """

    rule: Rule
    bindings: tuple[tuple[str, Constant], ...]
    satisfied: tuple[Formula, ...]
    missing: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why an atom does not hold.

    Attributes:
        holds: it does hold, and there is nothing to explain.
        attempts: for each rule whose head fits, its nearest instance; the nearest rule first.
        assumptions: smallest sets of assumable facts under which it would hold.
    """

    atom: Atom
    holds: bool
    attempts: tuple[FailedRule, ...]
    assumptions: tuple[tuple[Atom, ...], ...] = ()
