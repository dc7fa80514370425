"""Guides that speak together, and Bayes' rule."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.guides.combine import Bayes, Combined, merge, posterior
from planner.guides.relaxation import RelaxationGuide
from planner.guides.uniform import Uniform
from planner.interfaces import Judgement
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task


@dataclass(frozen=True)
class Fixed:
    """The same opinion of every state."""

    opinion: Judgement
    name: str = "fixed"

    def bind(self, space):
        return self

    def judge(self, states, steps):
        return [self.opinion] * len(states)


def logs(*probabilities):
    return np.log(np.array(probabilities))


def test_posterior_by_hand():
    # Prior 0.5, 0.25, 0.25 times exp(-cost) 1, 1/2, 1/4 is 0.5, 0.125, 0.0625 of 0.6875
    result = np.exp(posterior(logs(0.5, 0.25, 0.25), -logs(1, 0.5, 0.25)))
    assert result.tolist() == pytest.approx([8 / 11, 2 / 11, 1 / 11])


def test_temperature_trusts_the_prior_when_high_and_the_estimates_when_low():
    prior, costs = logs(0.9, 0.1), np.array([1.0, 0.0])
    assert np.exp(posterior(prior, costs, 1000.0)) == pytest.approx([0.9, 0.1], abs=1e-3)
    assert np.exp(posterior(prior, costs, 0.01)) == pytest.approx([0.0, 1.0], abs=1e-3)


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 50)), min_size=1, max_size=8),
    st.floats(0.1, 10),
)
def test_a_posterior_is_a_distribution_and_two_updates_are_one(pairs, temperature):
    weights, costs = (np.array(column) for column in zip(*pairs, strict=True))
    prior = np.log(weights / weights.sum())
    once = posterior(prior, costs, temperature)
    assert np.exp(once).sum() == pytest.approx(1)
    twice = posterior(posterior(prior, costs / 2, temperature), costs / 2, temperature)
    assert twice == pytest.approx(once)


def test_merging_multiplies_priors_and_takes_the_first_value():
    first = Judgement(logs(0.5, 0.5), None, np.array([True, False]))
    second = Judgement(logs(0.8, 0.2), 3.0, np.array([False, False]))
    third = Judgement(None, 7.0)
    merged = merge((first, second, third))
    assert np.exp(merged.log_prior).tolist() == pytest.approx([0.8, 0.2])
    assert merged.value == 3.0
    assert merged.preferred.tolist() == [True, False]


def test_a_dead_end_of_any_guide_is_one():
    assert merge((Judgement(value=2.0), Judgement(value=math.inf))).value == math.inf


def corridor():
    """Step 0 leads to the goal, step 1 to a place from which step 2 leads there at cost 3."""
    operators = [([0], [1], [0], 1, []), ([0], [2], [0], 1, []), ([2], [1], [2], 3, [])]
    return ground_task(3, operators, [0], [1])


def test_bayes_weighs_steps_by_the_estimates_of_their_successors():
    # Given a prior that prefers the wrong step
    space = GroundSpace(corridor())
    prior = Fixed(Judgement(logs(0.2, 0.8)))

    # When h_FF is the evidence: cost 1 + 0 against 1 + 3
    guide = Bayes(prior, RelaxationGuide("h_ff")).bind(space)
    opinion = guide.judge([0], [space.legal_steps(0)])[0]

    # Then the posterior is 0.2 : 0.8 exp(-3), and the value is that of the state
    odds = 0.8 * math.exp(-3) / 0.2
    assert np.exp(opinion.log_prior).tolist() == pytest.approx([1 / (1 + odds), odds / (1 + odds)])
    assert opinion.value == 1


def test_steps_into_dead_ends_are_unlikely_but_not_forbidden():
    operators = [([0], [1], [], 1, []), ([0], [2], [0], 1, [])]
    space = GroundSpace(ground_task(4, [*operators, ([0, 1], [3], [], 1, [])], [0], [3]))
    guide = Bayes(Uniform(), RelaxationGuide("h_ff")).bind(space)
    opinion = guide.judge([0], [space.legal_steps(0)])[0]
    assert opinion.log_prior[1] < -50
    assert np.isfinite(opinion.log_prior).all()


def test_combined_guides_are_named_together_and_count_model_calls():
    space = GroundSpace(corridor())
    guide = Combined((RelaxationGuide("h_ff"), Uniform()))
    assert guide.name == "h_ff+uniform"
    bound = guide.bind(space)
    opinion = bound.judge([0], [space.legal_steps(0)])[0]
    assert opinion.value == 1
    assert opinion.preferred.tolist() == [True, False]
    assert bound.model_calls == 0
