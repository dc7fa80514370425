"""Bind guides to a space under limits: what takes long to prepare heeds them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from planner.guides.combine import Bayes, BoundBayes, BoundCombined, Combined
from planner.guides.landmarks.guide import BoundLandmarkCount, LandmarkCount
from planner.search.prepared import check_limits
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from planner.interfaces import BoundGuide, Guide, StepSpace
    from planner.search.limits import Meter

__all__ = ["bind_guide"]


def bind_guide(guide: Guide, space: StepSpace, meter: Meter) -> BoundGuide:
    """The guide bound to a space; landmarks are sought only as long as the meter allows.

    Raises:
        LimitError: when the meter says so.
    """
    if isinstance(guide, LandmarkCount) and isinstance(space, GroundSpace):
        return BoundLandmarkCount(space, guide.orders, partial(check_limits, meter))
    if isinstance(guide, Combined):
        return BoundCombined(tuple(bind_guide(part, space, meter) for part in guide.guides))
    if isinstance(guide, Bayes):
        prior, evidence = (bind_guide(g, space, meter) for g in (guide.prior, guide.evidence))
        return BoundBayes(space, prior, evidence, guide.temperature)
    return guide.bind(space)
