"""Expert iteration: search with the model on larger tasks, and learn from what that finds.

After Anthony, Tian and Barber (2017): the search is the expert. Plans are validated and shortened
before they are learned from; tasks that plain search finds easy teach nothing and are dropped; the
steps that the engine refuted on the way, those into dead ends, are learned as wrong.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.model_guide import ModelGuide
from planner.guides.relaxation import RelaxationGuide
from planner.learn.improve import improve_plan
from planner.learn.lessons.label import LabelledState, label_plan
from planner.learn.tasks.walk import successors
from planner.plan import Plan
from planner.search.best_first import LazyGbfs
from planner.search.improve.replay import cost_of
from planner.search.limits import Limits, Meter
from planner.search.regret import Regret
from planner.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from planner.interfaces import BoundGuide, Expansion, StepModel, StepSpace

__all__ = ["Harvest", "Round", "harvest", "is_flat", "solved_share"]

_LOG = logging.getLogger(__name__)
_EXPANSIONS = 300  # of a search with the model
_PLAIN = 3_000  # of plain search, which may show the model what it cannot find
_EASY = 30  # expansions of plain search under which a task is easy
_MET = 30  # states of a search whose steps are tested for dead ends


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Attributes:
        tasks: tried; ``kept`` of them became lessons, ``easy`` were dropped as easy.
        refuted: states learned from for the dead ends around them.
        solved: share of the yardstick tasks solved at fixed expansions after it.
    """

    number: int
    tasks: int
    kept: int
    easy: int
    refuted: int
    solved: float

    def render(self) -> str:
        """A line for a person."""
        if not self.number:
            return f"round 0: {100 * self.solved:.0f} % of the yardstick tasks solved"
        return (
            f"round {self.number}: {100 * self.solved:.0f} %, {self.kept} of {self.tasks} larger "
            f"tasks learned from, {self.easy} too easy, {self.refuted} states with dead ends"
        )


@dataclass
class Harvest:
    """What a round of searches gave."""

    labelled: list[tuple[StepSpace, list[LabelledState]]] = field(default_factory=list)
    tasks: int = 0
    easy: int = 0
    refuted: int = 0


def harvest(model: StepModel, spaces: Iterable[StepSpace]) -> Harvest:
    """Search each space with the model and without, and label the best plan of both."""
    found = Harvest()
    for space in spaces:
        found.tasks += 1
        met = _Met()
        meter = Meter(Limits(expansions=_EXPANSIONS))
        own = Regret().run(space, ModelGuide(model), meter, trace=met)
        plain = LazyGbfs().run(space, RelaxationGuide("h_ff"), Meter(Limits(expansions=_PLAIN)))
        plans = [_shortened(space, outcome.steps) for outcome in (own, plain)]
        mistakes = _refuted(space, met.expansions)
        found.refuted += len(mistakes)
        known = [plan for plan in plans if plan]
        states: list[LabelledState] = []
        if known:
            best = min(known, key=lambda plan: (cost_of(space, plan), len(plan)))
            is_easy = plans[1] is not None and plain.expanded <= _EASY
            if is_easy and plans[0] is not None and len(plans[0]) <= len(plans[1] or ()):
                found.easy += 1
            else:
                states = label_plan(space, best)
        if states or mistakes:
            found.labelled.append((space, states + mistakes))
    return found


def solved_share(model: StepModel, spaces: Sequence[StepSpace], expansions: int = 100) -> float:
    """Share of spaces that a search with the model solves within so many expansions."""
    solved = 0
    for space in spaces:
        meter = Meter(Limits(expansions=expansions))
        solved += Regret().run(space, ModelGuide(model), meter).steps is not None
    return solved / max(1, len(spaces))


def is_flat(rates: Sequence[float], patience: int = 2) -> bool:
    """Whether everything is solved, or the last rounds have brought nothing."""
    if rates and rates[-1] == 1:
        return True
    return len(rates) > patience and max(rates[-patience:]) <= max(rates[:-patience])


class _Met:
    """Remembers the first expansions of a search."""

    def __init__(self) -> None:
        self.expansions: list[Expansion] = []

    def expanded(self, expansion: Expansion) -> None:
        """As `planner.interfaces.TraceSink`."""
        if len(self.expansions) < _MET:
            self.expansions.append(expansion)


def _shortened(space: StepSpace, steps: Sequence[int] | None) -> list[int] | None:
    """A plan that the independent validator accepts, shortened."""
    if steps is None:
        return None
    plan = improve_plan(space, steps)
    verdict = validate(space.task, Plan(tuple(space.describe(step) for step in plan)))
    if not verdict.ok:
        _LOG.warning("a plan of %s is not valid and is not learned from", space.task.name)
        return None
    return plan


def _refuted(space: StepSpace, expansions: Sequence[Expansion]) -> list[LabelledState]:
    """States from which some steps lead to dead ends and others do not."""
    judge = RelaxationGuide("h_max").bind(space)
    found = []
    for state in dict.fromkeys(expansion.state for expansion in expansions):
        legal = space.legal_steps(state)
        dead = np.array([_is_dead(space, judge, s) for s in successors(space, state, legal)])
        if dead.any() and not dead.all():
            found.append(LabelledState(state, legal, ~dead, -1, refuting=True))
    return found


def _is_dead(space: StepSpace, judge: BoundGuide, state: int) -> bool:
    """Whether no plan starts there: nothing to do, or not even with all deletes ignored."""
    if space.is_goal(state):
        return False
    legal = space.legal_steps(state)
    return not len(legal) or judge.judge([state], [legal])[0].value == math.inf
