"""Practice: a half-trained model tries the lessons, and a teacher shows the way from its mistakes.

Plans alone show a model only states where nothing went wrong. What it meets when it follows itself
is other states, and there it wanders; so these are what it should learn from (Ross, Gordon and
Bagnell 2011).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from planner.guides.model_guide import ModelGuide
from planner.learn.lessons.deorder import Deordering
from planner.learn.tasks.generate import Generator
from planner.search.limits import Limits, Meter
from planner.search.regret import Regret

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from planner.interfaces import Expansion, StepModel, StepSpace
    from planner.learn.lessons.label import LabelledState
    from planner.learn.lessons.teacher import Teacher
    from planner.learn.tasks.examples import Base

__all__ = ["larger_spaces", "practise"]

_LOG = logging.getLogger(__name__)

_SLACK = 1.1  # expansions by the length of the teacher's plan that are still good
_LONGEST = 1.6  # expansions of an attempt by that length
_CORRECTED = 3  # states of a failed attempt from which the teacher shows the way
_SHOWN = 40  # steps of that way
_GROWTH, _GROWN = (1.4, 2.0), 4  # sizes of larger tasks, by the largest lesson; tasks of each


def practise(
    model: StepModel, spaces: Sequence[StepSpace], teacher: Teacher, rng: random.Random
) -> list[tuple[StepSpace, list[LabelledState]]]:
    """Labelled states beside the ways on which the model is lost, by space."""
    found = []
    for space in spaces:
        plan = teacher.plan(space, space.initial())
        if not plan:
            continue
        met = _Met()
        meter = Meter(Limits(expansions=int(_LONGEST * len(plan)) + 2))
        Regret().run(space, ModelGuide(model), meter, trace=met)
        if len(met.states) > _SLACK * len(plan) + 1:
            chosen = rng.sample(met.states, min(_CORRECTED, len(met.states)))
            found.append((space, _corrections(space, chosen, teacher)))
    count = sum(len(states) for _, states in found)
    _LOG.info("practice: errs in %d of %d tasks, %d more states", len(found), len(spaces), count)
    return [(space, states) for space, states in found if states]


def larger_spaces(base: Base, rng: random.Random) -> list[StepSpace]:
    """Spaces of generated tasks larger than any lesson, where tasks of that size can be made."""
    ordered = sorted(base.lessons or base.examples, key=lambda task: len(task.objects))
    if not ordered:
        return []
    # Small seeds are walked quickly; large ones know more of what is sensible.
    seeds = ordered[len(ordered) // 3 :: max(1, len(ordered) // 3)][:2]
    generator = Generator(base.rules, seeds, rng)
    largest = len(ordered[-1].objects)
    sizes = [round(largest * growth) for growth in _GROWTH]
    return [generator.space_of(t) for size in sizes for t in generator.tasks(size, _GROWN)]


def _corrections(space: StepSpace, states: list[int], teacher: Teacher) -> list[LabelledState]:
    """The first steps of the teacher's ways on from some states, each state once."""
    labelled: dict[int, LabelledState] = {}
    orders = Deordering(space)
    for state in states:
        plan = teacher.plan(space, state)
        for label in orders.label(plan, state)[:_SHOWN] if plan else ():
            labelled.setdefault(label.state, label)
    return list(labelled.values())


class _Met:
    """Remembers the states of a search."""

    def __init__(self) -> None:
        self.states: list[int] = []

    def expanded(self, expansion: Expansion) -> None:
        """As `planner.interfaces.TraceSink`."""
        self.states.append(expansion.state)
