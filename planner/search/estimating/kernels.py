"""The kernel of estimates that have tables of their own: landmarks, novelty, LM-cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.engine.jit import bare_kernel
from planner.guides.landmarks.kernels import accept, count_required
from planner.guides.lm_cut.kernels import estimate_by_cuts
from planner.guides.novelty.kernels import estimate_novelty
from planner.guides.relaxed_task import LANDMARKS, LM_CUT, WORK

if TYPE_CHECKING:
    from planner.guides.relaxed_task import Relaxation, Workspace
    from planner.search.tables import Nodes, Options

__all__ = ["estimate_with_tables"]


@bare_kernel
def estimate_with_tables(
    kind: int, node: int, options: Options, relaxation: Relaxation, work: Workspace, nodes: Nodes
) -> int:
    """The estimate of a node, whose atoms stand in ``work.facts``.

    Landmarks and novelty remember something of the way in ``nodes.marks``; nothing at the root.
    """
    if kind == LM_CUT:
        return estimate_by_cuts(relaxation, work, options.cuts)
    landmarks = options.landmarks
    words = (len(landmarks.is_goal) + 63) >> 6
    row, marks = nodes.rows[node], nodes.marks[node]
    before = nodes.marks[max(nodes.parent[node], 0)]
    if kind == LANDMARKS:
        accept(row, landmarks, before[:words], marks[:words])
        work.counts[WORK] += 2 * len(landmarks.is_goal)
        return count_required(row, landmarks, marks[:words])
    work.counts[WORK] += 2 * len(row)
    return estimate_novelty(row, before[words:], marks[words:], relaxation, work, options.novelty)
