"""Kernels of A* with LM-cut that estimates a node when it is taken from the open list.

The cuts of a state stay landmarks of a child, but for those that hold the step: so the parent's
estimate, less what cuts have taken off the cost of the step, bounds the child's from below, and f
of the child is at least f of the parent and what the cuts have left of the cost. A child waits
under that bound. When it is its turn it is estimated; it is expanded at once where the estimate is
no more than the bound, else filed again. So a child that has no part in a cheapest plan is mostly
never estimated, where the textbook's A* estimates each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import inlined_kernel
from planner.guides.lm_cut.kernels import TOTAL, estimate_by_cuts
from planner.guides.relaxed_task import DEAD_END, FACTS
from planner.spaces.kernels import list_atoms

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.search.tables import Nodes, Options

    Values = npt.NDArray[np.int64]

__all__ = ["DROP", "EXPAND", "REFILE", "bound_child", "revise"]

EXPAND, REFILE, DROP = 0, 1, 2
"""What `revise` says."""


@inlined_kernel
def bound_child(parent: int, step: int, options: Options, nodes: Nodes) -> np.int64:
    """A lower bound on the estimate of a child; the tables hold the cuts of its parent."""
    cuts = options.cuts
    kept = cuts.numbers[TOTAL] - (cuts.base[step] - cuts.left[step])
    return max(np.int64(0), max(kept, np.int64(nodes.estimate[parent]) - options.costs[step]))


@inlined_kernel
def revise(
    node: int,
    key: np.int64,
    options: Options,
    relaxation: Relaxation,
    work: Workspace,
    nodes: Nodes,
) -> int:
    """Estimate a node that was filed under a key, or see that it waits under a larger one too."""
    of_g, of_h = options.weights[0], options.weights[1]
    if of_g * nodes.cost[node] + of_h * nodes.estimate[node] > key:
        return DROP
    work.counts[FACTS] = list_atoms(nodes.rows[node], work.facts)
    value = estimate_by_cuts(relaxation, work, options.cuts)
    if value >= DEAD_END:
        nodes.estimate[node] = DEAD_END
        return DROP
    nodes.estimate[node] = max(int(nodes.estimate[node]), value)
    late = of_g * nodes.cost[node] + of_h * nodes.estimate[node] > key
    return REFILE if late else EXPAND
