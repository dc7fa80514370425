"""Leave out the steps a plan can do without (action elimination, Nakhost & Müller 2010).

Each step in turn is left out together with those that then no longer apply; where the goal is
still reached they stay out. Costs are never negative, so the plan never gets dearer. Quadratic in
the number of steps, so long plans are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from planner.interfaces import IntArray
    from planner.spaces.ground import GroundSpace

__all__ = ["eliminate_steps"]

_WORK = 60_000_000
"""Words of states written, about a tenth of a second."""


def eliminate_steps(space: GroundSpace, plan: tuple[int, ...]) -> tuple[int, ...]:
    """The plan without superfluous steps (a long plan as it is)."""
    if len(plan) ** 2 * (len(space.arrays.derived_mask) + 8) > _WORK:
        return plan
    from planner.search.improve.kernels import eliminate

    task = space.ground_task
    assert task.goal is not None
    row = space.row(space.initial())
    rows = np.zeros((4, len(row)), dtype=np.int64)
    rows[0] = row
    steps: IntArray = np.array(plan, dtype=np.int32)
    kept = np.ones(len(steps), dtype=np.uint8)
    counters = np.zeros(len(task.axiom_head), dtype=np.int32)
    queue = np.zeros(max(1, task.atom_count), dtype=np.int32)
    eliminate(steps, task.goal, space.arrays, rows, kept, counters, queue)
    return tuple(steps[kept != 0].tolist())
