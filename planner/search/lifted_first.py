"""Whether to ground: an estimate beforehand, then grounding or the lifted search gets its turn.

Up to two million operators by the estimate, grounding costs little and its search is the faster.
Beyond, the estimate may be too high: a short attempt at grounding tells, unless it is out of the
question. Then the lifted search has a part of the limits; what it leaves is for grounding all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import LimitError, UnsupportedError
from planner.search.limits import Limits
from planner.search.portion import Portion, booked, time_share
from planner.search.result import Outcome, Status
from planner.spaces.estimate import estimate_operators

if TYPE_CHECKING:
    from planner.kr.formulas import Atom
    from planner.kr.task import Task
    from planner.search.limits import Meter
    from planner.spaces.ground_task import GroundTask
    from planner.spaces.lifted import LiftedSpace

__all__ = ["Choice", "choose_space", "search_lifted"]

_log = logging.getLogger(__name__)

FEW = 2e6
"""Operators that are grounded without further thought."""

MANY = 1e9
"""Operators beyond which grounding is not even attempted before the lifted search."""

HOPELESS = 1e18
"""Operators beyond which nothing is left for grounding: the estimate is too high by up to twelve
orders of magnitude (organic synthesis), but not by more."""

_ATTEMPT_S = 0.3
_SHARE = 0.5
_ALMOST_ALL = 0.95


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of the choice; at most one of the first two is there.

    Attributes:
        ground_task: a task that an attempt grounded.
        lifted: the lifted search where it settled the matter.
        reason: a few words on the choice, ``""`` where nothing spoke against grounding.
    """

    ground_task: GroundTask | None = None
    lifted: LiftedResult | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LiftedResult:
    """How a lifted search ended.

    Attributes:
        unreachable: an atom of the goal that nothing reaches from the initial state, even where
            actions only add.
    """

    space: LiftedSpace
    outcome: Outcome
    unreachable: Atom | None = None


def choose_space(task: Task, meter: Meter) -> Choice:
    """Choose by the estimate, and search where the choice is the lifted space.

    Raises:
        LimitError: when the limits of the whole run are met.
    """
    estimate = estimate_operators(task)
    if estimate <= FEW:
        return Choice()
    from planner.spaces.lifted import LiftedSpace

    about = f"about {estimate:.0e} operators".replace("e+0", "e").replace("e+", "e")
    try:
        space = LiftedSpace(task)
    except UnsupportedError as error:
        why = str(error).partition("\n")[0]
        _log.info("%s, but the task must be grounded: %s", about, why)
        return Choice(reason=f"{about}; grounded because {why}")
    if estimate <= MANY:
        grounded = _attempt(task, meter)
        if grounded is not None:
            return Choice(ground_task=grounded)
    _log.info("%s: searching without grounding first", about)
    part = _SHARE if estimate <= HOPELESS else _ALMOST_ALL
    with booked(Portion(meter, time_share(meter, part))) as share:
        lifted = search_lifted(space, share)
    if lifted.outcome.status is Status.LIMIT:
        _log.info("no plan without grounding: grounding after all")
        return Choice(reason=f"{about}; no plan was found without grounding")
    return Choice(lifted=lifted, reason=f"{about}, not grounded")


def search_lifted(space: LiftedSpace, meter: Meter) -> LiftedResult:
    """Search a lifted space within the limits of a meter."""
    from planner.search.lifted import LiftedSearch

    try:
        search = LiftedSearch(space, meter)
    except LimitError:
        return LiftedResult(space, Outcome(Status.LIMIT, reason=meter.exceeded() or "memory"))
    outcome = search.run()
    return LiftedResult(space, outcome, search.unreachable)


def _attempt(task: Task, meter: Meter) -> GroundTask | None:
    """Ground within a short time, ``None`` when that is not enough."""
    from planner.spaces.grounding import ground

    try:
        return ground(task, meter=Portion(meter, Limits(cpu_s=_ATTEMPT_S)))
    except LimitError:
        if meter.exceeded():
            raise
        return None
