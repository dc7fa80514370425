"""Which steps are best: exactly where a task is small, from plans where it is not."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.learn.tasks.walk import successors

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, StepSpace

__all__ = ["LabelledState", "StateGraph", "explore", "label_plan", "sample_states"]


@dataclass(frozen=True, slots=True)
class LabelledState:
    """A state with what to do there.

    Attributes:
        steps: its legal steps.
        best: which of them start a best-known plan; at least one does.
        distance: steps of that plan, -1 when it is not known.
        refuting: ``best`` marks the steps that are not refuted; one of them is best, and which is
            not known.
    """

    state: int
    steps: IntArray
    best: BoolArray
    distance: int
    refuting: bool = False


@dataclass(frozen=True, slots=True)
class StateGraph:
    """Every state that can be reached, with exact distances to the goal.

    Lists are indexed by the order of discovery, not by the space's numbers.

    Attributes:
        states: the space's number of each state.
        steps, targets: its legal steps and where they lead.
        distance: shape (states,), steps of a cheapest plan (the shortest of these), -1 where
            the goal cannot be reached any more.
        best: for each state which steps start such a plan.
    """

    states: list[int]
    steps: list[IntArray]
    targets: list[list[int]]
    distance: npt.NDArray[np.int64]
    best: list[BoolArray]

    def labelled(self, index: int) -> LabelledState:
        """One state with its labels; its distance must be above 0."""
        distance = int(self.distance[index])
        return LabelledState(self.states[index], self.steps[index], self.best[index], distance)


def explore(space: StepSpace, limit: int, start: int | None = None) -> StateGraph | None:
    """All states reachable from one (the initial one), breadth first.

    ``None`` when there are more than ``limit``.
    """
    first = space.initial() if start is None else start
    index = {first: 0}
    states, steps, targets = [first], [], []
    for state in states:  # grows while it is walked
        legal = space.legal_steps(state)
        reached = successors(space, state, legal)
        for target in reached:
            if target not in index:
                index[target] = len(states)
                states.append(target)
        if len(states) > limit:
            return None
        steps.append(legal)
        targets.append([index[target] for target in reached])
    costs = [_weights(space, legal) for legal in steps]
    cost, distance = _to_goal([space.is_goal(s) for s in states], targets, costs)
    best = [
        np.array([_is_best(cost, i, t, w) for t, w in zip(row, costs[i], strict=True)], dtype=bool)
        for i, row in enumerate(targets)
    ]
    return StateGraph(states, steps, targets, np.array(distance, dtype=np.int64), best)


def sample_states(graph: StateGraph, count: int, rng: random.Random) -> list[LabelledState]:
    """States from best walks with detours, and a third as many from anywhere.

    Walks show what a solver meets; detours show how to come back from a mistake.
    """
    solvable = [i for i, d in enumerate(graph.distance.tolist()) if d > 0]
    if graph.distance[0] <= 0 or not solvable:
        return []
    chosen: dict[int, None] = {}
    for _ in range(40):
        if len(chosen) >= count:
            break
        _walk(graph, chosen, rng, detours=rng.random() < 0.5)
    walked = list(chosen)[:count]
    elsewhere = rng.sample(solvable, min(len(solvable), max(1, len(walked) // 3)))
    return [graph.labelled(i) for i in dict.fromkeys([*walked, *elsewhere])]


def label_plan(
    space: StepSpace, plan: Sequence[int], start: int | None = None
) -> list[LabelledState]:
    """The states along a plan from a state (the initial one), its steps taken as best."""
    state = space.initial() if start is None else start
    found = []
    for done, step in enumerate(plan):
        legal = space.legal_steps(state)
        found.append(LabelledState(state, legal, legal == step, len(plan) - done))
        state = space.successor(state, step)
    return found


def _walk(graph: StateGraph, chosen: dict[int, None], rng: random.Random, detours: bool) -> None:
    at, distance = 0, graph.distance
    for _ in range(4 * int(distance[0]) + 4):
        if distance[at] <= 0:
            return
        chosen.setdefault(at)
        row = graph.targets[at]
        if detours and rng.random() < 0.15:
            open_ways = [t for t in row if distance[t] >= 0]
        else:
            open_ways = [t for t, good in zip(row, graph.best[at], strict=True) if good]
        at = rng.choice(open_ways)


def _weights(space: StepSpace, steps: IntArray) -> list[tuple[int, int]]:
    """Cost and length of each step: cheapest first, then shortest."""
    return [(cost, 1) for cost in space.costs[steps].tolist()]


def _to_goal(
    is_goal: list[bool], targets: list[list[int]], weights: list[list[tuple[int, int]]]
) -> tuple[list[tuple[int, int] | None], list[int]]:
    """Least (cost, length) from each state to the goal: Dijkstra (1959) against the steps."""
    sources: list[list[tuple[int, int, int]]] = [[] for _ in targets]
    for i, row in enumerate(targets):
        for target, (cost, length) in zip(row, weights[i], strict=True):
            sources[target].append((i, cost, length))
    best: list[tuple[int, int] | None] = [None] * len(targets)
    queue = [(0, 0, i) for i, goal in enumerate(is_goal) if goal]
    while queue:
        cost, length, at = heapq.heappop(queue)
        if best[at] is not None:
            continue
        best[at] = (cost, length)
        for source, more, longer in sources[at]:
            if best[source] is None:
                heapq.heappush(queue, (cost + more, length + longer, source))
    return best, [-1 if b is None else b[1] for b in best]


def _is_best(
    cost: list[tuple[int, int] | None], state: int, target: int, weight: tuple[int, int]
) -> bool:
    here, there = cost[state], cost[target]
    if here is None or there is None or here[1] == 0:
        return False
    return here == (there[0] + weight[0], there[1] + weight[1])
