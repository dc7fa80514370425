"""What a layer gathers from whole relations after every round, beside what its clauses derive.

Each kind reads the rows of one predicate and adds rows to another, and only ever adds: layers stay
semi-naive, and every tier needs one small class a kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.engine.clauses import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.engine.gather.foreign import Foreign
    from planner.kr.formulas import Atom

__all__ = [
    "GATHERED",
    "STATED",
    "Call",
    "Gathering",
    "Keep",
    "Merge",
    "Single",
    "arities_of",
    "declared_name",
    "reads_of",
]

STATED = "#stated"
"""Ends the name of what facts and rules say of a declared predicate."""
GATHERED = "#gathered"
"""Ends the name of what the declaration makes of it."""


@dataclass(frozen=True, slots=True)
class Merge:
    """An equivalence, by representatives: ``head(x, r)`` where r stands for the class of x.

    ``stated`` holds pairs. When classes grow together, members of the smaller one get another
    representative and keep the rows they had, which stay true: two constants are equivalent where
    they share a representative. So n constants make at most n log n rows, not n squared.
    """

    head: Atom
    stated: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Of the rows of ``stated`` that differ in the last column only, ``head`` has the best.

    While the layer grows it also has rows that were the best once; rules read them monotonely
    (`planner.kr.extremes`), and they are dropped when the layer is complete.
    """

    head: Atom
    stated: str
    extreme: Literal["min", "max"]


@dataclass(frozen=True, slots=True)
class Single:
    """No two rows of ``head`` differ in the last column only."""

    head: Atom


@dataclass(frozen=True, slots=True)
class Call:
    """A foreign predicate: ``head`` has what a function answers to the rows of ``asked``."""

    head: Atom
    asked: str
    function: Foreign


Gathering: TypeAlias = Tally | Merge | Keep | Single | Call


def declared_name(predicate: str) -> str:
    """The name a user knows for a predicate that declarations made."""
    return predicate.removesuffix(STATED).removesuffix(GATHERED)


def reads_of(gathering: Gathering) -> tuple[str, ...]:
    """The predicates whose rows are gathered."""
    match gathering:
        case Tally():
            return gathering.guard, gathering.met
        case Merge() | Keep():
            return (gathering.stated,)
        case Call():
            return (gathering.asked,)
        case Single():
            return ()


def arities_of(gathering: Gathering) -> Mapping[str, int]:
    """The arities of the predicates of a gathering, as far as it says."""
    arity = len(gathering.head.arguments)
    found = {gathering.head.predicate: arity}
    match gathering:
        case Merge(_, stated) | Keep(_, stated):
            found[stated] = arity
        case Call(_, asked, function):
            found[asked] = function.inputs
        case Tally() | Single():
            pass
    return found
