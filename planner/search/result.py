"""How a search ends: a closed set of outcomes, and what was found and spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = ["Outcome", "Status"]


class Status(Enum):
    """The outcomes; ``UNSOLVABLE`` is proved, ``EXHAUSTED`` and ``LIMIT`` are giving up."""

    SOLVED = "solved"
    UNSOLVABLE = "unsolvable"
    EXHAUSTED = "exhausted"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search returns.

    Attributes:
        steps: numbers of the plan's steps in the step space, ``None`` without a plan.
        cost: cost of the plan in the unit of the space's ``costs``.
        reason: for `Status.LIMIT` or an incomplete run ``time``, ``memory``, ``expansions``,
            ``model_calls`` or ``interrupt``; ``""`` otherwise.
        complete: False when a limit cut off the improvement of the plan that is returned.
        optimal: True when the plan is proved cheapest.
        lower_bound: proved bound on the cost of any plan, in the unit of ``costs``.
        bound: the guarantee on expansions of LevinTS or PHS*, ``None`` elsewhere.
        search: the search in words, as chosen.
    """

    status: Status
    steps: tuple[int, ...] | None = None
    cost: int | None = None
    reason: str = ""
    complete: bool = True
    optimal: bool = False
    lower_bound: int | None = None
    bound: float | None = None
    expanded: int = 0
    generated: int = 0
    evaluated: int = 0
    model_calls: int = 0
    search: str = ""
    notes: tuple[str, ...] = field(default=())
