"""Fit a sequence VAE to plans, and search with the sketches it draws.

A sketch is used as a row of subgoals: each of several beams has a sketch of its own, and a step of
the kind that comes next in it counts as likelier. So beams differ from the first step on.

Without a model beside them such sketches did not help (`python -m benchmarks.models sketch`), so no
search of the command line uses them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from planner.errors import InputError
from planner.learn.lessons.label import explore
from planner.models.latent import SequenceVae, task_features

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.interfaces import FloatArray, StepModel, StepSpace
    from planner.learn.lessons.label import StateGraph
    from planner.models.vocabulary import Vocabulary

__all__ = ["Sketched", "fit_vae", "sketched_beam"]

_EXHAUSTIVE = 10_000  # states of a task whose cheapest plans are all known
_PLANS = 6  # plans of each task
_BETA, _RATE, _BATCH = 0.2, 3e-3, 32


@dataclass(frozen=True, slots=True)
class Sketched:
    """What a beam search with sketches found.

    Attributes:
        steps: the plan, ``None`` without one.
        expanded: states judged.
    """

    steps: tuple[int, ...] | None
    expanded: int


def fit_vae(
    vocabulary: Vocabulary, spaces: Sequence[StepSpace], steps: int, seed: int
) -> tuple[SequenceVae, float]:
    """Fit to several cheapest plans of each space; the VAE and its last loss, nats a plan.

    Args:
        vocabulary: of the rule base.
        spaces: of tasks with at most 10,000 states; larger ones are passed over.
        steps: of AdamW, on 32 plans each.
        seed: draws plans, batches and first weights.

    Raises:
        InputError: when no space is small enough and has a plan.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = random.Random(seed)
    examples = []
    for space in spaces:
        graph = explore(space, _EXHAUSTIVE)
        if graph is None or graph.distance[0] <= 0:
            continue
        features = task_features(vocabulary, space)
        plans = {_cheapest_plan(space, graph, rng) for _ in range(_PLANS)}
        examples += [(plan, features) for plan in sorted(plans)]
    if not examples:
        raise InputError("none of the tasks is small enough to know its cheapest plans, or has one")
    vae = SequenceVae(len(vocabulary.schemas), vocabulary.word_count + 1)
    optimizer = torch.optim.AdamW(vae.parameters(), lr=_RATE)
    loss = torch.zeros(())
    for step in range(steps):
        batch = rng.sample(examples, min(_BATCH, len(examples)))
        # The divergence counts little at first, else the decoder learns to do without the point.
        beta = _BETA * min(1.0, 2 * step / max(1, steps))
        features = torch.stack([f for _, f in batch])
        loss = vae.loss([plan for plan, _ in batch], features, beta)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return vae.eval(), float(loss.detach())


def sketched_beam(
    space: StepSpace,
    model: StepModel,
    sketches: Sequence[Sequence[int]],
    *,
    width: int = 8,
    bonus: float = 1.0,
    expansions: int = 2_000,
) -> Sketched:
    """Beams that share one model, one beam a sketch, ``width`` states in all at each depth.

    Args:
        space: what to search.
        model: gives the log-probability of each step.
        sketches: schema numbers; one empty sketch makes a plain beam search.
        width: states kept at a depth, shared evenly; each sketch has at least one.
        bonus: added to the log-probability of a step of the kind that is next in the sketch.
        expansions: states judged at most.
    """
    bound, share = model.bind(space), max(1, width // max(1, len(sketches)))
    root = _Node(space.initial(), 0.0, 0, ())
    beams = [[root] for _ in sketches]
    visited = [{root.state} for _ in sketches]
    expanded = 0
    while any(beams):
        states = list(dict.fromkeys(node.state for beam in beams for node in beam))
        legal = {state: space.legal_steps(state) for state in states}
        asked = [state for state in states if len(legal[state])]
        expanded += len(states)
        priors = bound.log_probs(asked, [legal[s] for s in asked]) if asked else []
        prior = dict(zip(asked, priors, strict=True))
        for place, sketch in enumerate(sketches):
            children = _children(space, beams[place], prior, sketch, bonus)
            beams[place] = []
            for node in children:
                if node.state in visited[place]:
                    continue
                visited[place].add(node.state)
                if space.is_goal(node.state):
                    return Sketched(node.steps, expanded)
                beams[place].append(node)
                if len(beams[place]) == share:
                    break
        if expanded >= expansions:
            break
    return Sketched(None, expanded)


@dataclass(frozen=True, slots=True)
class _Node:
    """A state of a beam; ``met`` subgoals of the beam's sketch are behind it."""

    state: int
    score: float
    met: int
    steps: tuple[int, ...]


def _children(
    space: StepSpace,
    beam: Sequence[_Node],
    prior: Mapping[int, FloatArray],
    sketch: Sequence[int],
    bonus: float,
) -> Iterator[_Node]:
    """Successors of all nodes of a beam, the best first; each is made when it is asked for."""
    moves: list[tuple[float, int, _Node, int, int]] = []
    for node in beam:
        if node.state not in prior:
            continue
        legal = space.legal_steps(node.state)
        schema = space.steps.symbol[legal]
        wanted = sketch[node.met] if node.met < len(sketch) else -1
        scores = node.score + prior[node.state] + bonus * (schema == wanted)
        for step, score, meets in zip(
            legal.tolist(), scores.tolist(), (schema == wanted).tolist(), strict=True
        ):
            moves.append((-score, len(moves), node, step, node.met + meets))
    moves.sort(key=lambda move: move[:2])
    for negative, _, node, step, met in moves:
        state = space.successor(node.state, step)
        yield _Node(state, -negative, met, (*node.steps, step))


def _cheapest_plan(space: StepSpace, graph: StateGraph, rng: random.Random) -> tuple[int, ...]:
    """The schemas of a cheapest plan, drawn among all of them."""
    at, schemas = 0, list[int]()
    while graph.distance[at] > 0:
        choice = rng.choice(np.flatnonzero(graph.best[at]).tolist())
        schemas.append(int(space.steps.symbol[graph.steps[at][choice]]))
        at = graph.targets[at][choice]
    return tuple(schemas)
