"""The relational step model in training: the network of `relational_numpy` in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from planner.models.relational_numpy import RelationalModel, RelationalShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from planner.models.graph import Graph
    from planner.models.vocabulary import Vocabulary

__all__ = ["GraphTensors", "RelationalNetwork"]


@dataclass(frozen=True, slots=True)
class GraphTensors:
    """A `Graph` as torch tensors of int64, with what scattering needs."""

    node_state: torch.Tensor
    state_nodes: torch.Tensor
    said: torch.Tensor
    fact_word: torch.Tensor
    places: tuple[torch.Tensor, ...]
    step_schema: torch.Tensor
    step_nodes: torch.Tensor
    step_state: torch.Tensor
    hint_word: torch.Tensor
    hint_step: torch.Tensor

    @staticmethod
    def of(graph: Graph, words: int) -> GraphTensors:
        """Convert; ``words`` is the vocabulary's word count."""
        state = graph.node_state()
        said = np.zeros((graph.node_count, words), dtype=np.float32)
        np.add.at(said, (graph.feature_node, graph.feature_word), np.float32(1))
        whole = np.zeros((len(graph.nodes), words), dtype=np.float32)
        np.add.at(whole, (graph.global_state, graph.global_word), np.float32(1))
        places = tuple(
            _tensor(graph.fact_nodes[:n, place])
            for place, n in enumerate(graph.arity_counts())
            if n
        )
        return GraphTensors(
            node_state=_tensor(state),
            state_nodes=_tensor(graph.nodes),
            said=torch.from_numpy(said + whole[state]),
            fact_word=_tensor(graph.fact_word),
            places=places,
            step_schema=_tensor(graph.step_schema),
            step_nodes=_tensor(graph.step_nodes),
            step_state=_tensor(graph.step_state()),
            hint_word=_tensor(graph.hint_word),
            hint_step=_tensor(graph.hint_step),
        )


