"""Losses over ragged lists of steps: each state has its own number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

if TYPE_CHECKING:
    from planner.interfaces import BoolArray

__all__ = ["all_best_cross_entropy", "distance_loss"]


def all_best_cross_entropy(
    scores: torch.Tensor, state: torch.Tensor, best: list[BoolArray]
) -> torch.Tensor:
    """Cross-entropy between the softmax of each state's scores and its best steps, evenly.

    Args:
        scores: shape (S,), of the steps of all states, state by state.
        state: shape (S,), the state each step belongs to.
        best: for each state which of its steps are best.
    """
    count = len(best)
    wanted = torch.from_numpy(np.concatenate(best).astype(np.float32))
    share = torch.zeros(count).index_add(0, state, wanted)
    top = torch.full((count,), -torch.inf).scatter_reduce(0, state, scores.detach(), "amax")
    shifted = scores - top[state]
    total = torch.zeros(count).index_add(0, state, shifted.exp())
    log_probs = shifted - total.log()[state]
    return -(wanted / share[state] * log_probs).sum() / count


def distance_loss(values: torch.Tensor, distances: list[int]) -> torch.Tensor:
    """Smooth distance between values and log1p of the steps to go."""
    return functional.smooth_l1_loss(values, torch.log1p(torch.tensor(distances).float()))
