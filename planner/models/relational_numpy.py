"""The relational step model at work: message passing in NumPy, without torch.

Objects are vectors refined in weight-tied rounds by the atoms that mention them (a relational
graph network: Ståhlberg, Bonet, Geffner 2022); a step is scored from the vectors of its objects.
Nothing depends on names or on the number of objects. `planner.models.relational` holds the same
network in torch for training; both give the same numbers up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from planner.models.delivery import Delivery, product
from planner.models.encoding import Encoder
from planner.models.goals import warn_of_invisible_goals
from planner.models.mover_kinds import movers_differ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from planner.interfaces import FloatArray, IntArray, StepSpace
    from planner.kr.task import RuleBase
    from planner.models.graph import Graph
    from planner.models.vocabulary import Vocabulary

    Array: TypeAlias = "npt.NDArray[np.float32]"

__all__ = [
    "HINT_LEVEL",
    "BoundRelational",
    "RelationalModel",
    "RelationalShape",
    "estimate",
    "hint_level",
    "log_softmax",
    "object_vectors",
    "score_steps",
    "weight_shapes",
]


HINT_LEVEL = 2
"""The most that models read of steps."""


def hint_level(rules: RuleBase) -> int:
    """What a new model of a rule base should read of steps, as `RelationalShape.hints`.

    Where all movers can do the same, the cheapest way to a goal is a bad teacher: it forgets what
    is used up, and prefers what is near.
    """
    return HINT_LEVEL if movers_differ(rules) else 1


@dataclass(frozen=True, slots=True)
class RelationalShape:
    """Sizes of the network.

    Attributes:
        width: numbers in an object's vector; hidden layers have twice as many.
        rounds: rounds of messages, the same at work as in training (more rounds hurt).
        step_width: most arguments of a step.
        places: arguments of an atom for which there are weights, if more than the words need.
        hints: what it reads of each step: 0 nothing; 1 what it does to the goal, and why it comes
            nearer to it; 2 in tasks with a map also whether it begins the cheapest way to a goal.
    """

    width: int = 48
    rounds: int = 10
    step_width: int = 2
    places: int = 0
    hints: int = 0

    def places_for(self, vocabulary: Vocabulary) -> int:
        """Arguments of an atom for which there are weights."""
        return max(2, vocabulary.largest_arity, self.places)


@dataclass(frozen=True)
class RelationalModel:
    """A trained relational model.

    Attributes:
        weights: float32 arrays by the names that `planner.models.relational` gives them.
        report: how it was trained, as written beside the weights.
    """

    vocabulary: Vocabulary
    shape: RelationalShape
    weights: Mapping[str, Array]
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``relational``."""
        return "relational"

    def bind(self, space: StepSpace) -> BoundRelational:
        """Prepare for a space.

        Raises:
            ModelError: when the space's rule base has words the model does not know.
        """
        warn_of_invisible_goals(space.task)
        return BoundRelational(self, space)


_CALL_WORK = 1_200_000
_WORK_OF_SIZE = 0.65
"""Judging a state takes 1.2 ms, and 0.65 ns for each unit of the graph's size, round, and pair of
numbers in an object's vector (measured on 18 tasks of six domains, within a factor of two)."""


