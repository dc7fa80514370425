"""A short search beside rules that solved a small task: the cheaper plan counts.

Rules that were learned from little may run one errand after the other where a search does two at a
time. On large tasks search seldom does better, and takes too long; so the bounds are counts, which
also keeps a run the same on every machine.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from planner.search.improve.replay import cost_of
from planner.search.onward import go_on
from planner.search.portion import Portion, booked, time_share
from planner.spaces.estimate import estimate_operators
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["cheaper_plan"]

_log = logging.getLogger(__name__)

_OPERATORS = 10_000
"""Operators of a task that is searched; as estimated, where it is not ground."""

_EXPANSIONS = 2_000

_SHARE = 0.1
"""Part of the time left that the search may take."""


def cheaper_plan(
    space: LiftedSpace | GroundSpace, steps: tuple[int, ...], meter: Meter
) -> tuple[int, ...] | None:
    """A plan that is cheaper than one by rules, or as cheap and shorter, if search finds it soon.

    Args:
        space: of a task without rules that forbid.
        steps: the plan by rules.
        meter: of the run.
    """
    is_ground = isinstance(space, GroundSpace)
    operators = len(space.steps) if is_ground else estimate_operators(space.task)
    if meter.exceeded() or operators > _OPERATORS:
        return None
    limits = replace(time_share(meter, _SHARE), expansions=_EXPANSIONS)
    with booked(Portion(meter, limits)) as share:
        other = go_on(space, (), share)
    if other is None:
        return None
    costs = [(cost_of(space, plan), len(plan)) for plan in (other, steps)]
    _log.info("search finds a plan of cost %d, rules one of %d", costs[0][0], costs[1][0])
    return other if costs[0] < costs[1] else None
