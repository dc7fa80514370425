"""A small classifier over vectors, as a torch module to be trained and as NumPy to be asked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import nn

from planner.models.judge import Classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from planner.kr.terms import Constant

    FloatArray: TypeAlias = npt.NDArray[np.float64]

__all__ = ["JudgeNetwork", "chances", "module_judge_model"]


class JudgeNetwork(nn.Module):
    """A multi-layer perceptron: logits of shape (n, outputs) from vectors of shape (n, inputs)."""

    shift: torch.Tensor
    scale: torch.Tensor

    def __init__(
        self, vectors: npt.NDArray[np.floating], classes: Sequence[Constant], hidden: Sequence[int]
    ) -> None:
        """Standardise inputs to what ``vectors``, shape (n, inputs), look like."""
        super().__init__()
        spread = vectors.std(axis=0)
        scale = np.where(spread > 0, 1.0 / np.maximum(spread, 1e-12), 0.0)
        self.classes = tuple(classes)
        self.register_buffer("shift", torch.tensor(vectors.mean(axis=0), dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))
        widths = [vectors.shape[1], *hidden, max(1, len(classes))]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Logits."""
        values = (vectors - self.shift) * self.scale
        for layer in self.layers[:-1]:
            values = torch.relu(layer(values))
        logits: torch.Tensor = self.layers[-1](values)
        return logits

    def classifier(self) -> Classifier:
        """The network as it is now, to be saved or asked."""
        layers = []
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            matrix = layer.weight.detach().numpy().T.astype(np.float64)
            layers.append((matrix, layer.bias.detach().numpy().astype(np.float64)))
        shift = self.shift.numpy().astype(np.float64)
        return Classifier(shift, self.scale.numpy().astype(np.float64), tuple(layers), self.classes)


def module_judge_model(module: nn.Module) -> Callable[[FloatArray], FloatArray]:
    """A torch module that gives logits, as a model of `planner.models.judge.VectorJudge`.

    It takes vectors of shape (n, inputs) and gives probabilities of shape (n, outputs).
    """

    def probabilities(vectors: FloatArray) -> FloatArray:
        with torch.no_grad():
            logits = module(torch.tensor(vectors, dtype=torch.float32))
            found: FloatArray = chances(logits).double().numpy()
        return found

    return probabilities


def chances(logits: torch.Tensor) -> torch.Tensor:
    """Softmax over several outputs, the logistic function of a single one."""
    return torch.sigmoid(logits) if logits.shape[-1] == 1 else torch.softmax(logits, dim=-1)
