"""Better plans after the first one, until one is proved cheapest or a limit is met.

Superfluous steps go first, then windows are planned anew, then the whole task is searched again
with less and less greed (Richter, Thayer & Ruml 2010), at last by A*, which ends with a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.search.best_first import Astar, WeightedAstar
from planner.search.improve.replay import as_named, cost_of
from planner.search.improve.shorten import without_superfluous
from planner.search.improve.windows import replan_windows
from planner.search.limits import Limits
from planner.search.portion import Portion, booked
from planner.search.result import Status
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.interfaces import Guide, StepSpace
    from planner.search.incumbent import Incumbent
    from planner.search.limits import Meter
    from planner.search.result import Outcome

__all__ = ["improve_plan"]

_EXPANSIONS = 200_000
"""Expansions of each weighted search; A* has what is left."""

_WEIGHTS = (5, 3, 2)


def improve_plan(
    space: StepSpace,
    found: Outcome,
    guide: Guide,
    meter: Meter,
    on_better: Callable[[tuple[int, ...]], None],
) -> Outcome:
    """The outcome with the cheapest plan that was found, first of all that of ``found``.

    ``complete`` is False when a limit ended the work, and ``optimal`` True when the plan is proved
    cheapest. ``guide`` gives estimates for spaces that are not ground; ``on_better`` is told of
    each plan that is better than all before.
    """
    run = _Improvement(space, found, meter, on_better)
    run.polish()
    for weight in _WEIGHTS:
        if run.is_over():
            break
        run.search(WeightedAstar(weight), _estimate(space, guide), _EXPANSIONS)
        run.polish()
    if not run.is_over():
        run.prove(_admissible(space))
    return run.outcome()


@dataclass(frozen=True, slots=True)
class _Undercut:
    """The best plan of this process or of the others."""

    own: Fraction
    others: Incumbent | None

    def cost(self) -> Fraction:
        """What it costs."""
        theirs = None if self.others is None else self.others.cost()
        return self.own if theirs is None else min(self.own, theirs)

    def prove(self, bound: Fraction) -> None:
        """Tell the others."""
        if self.others is not None:
            self.others.prove(bound)


class _Improvement:
    """The best plan so far, and what is known about it."""

    def __init__(
        self,
        space: StepSpace,
        found: Outcome,
        meter: Meter,
        on_better: Callable[[tuple[int, ...]], None],
    ) -> None:
        assert found.steps is not None, "only plans are improved"
        self._space, self._found, self._meter = space, found, meter
        self._on_better = on_better
        self._plan, self._cost = found.steps, cost_of(space, found.steps)
        self._bound, self._proved, self._reason = found.lower_bound or 0, found.optimal, ""
        self._generated, self._evaluated = found.generated, found.evaluated

    def is_over(self) -> bool:
        """Whether the plan is proved cheapest, or a limit met."""
        self._proved = self._proved or self._cost <= self._bound
        self._reason = self._meter.exceeded()
        return self._proved or bool(self._reason)

    def polish(self) -> None:
        """Make the plan cheaper where it stands."""
        self._offer(without_superfluous(self._space, self._plan, self._meter))
        if isinstance(self._space, GroundSpace) and not self.is_over():
            for better in replan_windows(self._space, self._plan, self._meter):
                self._offer(without_superfluous(self._space, better, self._meter))

    def search(self, search: WeightedAstar, guide: Guide, expansions: int) -> None:
        """Search the whole task again."""
        with booked(Portion(self._meter, Limits(expansions=expansions))) as share:
            share.incumbent = self._incumbent()
            outcome = search.run(self._space, guide, share)
        self._book(outcome)
        self._bound = max(self._bound, outcome.lower_bound or 0)

    def prove(self, guide: Guide) -> None:
        """Search until a plan is proved cheapest."""
        with booked(Portion(self._meter)) as share:
            share.incumbent = self._incumbent()
            outcome = Astar().run(self._space, guide, share)
        self._book(outcome)
        self._bound = max(self._bound, outcome.lower_bound or 0)
        # What the proof found cannot be dearer than what was known.
        self._proved = self._proved or outcome.optimal or self._cost <= self._bound
        self._reason = "" if self._proved else self._meter.exceeded() or outcome.reason

    def _incumbent(self) -> _Undercut:
        """What the next search has to undercut."""
        return _Undercut(Fraction(self._cost, self._space.cost_scale), self._meter.incumbent)

    def outcome(self) -> Outcome:
        """The best plan with the counts of all that was done."""
        return replace(
            self._found,
            steps=self._plan,
            cost=self._cost,
            reason="" if self._proved else self._reason,
            complete=self._proved or not self._reason,
            optimal=self._proved,
            lower_bound=self._cost if self._proved else self._bound or self._found.lower_bound,
            expanded=self._meter.expanded,
            generated=self._generated,
            evaluated=self._evaluated,
        )

    def _book(self, outcome: Outcome) -> None:
        self._generated += outcome.generated
        self._evaluated += outcome.evaluated
        if outcome.status is Status.SOLVED and outcome.steps is not None:
            self._offer(outcome.steps)

    def _offer(self, plan: tuple[int, ...]) -> None:
        cost = cost_of(self._space, plan)
        shorter = cost == self._cost and len(plan) < len(self._plan)
        if cost < self._cost or shorter:
            self._plan, self._cost = as_named(self._space, plan), cost
            self._on_better(self._plan)


def _estimate(space: StepSpace, guide: Guide) -> Guide:
    from planner.guides.relaxation import RelaxationGuide

    return RelaxationGuide("h_ff") if isinstance(space, GroundSpace) else guide


def _admissible(space: StepSpace) -> Guide:
    from planner.guides.lm_cut.guide import LmCut
    from planner.guides.uniform import Uniform

    return LmCut() if isinstance(space, GroundSpace) else Uniform()
