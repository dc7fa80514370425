"""What compiled searches of one task share: the reduced task, its relaxation, its landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from planner.errors import LimitError
from planner.guides.landmarks.graph import find_landmarks, no_landmarks
from planner.guides.relaxed_task import LANDMARKS, relax
from planner.search.precedence import timely_operators
from planner.search.reduction import keep_operators, reduce_task
from planner.spaces.arrays import pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from planner.guides.landmarks.graph import Landmarks
    from planner.guides.relaxed_task import CostKind, RelaxedTask
    from planner.interfaces import IntArray
    from planner.search.limits import Meter
    from planner.spaces.arrays import GroundArrays
    from planner.spaces.ground import GroundSpace
    from planner.spaces.ground_task import GroundTask

__all__ = ["Prepared", "check_limits", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task made ready for searching.

    Attributes:
        space: where the task and the numbers of the plan's steps come from.
        task: the task without what no plan needs, and without steps that come too late.
        origin: for each of its operators the number of the step in the space.
        arrays: its arrays; rows are those of the space.
        row: the initial state.
        costs: the unit of the relaxation's costs.
        relaxed: the relaxation.
        landmarks: none unless they were asked for.
    """

    space: GroundSpace
    task: GroundTask
    origin: IntArray
    arrays: GroundArrays
    row: npt.NDArray[np.int64]
    costs: CostKind
    relaxed: RelaxedTask
    landmarks: Landmarks


def prepare(
    space: GroundSpace,
    kinds: Sequence[int],
    costs: CostKind,
    *,
    orders: bool = True,
    meter: Meter | None = None,
) -> Prepared:
    """Make a ground space ready for searches with these kinds of estimates.

    With ``orders`` the landmarks are put in order.

    Raises:
        LimitError: when the meter says so, which is asked between passes over the task and, while
            landmarks are sought, every few milliseconds.
    """
    check_limits(meter)
    task, origin = reduce_task(space.ground_task)
    check_limits(meter)
    check = partial(check_limits, meter)
    timely = timely_operators(task, check)
    check_limits(meter)
    if len(timely) < task.operator_count:
        task, origin = keep_operators(task, timely), origin[timely]
    arrays = space.arrays if task is space.ground_task else pack(task)
    check_limits(meter)
    relaxed = relax(task, costs)
    check_limits(meter)
    # A copy, since a row that is looked at keeps the space's table from growing in place.
    row = space.row(space.initial()).copy()
    landmarks = no_landmarks()
    if LANDMARKS in kinds:
        landmarks = find_landmarks(task, relaxed, row, orders=orders, check=check)
    return Prepared(space, task, origin, arrays, row, costs, relaxed, landmarks)


def check_limits(meter: Meter | None) -> None:
    """Go on, or not.

    Raises:
        LimitError: when the meter says so.
    """
    reason = "" if meter is None else meter.exceeded()
    if reason:
        raise LimitError(f"stopped while preparing the search: {reason}")
