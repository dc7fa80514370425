"""What any plan must cost at least, from the initial state alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.interfaces import BoundGuide, StepSpace

__all__ = ["root_bound"]

_AT_ONCE, _AFTERWARDS = (200, 1_000), (5_000, 200_000)
"""Operators up to which LM-cut, and up to which h_max, are cheap: as plain Python beside a search
of a moment, and compiled after one that has gone on."""

_A_MOMENT = 300
"""Expansions."""


def root_bound(space: StepSpace, expanded: int) -> int | None:
    """A lower bound on the cost of plans, in the unit of ``costs``.

    LM-cut where the task is small, h_max where it is larger; ``None`` where neither is cheap
    beside the search, which expanded so many states, and for spaces that are not ground.
    """
    few, many = _AT_ONCE if expanded < _A_MOMENT else _AFTERWARDS
    if not isinstance(space, GroundSpace) or space.ground_task.operator_count > many:
        return None
    if space.ground_task.operator_count <= few:
        from planner.guides.lm_cut.guide import LmCut

        guide: BoundGuide = LmCut().bind(space)
    else:
        from planner.guides.relaxation import RelaxationGuide

        guide = RelaxationGuide("h_max").bind(space)
    state = space.initial()
    value = guide.judge([state], [space.legal_steps(state)])[0].value
    if value is None or value == math.inf:
        return None
    return round(value * space.cost_scale)
