"""What the validator says of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a plan solves a task, and if not, where and why it fails.

    Attributes:
        cost: sum of the costs of the steps that could be taken.
        failed_step: index of the first step that cannot be taken, from 0; ``None`` when all can.
        step: that step as the plan file writes it, or ``""``.
        missing: literals that had to hold and did not, in the step's precondition or, when every
            step could be taken, in the goal; ``not on(a, b)`` for a fact that must be false.
        message: one sentence for a person.
        notes: remarks that do not make the plan invalid.
    """

    ok: bool
    cost: Fraction = Fraction(0)
    failed_step: int | None = None
    step: str = ""
    missing: tuple[str, ...] = ()
    message: str = ""
    notes: tuple[str, ...] = ()

    @property
    def unmet_goal(self) -> tuple[str, ...]:
        """Literals of the goal that do not hold in the end; empty when a step failed before."""
        return self.missing if self.failed_step is None else ()
