"""Best-known plans of tasks too large to explore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.learn.improve import improve_plan

if TYPE_CHECKING:
    from planner.interfaces import StepSpace

__all__ = ["best_known_plan"]


def best_known_plan(space: StepSpace, expansions: int = 5000) -> list[int] | None:
    """A plan by greedy search with h_FF, shortened; ``None`` when the search gives up."""
    from planner.guides.relaxation import RelaxationGuide
    from planner.search.best_first import Gbfs
    from planner.search.limits import Limits, Meter

    meter = Meter(Limits(expansions=expansions))
    outcome = Gbfs().run(space, RelaxationGuide("h_ff"), meter)
    return None if outcome.steps is None else improve_plan(space, outcome.steps)
