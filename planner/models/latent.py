"""A variational autoencoder over plans: draws sketches of a plan before any state is looked at.

A plan is the sequence of its actions' names. The decoder is told what the task looks like (how
often each word occurs in its first state and goal) and a point of the latent space; other points
give other sketches of the same task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from planner.models.encoding import Encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.models.vocabulary import Vocabulary

__all__ = ["SequenceVae", "task_features"]


def task_features(vocabulary: Vocabulary, space: StepSpace) -> torch.Tensor:
    """Shape (words + 1,): log1p of how often each word occurs at the start, and of the objects."""
    encoder = Encoder(vocabulary, space, space.steps.arguments.shape[1])
    graph = encoder.encode([space.initial()], [np.zeros(0, dtype=np.int32)])
    words = np.concatenate([graph.fact_word, graph.feature_word, graph.global_word])
    counts = np.bincount(words, minlength=vocabulary.word_count)
    return torch.from_numpy(np.log1p([*counts, graph.node_count])).float()


class SequenceVae(nn.Module):
    """A sequence VAE with recurrent encoder and decoder (Bowman et al. 2016).

    Tokens are schema numbers, ``schemas`` ends a plan. Shapes: B plans, T tokens, L latent numbers.

    Args:
        schemas: number of action schemas.
        features: length of a task's features.
        width: of the recurrent states.
        latent: L.
    """

    def __init__(self, schemas: int, features: int, width: int = 48, latent: int = 8) -> None:
        super().__init__()
        self.end, self.latent = schemas, latent
        self.embedding = nn.Embedding(schemas + 1, width)
        self.reader = nn.GRU(width, width, batch_first=True)
        self.posterior = nn.Linear(width + features, 2 * latent)
        self.start = nn.Linear(latent + features, width)
        self.writer = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, schemas + 1)

    def loss(
        self, plans: Sequence[Sequence[int]], features: torch.Tensor, beta: float
    ) -> torch.Tensor:
        """Negative evidence bound per plan: reconstruction plus ``beta`` times the divergence."""
        lengths = torch.tensor([len(plan) + 1 for plan in plans])
        tokens = torch.full((len(plans), int(lengths.max())), self.end)
        for row, plan in enumerate(plans):
            tokens[row, : len(plan)] = torch.tensor(plan)
        known = torch.arange(tokens.shape[1])[None] < lengths[:, None]
        hidden, _ = self.reader(self.embedding(tokens))
        last = hidden[torch.arange(len(plans)), lengths - 1]
        mean, log_variance = self.posterior(torch.cat([last, features], dim=1)).chunk(2, dim=1)
        point = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        before = torch.cat([torch.full((len(plans), 1), self.end), tokens[:, :-1]], dim=1)
        written, _ = self.writer(self.embedding(before), self._begin(point, features)[None])
        said = functional.cross_entropy(self.head(written)[known], tokens[known], reduction="sum")
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
        bound: torch.Tensor = (said + beta * divergence) / len(plans)
        return bound

    @torch.inference_mode()
    def sketches(
        self, features: torch.Tensor, count: int, longest: int, seed: int
    ) -> list[tuple[int, ...]]:
        """Up to ``count`` different plans, each the likeliest at a point drawn from the prior."""
        rng = torch.Generator().manual_seed(seed)
        points = torch.randn(4 * count, self.latent, generator=rng)
        state = self._begin(points, features.expand(len(points), -1))[None]
        token = torch.full((len(points), 1), self.end)
        columns = []
        for _ in range(longest):
            written, state = self.writer(self.embedding(token), state)
            token = self.head(written).argmax(dim=2)
            columns.append(token)
        rows = torch.cat(columns, dim=1).tolist()
        cut = (row[: row.index(self.end)] if self.end in row else row for row in rows)
        return list(dict.fromkeys(tuple(row) for row in cut))[:count]

    def _begin(self, point: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        begin: torch.Tensor = torch.tanh(self.start(torch.cat([point, features], dim=1)))
        return begin
