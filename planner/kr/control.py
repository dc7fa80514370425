"""Control rules: advice on steps, written by a person or learned, in the rule language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from planner.kr.formulas import TRUE, Atom, Formula, Modal

if TYPE_CHECKING:
    from planner.diagnostics import Span
    from planner.kr.terms import Term

__all__ = ["ControlRule", "ControlStep", "GoalOrder", "StepPattern", "WalkPattern"]


@dataclass(frozen=True, slots=True)
class StepPattern:
    """A step by action name and arguments; anonymous variables match anything."""

    action: str
    arguments: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class WalkPattern:
    """``walk ?v from ?a to ?b``: the movement steps that take the mover along a shortest way.

    Attributes:
        mover: what moves; ``None`` where the moving predicate speaks of places only, written
            ``walk lift-at from ?a to ?b``.
        predicate: says where the mover is; ``""`` when the rule base has one movement for it.
    """

    mover: Term | None
    start: Term
    end: Term
    predicate: str = ""


ControlStep: TypeAlias = "StepPattern | WalkPattern"


@dataclass(frozen=True, slots=True)
class ControlRule:
    """Prefer or forbid steps where a condition holds.

    Attributes:
        pursues: the goal atom the rule works on, read as ``ready`` (``for:`` in files).
        steps: what to do, in order; a rule that forbids has exactly one step pattern.
        rank: lower ranks are asked first.
        run: ``all`` runs every step, ``first`` the walk and one real step before asking again.
        support: how many training plans showed it, 0 for written rules.
    """

    condition: Formula = TRUE
    steps: tuple[ControlStep, ...] = ()
    pursues: Modal | None = None
    name: str = ""
    rank: int = 0
    run: Literal["all", "first"] = "all"
    forbids: bool = False
    support: int = 0
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GoalOrder:
    """``later after earlier if condition``: the goal ``later`` waits while ``earlier`` is open."""

    later: Atom
    earlier: Atom
    condition: Formula = TRUE
    span: Span | None = field(default=None, compare=False, repr=False)
