"""Merging steps that a model cannot tell apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.search.classes import TOLERANCE, class_policy, merge_steps


def logs(*probabilities):
    return np.log(np.array(probabilities, dtype=np.float64))


def ints(*values):
    return np.array(values, dtype=np.int32)


def test_equal_steps_of_one_schema_share_their_mass():
    classes = merge_steps(ints(0, 1, 0, 0), logs(0.2, 0.4, 0.2, 0.2))

    assert classes.representative.tolist() == [0, 1]
    assert np.exp(classes.log_mass) == pytest.approx([0.6, 0.4])
    assert classes.label.tolist() == [0, 1, 0, 0]


def test_equal_steps_of_different_schemas_stay_apart():
    classes = merge_steps(ints(0, 1), logs(0.5, 0.5))

    assert classes.representative.tolist() == [0, 1]


def test_noise_of_the_model_does_not_split_a_class():
    noise = np.array([0.0, 3e-6, -4e-6, 1e-6])

    classes = merge_steps(ints(0, 0, 0, 0), logs(0.25, 0.25, 0.25, 0.25) + noise)

    assert classes.representative.tolist() == [0]


def test_a_chain_of_close_neighbours_is_cut_at_the_tolerance():
    log_prior = -1.0 - 0.6 * TOLERANCE * np.arange(10)

    classes = merge_steps(ints(*[0] * 10), log_prior)

    assert len(classes.representative) == 5


def test_five_equal_steps_beat_one_likelier_step():
    prior = logs(*[0.14] * 5, 0.30)
    classes = merge_steps(ints(*[0] * 5, 1), prior)

    policy = class_policy(prior, classes, 0.01)

    assert policy.argmax() == 0
    assert policy[1] < policy[5]


def test_forbidden_steps_get_nothing():
    policy = class_policy(np.array([-np.inf, 0.0]), None, 0.01)

    assert policy.tolist() == [-np.inf, 0.0]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([0.1, 0.5, 2.0, 7.0, 7.00001])), min_size=1
    ),
    st.floats(0.001, 0.5),
)
def test_the_policy_is_a_distribution_and_loses_no_step(steps, epsilon):
    schema = ints(*(s for s, _ in steps))
    prior = np.log(np.array([w for _, w in steps]))
    prior -= np.log(np.exp(prior).sum())

    classes = merge_steps(schema, prior)
    policy = class_policy(prior, classes, epsilon)

    assert np.exp(policy).sum() == pytest.approx(1.0)
    assert np.isfinite(policy).all()
    assert np.exp(classes.log_mass).sum() == pytest.approx(1.0)
    for label, first in enumerate(classes.representative):
        members = np.flatnonzero(classes.label == label)
        assert members[0] == first
        assert len(set(schema[members])) == 1
        assert np.ptp(prior[members]) <= TOLERANCE * 1.0001


def test_no_steps_no_classes():
    classes = merge_steps(ints(), np.zeros(0))

    assert len(classes.representative) == 0