class BoundRelational:
    """A relational model bound to a space.

    Attributes:
        call_work: an estimate of the work of judging a state, from the initial one.
    """

    def __init__(self, model: RelationalModel, space: StepSpace) -> None:
        self._model = model
        shape = model.shape
        self._encoder = Encoder(model.vocabulary, space, shape.step_width, hints=shape.hints)
        self._nothing = np.zeros(0, dtype=np.int32)
        initial = space.initial()
        graph = self._encoder.encode([initial], [space.legal_steps(initial)])
        pairs = model.shape.rounds * model.shape.width**2
        self.call_work = int(_CALL_WORK + _WORK_OF_SIZE * graph.size * pairs)
        # Guides ask for priors and then for values of the same states: the rounds run once.
        self._judged: tuple[tuple[int, ...], Graph, Array] | None = None

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """For each state the log-probability of each of its legal steps; they sum to one."""
        if all(len(legal) <= 1 for legal in steps):
            # A single step has probability one whatever the network says.
            return [np.zeros(len(legal)) for legal in steps]
        graph, vectors = self._judge(states, steps)
        scores = score_steps(self._model, graph, vectors)
        parts = np.split(scores, np.cumsum(graph.steps)[:-1])
        return [log_softmax(part) for part in parts]

    def values(self, states: Sequence[int]) -> list[float] | None:
        """Estimated number of steps to the goal."""
        if not states:
            return []
        if self._judged is None or self._judged[0] != tuple(states):
            self._judge(states, [self._nothing] * len(states))
        assert self._judged is not None
        _, graph, vectors = self._judged
        return [max(0.0, float(v)) for v in np.expm1(estimate(self._model, graph, vectors))]

    def _judge(self, states: Sequence[int], steps: Sequence[IntArray]) -> tuple[Graph, Array]:
        graph = self._encoder.encode(states, steps)
        vectors = object_vectors(self._model, graph)
        self._judged = (tuple(states), graph, vectors)
        return graph, vectors


def weight_shapes(vocabulary: Vocabulary, shape: RelationalShape) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight."""
    width, hidden = shape.width, 2 * shape.width
    places, words = shape.places_for(vocabulary), vocabulary.word_count
    hints = {"hint_embedding": (vocabulary.hint_count(shape.hints), hidden)} if shape.hints else {}
    return {
        **hints,
        "initial": (width,),
        "fact_embedding": (words, hidden),
        "feature_embedding": (words, hidden),
        "source": (width, places * hidden),
        "message": (places, hidden, width),
        "message_bias": (places, width),
        "update_in": (3 * width, hidden),
        "update_in_bias": (hidden,),
        "update_out": (hidden, width),
        "update_out_bias": (width,),
        "norm_scale": (width,),
        "norm_shift": (width,),
        "step_embedding": (max(1, len(vocabulary.schemas)), hidden),
        "step_source": (width, max(1, shape.step_width) * hidden),
        "step_context": (width, hidden),
        "step_out": (hidden,),
        "value_in": (3 * width, hidden),
        "value_in_bias": (hidden,),
        "value_out": (hidden,),
        "value_out_bias": (1,),
    }


def log_softmax(scores: Array) -> FloatArray:
    """Normalise in float64, so that probabilities sum to one to the last digits."""
    if not len(scores):
        return np.zeros(0)
    shifted = scores.astype(np.float64) - float(scores.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def object_vectors(model: RelationalModel, graph: Graph) -> Array:
    """Shape (nodes, width): the objects' vectors after all rounds."""
    weights, width = model.weights, model.shape.width
    plan = Delivery(graph)
    edges = weights["fact_embedding"][graph.fact_word]
    bias = _features(model, graph)[plan.node_at]
    source, update_in = weights["source"], weights["update_in"]
    hidden = 2 * width
    vectors: Array = np.repeat(weights["initial"][None, :], graph.node_count, axis=0)
    # Concatenated [vectors, sums, maxima] of each object; one buffer for all rounds.
    gathered = np.zeros((graph.node_count, 3 * width), dtype=np.float32)
    for _ in range(model.shape.rounds):
        sent = product(vectors, source)
        signal = edges.copy()
        for place, nodes in enumerate(plan.places):
            block = sent[:, place * hidden : (place + 1) * hidden]
            signal[: len(nodes)] += block.take(nodes, axis=0)
        np.maximum(signal, 0, out=signal)
        messages = [
            product(signal[: len(nodes)], weights["message"][place])
            + weights["message_bias"][place]
            for place, nodes in enumerate(plan.places)
        ]
        gathered[:, :width] = vectors
        plan.collect(messages, gathered[:, width : 2 * width], gathered[:, 2 * width :])
        inner = product(gathered, update_in)
        inner += bias
        np.maximum(inner, 0, out=inner)
        change = product(inner, weights["update_out"])
        change += weights["update_out_bias"]
        change += vectors
        vectors = _normalise(change, weights["norm_scale"], weights["norm_shift"])
    return vectors[plan.position]


