"""A step model as a guide."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from planner.guides.model_guide import ModelGuide
from planner.search.levin import LevinTS
from planner.search.limits import Limits, Meter
from planner.search.result import Status
from tests.search.worlds import tree_world


@dataclass
class LastStep:
    """A step model that likes the last legal step."""

    kind: str = "test"
    value: float | None = None
    batches: list = field(default_factory=list)

    def bind(self, space):
        return self

    def log_probs(self, states, steps):
        self.batches.append(list(states))
        return [np.log(np.arange(1, len(s) + 1) / sum(range(len(s) + 1))) for s in steps]

    def values(self, states):
        return None if self.value is None else [self.value for _ in states]


def test_a_state_is_judged_once():
    world = tree_world(branching=2, depth=2, goals=[])
    model = LastStep()
    bound = ModelGuide(model).bind(world)

    legal = [world.legal_steps(s) for s in (0, 1, 0)]
    first = bound.judge([0, 1, 0], legal)
    second = bound.judge([1], legal[1:2])

    assert model.batches == [[0, 1]]
    assert bound.model_calls == 2
    assert np.exp(first[0].log_prior) == pytest.approx([1 / 3, 2 / 3])
    assert second[0] is first[1]
    assert first[0].merges


def test_forgetting_changes_calls_but_not_answers():
    world = tree_world(branching=2, depth=3, goals=[])
    bound = ModelGuide(LastStep(), cache_mb=0.0).bind(world)

    first = bound.judge([0], [world.legal_steps(0)])
    bound.judge([1], [world.legal_steps(1)])
    again = bound.judge([0], [world.legal_steps(0)])

    assert bound.model_calls == 3
    assert np.array_equal(first[0].log_prior, again[0].log_prior)


def test_states_without_steps_are_not_asked():
    world = tree_world(branching=2, depth=1, goals=[])
    model = LastStep()

    (judgement,) = ModelGuide(model).bind(world).judge([1], [world.legal_steps(1)])

    assert judgement.log_prior is None
    assert model.batches == []


@pytest.mark.parametrize(
    ("said", "used"), [(3.0, 3.0), (float("inf"), 1e9), (float("nan"), None), (-1.0, 0.0)]
)
def test_a_learned_value_is_never_a_proof_of_a_dead_end(said, used):
    world = tree_world(branching=2, depth=1, goals=[])

    (judgement,) = ModelGuide(LastStep(value=said)).bind(world).judge([0], [world.legal_steps(0)])

    assert judgement.value == used


def test_a_probability_of_zero_does_not_forbid():
    class Sure(LastStep):
        def log_probs(self, states, steps):
            return [np.array([0.0, -np.inf]) for _ in steps]

    world = tree_world(branching=2, depth=1, goals=[])

    outcome = LevinTS().run(world, ModelGuide(Sure()), Meter())

    assert outcome.status is Status.UNSOLVABLE


def test_calls_count_against_the_limit():
    world = tree_world(branching=2, depth=8, goals=[])
    meter = Meter(Limits(model_calls=7))

    outcome = LevinTS().run(world, ModelGuide(LastStep()), meter)

    assert (outcome.status, outcome.reason) == (Status.LIMIT, "model_calls")
    assert outcome.model_calls == 7
