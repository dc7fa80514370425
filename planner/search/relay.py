"""Greedy search and width search in turns, each resumed where it stopped.

What one cannot solve the other often can: landmarks and relaxed plans lead through large tasks
whose goals hardly disturb each other, novelty finds the way through puzzles. Turns are measured in
work, not in time, so that runs repeat exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.search.best_first import LazyGbfs, Variant, runs_compiled
from planner.search.improve.elimination import eliminate_steps
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.interfaces import Guide, StepSpace, TraceSink
    from planner.search.compiled import CompiledSearch
    from planner.search.limits import Meter
    from planner.search.result import Outcome

__all__ = ["Relay"]

_WIDTH_PART = 48
"""A step of work of the width search takes about so many times longer than one of the greedy
search, whose work is almost all in the inner loops of estimates (measured on seven tasks)."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Lazy greedy search by the guide, and best-first width search, in turns that grow.

    Where the search cannot run compiled (a trace, rules that forbid, a space that is not ground)
    it is the lazy greedy search alone. Plans found lose the steps they can do without.

    Attributes:
        turn: millions of steps of work in the first turn of each; turns double, the greedy
            search's first.
    """

    turn: int = 300

    def __post_init__(self) -> None:
        if self.turn < 1:
            raise ValueError("a turn must be at least 1")

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return "relay"

    def run(
        self,
        space: StepSpace,
        guide: Guide,
        meter: Meter,
        *,
        seed: int = 0,
        trace: TraceSink | None = None,
    ) -> Outcome:
        """Search from the initial state; nothing in it is random."""
        guides = runs_compiled(space, guide, trace)
        if guides is None or not isinstance(space, GroundSpace):
            return LazyGbfs().run(space, guide, meter, seed=seed, trace=trace)
        from planner.guides.relaxed_task import NOVELTY, relax
        from planner.search.compiled import CompiledSearch

        kinds, costs = guides
        relaxed = relax(space.ground_task, costs)
        greedy = Variant(lazy=True, prefer=True)
        searches = [CompiledSearch(space, greedy, kinds, costs, meter, relaxed)]
        outcome = searches[0].advance(self.turn * 1_000_000)
        if outcome is not None:
            return _improved(outcome, space)
        searches.append(CompiledSearch(space, Variant(), [NOVELTY], costs, meter, relaxed))
        return _improved(self._alternate(searches), space)

    def _alternate(self, searches: list[CompiledSearch]) -> Outcome:
        """Take turns, the second search first, until one ends."""
        number, work = 0, self.turn * 1_000_000
        while True:
            number = 1 - number
            outcome = searches[number].advance(work // _WIDTH_PART if number == 1 else work)
            if outcome is not None:
                return _with_counts(outcome, searches[1 - number].outcome_so_far())
            if number == 1:
                work *= 2


def _improved(outcome: Outcome, space: GroundSpace) -> Outcome:
    """An outcome whose plan has no superfluous steps."""
    if not outcome.steps:
        return outcome
    steps = eliminate_steps(space, outcome.steps)
    return replace(outcome, steps=steps, cost=int(space.costs[list(steps)].sum()))


def _with_counts(outcome: Outcome, other: Outcome) -> Outcome:
    """An outcome with what both searches spent."""
    return replace(
        outcome,
        expanded=outcome.expanded + other.expanded,
        generated=outcome.generated + other.generated,
        evaluated=outcome.evaluated + other.evaluated,
    )
