"""Where the time of a search with a model goes, and what batches of states are worth.

The models have fresh weights: what a pass costs does not depend on what was learned.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks.models_train import blocks_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.interfaces import FloatArray, IntArray, StepModel, StepSpace
    from planner.models.encoding import Encoder
    from planner.models.graph import Graph
    from planner.spaces.ground import GroundSpace

__all__ = ["print_batches", "print_loop"]

BLOCKS, EXPANSIONS = 20, 400


@dataclass
class Timed:
    """A step model that notes the CPU seconds and the states of each call."""

    model: StepModel
    seconds: float = 0.0
    batches: list[int] = field(default_factory=list)
    bound: Any = None  # whichever model's

    @property
    def kind(self) -> str:
        """That of the model inside."""
        return self.model.kind

    def bind(self, space: StepSpace) -> Timed:
        """Bind the model inside."""
        self.bound = self.model.bind(space)
        return self

    def log_probs(self, states: Sequence[int], steps: Sequence[IntArray]) -> list[FloatArray]:
        """As the model inside."""
        self.batches.append(len(states))
        started = time.process_time()
        found: list[FloatArray] = self.bound.log_probs(states, steps)
        self.seconds += time.process_time() - started
        return found

    def values(self, states: Sequence[int]) -> list[float] | None:
        """As the model inside."""
        started = time.process_time()
        found: list[float] | None = self.bound.values(states)
        self.seconds += time.process_time() - started
        return found


def print_loop() -> None:
    """A row a model and search."""
    from planner.guides.model_guide import ModelGuide
    from planner.models.baseline import UniformModel
    from planner.search.limits import Limits, Meter
    from planner.search.registry import parse_search

    print(f"{BLOCKS} blocks, {EXPANSIONS} expansions at most, CPU seconds of one thread")
    print(
        f"{'model':<11} {'search':<8} {'states':>6} {'batch':>6} {'search s':>9} {'model s':>8} "
        f"{'share':>6} {'encoding':>9} {'ms/state':>9} {'texts read':>11}"
    )
    # Kernels are loaded, or compiled, outside what is measured.
    parse_search("regret").run(space_of(4), ModelGuide(Timed(UniformModel())), Meter())
    for name, model in models():
        for search in ("regret", "beam"):
            space, timed = space_of(BLOCKS), Timed(model)
            meter = Meter(Limits(expansions=EXPANSIONS))
            started = time.process_time()
            with encoding_timed() as encoding:
                parse_search(search).run(space, ModelGuide(timed), meter)
            spent = time.process_time() - started
            states = sum(timed.batches)
            asked = getattr(timed.bound, "asked", 0)
            read = f"{timed.bound.read / asked:.0%}" if asked else "-"
            print(
                f"{name:<11} {search:<8} {states:>6} {states / len(timed.batches):>6.1f} "
                f"{spent:>9.2f} {timed.seconds:>8.2f} {timed.seconds / spent:>6.0%} "
                f"{sum(encoding) / spent:>9.0%} "
                f"{1e3 * timed.seconds / states:>9.2f} {read:>11}",
                flush=True,
            )


@contextmanager
def encoding_timed() -> Iterator[list[float]]:
    """The CPU seconds of each time states are brought into the form the relational model reads."""
    from planner.models.encoding import Encoder

    plain, seconds = Encoder.encode, []

    def encode(self: Encoder, states: Sequence[int], steps: Sequence[IntArray]) -> Graph:
        started = time.process_time()
        graph = plain(self, states, steps)
        seconds.append(time.process_time() - started)
        return graph

    with mock.patch.object(Encoder, "encode", encode):
        yield seconds


def print_batches() -> None:
    """Milliseconds a state by batch size, states along a random walk."""
    sizes = (1, 4, 16, 64)
    print(f"{BLOCKS} blocks: CPU ms a state by states judged together")
    print(f"{'model':<11} " + " ".join(f"{size:>7}" for size in sizes))
    for name, model in models():
        row = []
        for size in sizes:
            space = space_of(BLOCKS)
            states, legal = walk(space, 64)
            bound = model.bind(space)
            started = time.process_time()
            for start in range(0, 64, size):
                bound.log_probs(states[start : start + size], legal[start : start + size])
            row.append(1e3 * (time.process_time() - started) / 64)
        print(f"{name:<11} " + " ".join(f"{ms:>7.2f}" for ms in row), flush=True)


def models() -> Iterator[tuple[str, StepModel]]:
    """One of each kind that reads blocks."""
    import torch

    from planner.models.architectures import new_bert, new_gpt2, new_lstm
    from planner.models.relational import RelationalNetwork
    from planner.models.relational_numpy import RelationalShape
    from planner.models.text import TextModel
    from planner.models.vocabulary import Vocabulary

    torch.manual_seed(0)
    torch.set_num_threads(1)
    vocabulary = Vocabulary.of(blocks_tasks(8, 1)[0].rules)
    yield "relational", RelationalNetwork(vocabulary, RelationalShape()).to_model()
    for name, maker in (("lstm", new_lstm), ("gpt2", new_gpt2), ("bert", new_bert)):
        yield name, TextModel(vocabulary, maker(vocabulary).eval())


def space_of(blocks: int) -> GroundSpace:
    """The space of the first random task of a size."""
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    return GroundSpace(ground(blocks_tasks(blocks, 1)[0]))


def walk(space: GroundSpace, length: int) -> tuple[list[int], list[IntArray]]:
    """States of a walk and their legal steps."""
    import random

    rng, states = random.Random(0), [space.initial()]
    while len(states) < length:
        legal = space.legal_steps(states[-1])
        states.append(space.successor(states[-1], int(rng.choice(legal.tolist()))))
    return states, [space.legal_steps(state) for state in states]
