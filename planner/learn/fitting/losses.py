"""Losses over ragged lists of steps: each state has its own number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from planner.interfaces import BoolArray

__all__ = ["all_best_cross_entropy", "distance_loss", "ranking_loss"]

_SHARPNESS = 10.0  # a difference of a tenth in log1p is told apart


def all_best_cross_entropy(
    scores: torch.Tensor,
    state: torch.Tensor,
    best: list[BoolArray],
    refuting: list[bool] | None = None,
) -> torch.Tensor:
    """Cross-entropy between the softmax of each state's scores and its best steps, evenly.

    Where a state is ``refuting`` the negative logarithm of the probability of all marked steps
    together (Jin and Ghahramani 2002, learning with candidate labels).

    Args:
        scores: shape (S,), of the steps of all states, state by state.
        state: shape (S,), the state each step belongs to.
        best: for each state which of its steps are best.
        refuting: for each state whether one marked step is best and which is not known.
    """
    count = len(best)
    wanted = torch.from_numpy(np.concatenate(best).astype(np.float32))
    share = torch.zeros(count).index_add(0, state, wanted)
    top = torch.full((count,), -torch.inf).scatter_reduce(0, state, scores.detach(), "amax")
    shifted = scores - top[state]
    total = torch.zeros(count).index_add(0, state, shifted.exp())
    log_probs = shifted - total.log()[state]
    evenly = torch.zeros(count).index_add(0, state, -wanted / share[state] * log_probs)
    if not refuting or not any(refuting):
        return evenly.sum() / count
    kept = torch.zeros(count).index_add(0, state, wanted * log_probs.exp())
    some = -kept.clamp_min(1e-12).log()
    return torch.where(torch.tensor(refuting), some, evenly).sum() / count


def distance_loss(values: torch.Tensor, distances: list[int]) -> torch.Tensor:
    """Smooth distance between values and log1p of the steps to go; those unknown are left out."""
    known = torch.tensor(distances) >= 0
    if not known.any():
        return values.sum() * 0
    wanted = torch.log1p(torch.tensor(distances).float().clamp_min(0))
    return functional.smooth_l1_loss(values[known], wanted[known])


def ranking_loss(values: torch.Tensor, distances: list[int]) -> torch.Tensor:
    """Pairs of states in the wrong order: RankNet (Burges et al. 2005) on log1p of the steps to go.

    A search asks which state is nearer, not how far each is; mean over all pairs whose distances
    are known and differ, 0 without any.
    """
    away = torch.tensor(distances)
    nearer = (away[:, None] < away[None, :]) & (away[:, None] >= 0)
    if not nearer.any():
        return values.sum() * 0
    gaps = values[None, :] - values[:, None]
    return functional.softplus(-_SHARPNESS * gaps[nearer]).mean() / _SHARPNESS