def score_steps(model: RelationalModel, graph: Graph, vectors: Array) -> Array:
    """Shape (steps,): the score of each step, up to a constant for each state."""
    weights, hidden = model.weights, 2 * model.shape.width
    context = product(_mean(graph, vectors), weights["step_context"])
    signal = weights["step_embedding"][graph.step_schema] + context[graph.step_state()]
    sent = product(vectors, weights["step_source"])
    for place in range(graph.step_nodes.shape[1]):
        nodes = graph.step_nodes[:, place]
        present = nodes >= 0
        block = sent[:, place * hidden : (place + 1) * hidden]
        if present.all():
            signal += block.take(nodes, axis=0)
        elif present.any():
            signal[present] += block.take(nodes[present], axis=0)
    if len(graph.hint_word):
        np.add.at(signal, graph.hint_step, weights["hint_embedding"][graph.hint_word])
    np.maximum(signal, 0, out=signal)
    scores: Array = np.einsum("ij,j->i", signal, weights["step_out"])
    return scores


def estimate(model: RelationalModel, graph: Graph, vectors: Array) -> Array:
    """Shape (states,): logarithm of one plus the estimated number of steps to the goal."""
    weights = model.weights
    starts = _starts(graph)
    mean = _mean(graph, vectors)
    summary = np.concatenate(
        [
            mean,
            mean * (graph.nodes[:, None].astype(np.float32) / np.float32(10)),
            np.maximum.reduceat(vectors, starts, axis=0),
        ],
        axis=1,
    )
    inner = np.maximum(product(summary, weights["value_in"]) + weights["value_in_bias"], 0)
    values: Array = inner @ weights["value_out"] + weights["value_out_bias"]
    return values


def _features(model: RelationalModel, graph: Graph) -> Array:
    """Shape (nodes, hidden): what is said of each object alone and of its state as a whole."""
    weights = model.weights
    embedding = weights["feature_embedding"]
    # A product of counts and embeddings sums each object's words in a fixed order.
    said = np.zeros((graph.node_count, len(embedding)), dtype=np.float32)
    np.add.at(said, (graph.feature_node, graph.feature_word), np.float32(1))
    if len(graph.global_word):
        whole = np.zeros((len(graph.nodes), len(embedding)), dtype=np.float32)
        np.add.at(whole, (graph.global_state, graph.global_word), np.float32(1))
        said += whole[graph.node_state()]
    return product(said, embedding) + weights["update_in_bias"]


def _normalise(vectors: Array, scale: Array, shift: Array) -> Array:
    """Layer normalisation; the mean is a product with a constant, which is faster than mean()."""
    width = vectors.shape[1]
    vectors -= vectors @ np.full((width, 1), 1 / width, dtype=np.float32)
    variance = np.einsum("ij,ij->i", vectors, vectors)
    variance /= np.float32(width)
    variance += np.float32(1e-5)
    np.sqrt(variance, out=variance)
    vectors /= variance[:, None]
    vectors *= scale
    vectors += shift
    return vectors


def _starts(graph: Graph) -> npt.NDArray[np.int64]:
    return np.cumsum(graph.nodes, dtype=np.int64) - graph.nodes


def _mean(graph: Graph, vectors: Array) -> Array:
    """Shape (states, width): the mean of each state's objects."""
    total: Array = np.add.reduceat(vectors, _starts(graph), axis=0)
    total /= graph.nodes[:, None]
    return total
