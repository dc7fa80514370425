"""Following rules as `planner solve` does, as a search for ablations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.guides.model_guide import ModelGuide
from planner.learn.teacher import translated
from planner.search.result import Outcome, Status
from planner.search.ungrounded import follow_rules

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.protocol import Search

__all__ = ["RulesFirst"]


@dataclass(frozen=True, slots=True)
class RulesFirst:
    """The rules of the task without grounding, their plan shortened, then another search.

    A step model that is the guide chooses among what the rules suggest.

    Attributes:
        otherwise: searches where the rules have no plan.
    """

    otherwise: Search

    @property
    def name(self) -> str:
        """The name of the rules' search."""
        return "rules"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search until the first plan; the rules alone are not traced."""
        model = guide.model if isinstance(guide, ModelGuide) else None
        followed = follow_rules(space.task, "rules", meter, seed, model)
        if followed is not None and followed.steps is not None:
            plan = translated(followed.space, followed.steps, space, space.initial())
            if plan is not None:
                cost = int(space.costs[plan].sum())
                return replace(followed.outcome, status=Status.SOLVED, steps=tuple(plan), cost=cost)
        return self.otherwise.run(space, guide, meter, seed=seed, trace=trace)
