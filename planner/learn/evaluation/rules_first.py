"""Following rules as `planner solve` does, as a search for ablations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.guides.model_guide import ModelGuide
from planner.learn.tasks.walk import translated
from planner.search.following import follow_rules
from planner.search.limits import Limits
from planner.search.portion import Portion, booked
from planner.search.result import Outcome, Status

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepModel, StepSpace, TraceSink
    from planner.search.limits import Meter
    from planner.search.protocol import Search

__all__ = ["RulesFirst"]


@dataclass(frozen=True, slots=True)
class RulesFirst:
    """The rules of the task without grounding, their plan shortened, then another search.

    A step model that is the guide chooses among what the rules suggest.

    Attributes:
        otherwise: searches where the rules have no plan.
        within: what the rules and the model together may take to make the rules' plan cheaper;
            ``None`` leaves that to the limits of the run.
    """

    otherwise: Search
    within: Limits | None = None

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
        early = None if self.within is None else self._plan(space, meter, seed)
        if early is None:
            found = self._plan(space, meter, seed, model)
        else:
            found = early if model is None else self._improved(space, model, meter, seed, early)
        return found or self.otherwise.run(space, guide, meter, seed=seed, trace=trace)

    def _improved(
        self, space: StepSpace, model: StepModel, meter: Meter, seed: int, early: Outcome
    ) -> Outcome:
        """The rules' plan, or a cheaper one of the model's within what is left."""
        within = self.within or Limits()
        left = replace(
            within,
            cpu_s=None if within.cpu_s is None else max(0.0, within.cpu_s - meter.cpu_s),
            expansions=None
            if within.expansions is None
            else max(0, within.expansions - meter.expanded),
        )
        with booked(Portion(meter, left)) as share:
            found = None if share.exceeded() else self._plan(space, share, seed, model)
        cheaper = found is not None and (found.cost or 0) < (early.cost or 0)
        best = found if found is not None and cheaper else early
        return replace(best, expanded=meter.expanded, model_calls=meter.model_calls)

    @staticmethod
    def _plan(
        space: StepSpace, meter: Meter, seed: int, model: StepModel | None = None
    ) -> Outcome | None:
        """The plan of the rules in the steps of a space."""
        followed = follow_rules(space.task, "rules", meter, seed, model)
        if followed is None or followed.steps is None:
            return None
        plan = translated(followed.space, followed.steps, space, space.initial())
        if plan is None:
            return None
        cost = int(space.costs[plan].sum())
        return replace(followed.outcome, status=Status.SOLVED, steps=tuple(plan), cost=cost)