class RelationalNetwork(nn.Module):
    """Rounds of messages between objects, then scores of steps and a value of the state.

    Shapes: N objects, F facts of two or more objects, S steps, B states; D is the width and H the
    hidden width, 2 D.
    """

    def __init__(self, vocabulary: Vocabulary, shape: RelationalShape) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.shape = shape
        width, hidden = shape.width, 2 * shape.width
        places = shape.places_for(vocabulary)
        self.initial = nn.Parameter(torch.zeros(width))
        self.fact_embedding = _normal(vocabulary.word_count, hidden, scale=1.0)
        self.feature_embedding = _normal(vocabulary.word_count, hidden, scale=1.0)
        # The first layer of the message network is factorised: one product an object and
        # place, and only additions a fact.
        self.source = _linear(width, places * hidden)
        self.message = nn.Parameter(
            torch.stack([_linear(hidden, width).detach() for _ in range(places)])
        )
        self.message_bias = nn.Parameter(torch.zeros(places, width))
        self.update_in = _linear(3 * width, hidden)
        self.update_in_bias = nn.Parameter(torch.zeros(hidden))
        self.update_out = _linear(hidden, width)
        self.update_out_bias = nn.Parameter(torch.zeros(width))
        self.norm_scale = nn.Parameter(torch.ones(width))
        self.norm_shift = nn.Parameter(torch.zeros(width))
        self.step_embedding = _normal(max(1, len(vocabulary.schemas)), hidden, scale=1.0)
        if shape.hints:
            self.hint_embedding = _normal(vocabulary.hint_count(shape.hints), hidden, scale=1.0)
        self.step_source = _linear(width, max(1, shape.step_width) * hidden)
        self.step_context = _linear(width, hidden)
        self.step_out = nn.Parameter(_linear(hidden, 1).detach()[:, 0])
        self.value_in = _linear(3 * width, hidden)
        self.value_in_bias = nn.Parameter(torch.zeros(hidden))
        self.value_out = nn.Parameter(_linear(hidden, 1).detach()[:, 0])
        self.value_out_bias = nn.Parameter(torch.zeros(1))

    @staticmethod
    def from_model(model: RelationalModel) -> RelationalNetwork:
        """The network with the weights of a saved model."""
        network = RelationalNetwork(model.vocabulary, model.shape)
        network.load_state_dict(_as_tensors(model.weights))
        return network

    def to_model(self, report: Mapping[str, object] | None = None) -> RelationalModel:
        """The trained model, without torch."""
        weights = {
            name: value.detach().numpy().astype(np.float32, copy=True)
            for name, value in self.state_dict().items()
        }
        return RelationalModel(self.vocabulary, self.shape, weights, report or {})

    def forward(self, graph: GraphTensors) -> tuple[torch.Tensor, torch.Tensor]:
        """Scores of the steps, shape (S,), and log1p of the steps to go, shape (B,)."""
        vectors = self._object_vectors(graph)
        states = len(graph.state_nodes)
        width = self.shape.width
        total = torch.zeros(states, width).index_add(0, graph.node_state, vectors)
        mean = total / graph.state_nodes[:, None]
        return self._scores(graph, vectors, mean), self._values(graph, vectors, mean, total)

    def _object_vectors(self, graph: GraphTensors) -> torch.Tensor:
        count, width, hidden = len(graph.node_state), self.shape.width, 2 * self.shape.width
        edges = self.fact_embedding[graph.fact_word]
        bias = graph.said @ self.feature_embedding + self.update_in_bias
        vectors = self.initial.expand(count, width)
        targets = torch.cat(graph.places) if graph.places else torch.zeros(0, dtype=torch.int64)
        spread = targets[:, None].expand(-1, width)
        for _ in range(self.shape.rounds):
            sent = (vectors @ self.source).view(count, -1, hidden)
            signal = edges
            for place, nodes in enumerate(graph.places):
                added = signal[: len(nodes)] + sent[:, place].index_select(0, nodes)
                whole = len(nodes) == len(signal)
                signal = added if whole else torch.cat([added, signal[len(nodes) :]])
            signal = functional.relu(signal)
            parts = [
                signal[: len(nodes)] @ self.message[place] + self.message_bias[place]
                for place, nodes in enumerate(graph.places)
            ]
            messages = torch.cat(parts) if parts else torch.zeros(0, width)
            total = torch.zeros(count, width).index_add(0, targets, messages)
            largest = torch.zeros(count, width).scatter_reduce(
                0, spread, messages, "amax", include_self=False
            )
            gathered = torch.cat([vectors, total, largest], dim=1)
            inner = functional.relu(gathered @ self.update_in + bias)
            change = inner @ self.update_out + self.update_out_bias
            vectors = functional.layer_norm(
                vectors + change, (width,), self.norm_scale, self.norm_shift, 1e-5
            )
        return vectors

    def _scores(
        self, graph: GraphTensors, vectors: torch.Tensor, mean: torch.Tensor
    ) -> torch.Tensor:
        count, hidden = len(vectors), 2 * self.shape.width
        context = mean @ self.step_context
        signal = self.step_embedding[graph.step_schema] + context[graph.step_state]
        sent = (vectors @ self.step_source).view(count, -1, hidden)
        # Absent arguments point at a row of zeros behind the objects.
        sent = torch.cat([sent, torch.zeros(1, sent.shape[1], hidden)])
        for place in range(graph.step_nodes.shape[1]):
            nodes = graph.step_nodes[:, place]
            signal = signal + sent[:, place].index_select(0, torch.where(nodes < 0, count, nodes))
        if len(graph.hint_word):
            said = self.hint_embedding[graph.hint_word]
            signal = signal.index_add(0, graph.hint_step, said)
        return functional.relu(signal) @ self.step_out

    def _values(
        self, graph: GraphTensors, vectors: torch.Tensor, mean: torch.Tensor, total: torch.Tensor
    ) -> torch.Tensor:
        spread = graph.node_state[:, None].expand(-1, self.shape.width)
        largest = torch.zeros_like(mean).scatter_reduce(
            0, spread, vectors, "amax", include_self=False
        )
        summary = torch.cat([mean, total / 10, largest], dim=1)
        inner = functional.relu(summary @ self.value_in + self.value_in_bias)
        return inner @ self.value_out + self.value_out_bias


def _tensor(values: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.int64))


def _as_tensors(weights: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value.copy()) for name, value in weights.items()}


def _normal(rows: int, columns: int, scale: float) -> nn.Parameter:
    return nn.Parameter(torch.randn(rows, columns) * scale)


def _linear(rows: int, columns: int) -> nn.Parameter:
    """Weights drawn as `nn.Linear` draws them, laid out for ``x @ weights``."""
    bound = float(rows) ** -0.5
    return nn.Parameter((torch.rand(rows, columns) * 2 - 1) * bound)
