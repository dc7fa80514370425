"""What answers mean, by hand-made answers."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import ModelServerError
from planner.models.served.logprobs import Logprobs
from planner.models.served.menu import Menu
from planner.models.served.votes import Votes

from .scripted import client_of, menu_answer, said, situation

THREE = situation("(a)", "(b)", "(c)")


def test_a_menu_reads_the_probability_of_each_number():
    client, transport, _ = client_of(menu_answer(_2=0.6, _1=0.2, x=0.2))

    (log_probs,) = Menu().judge(client, [THREE])

    # 3 is not among the likeliest tokens: half as likely as the last that is
    assert np.exp(log_probs) == pytest.approx(np.array([0.2, 0.6, 0.1]) / 0.9)
    question = transport.sent[0][1]["messages"][1]["content"]
    assert question == "Goal: g.\nLegal steps:\n1. (a)\n2. (b)\n3. (c)\nNumber of the best step:"


def test_numbers_are_found_behind_other_tokens_and_blanks():
    answer = menu_answer(_The=0.9)
    later = menu_answer(**{"1": 0.25, " 1": 0.25, "2.": 0.25, "3": 0.25})
    content = answer["choices"][0]["logprobs"]["content"]
    content += later["choices"][0]["logprobs"]["content"]
    client, *_ = client_of(answer)

    (log_probs,) = Menu().judge(client, [THREE])

    assert np.exp(log_probs) == pytest.approx([0.5, 0.25, 0.25])


def test_many_steps_are_asked_for_by_pages():
    steps = situation(*(f"(s{n})" for n in range(12)))
    pages = menu_answer(_3=0.5, _1=0.5), menu_answer(_6=1.0)
    client, transport, _ = client_of(*pages, menu_answer(_1=0.75, _2=0.25))

    (log_probs,) = Menu().judge(client, [steps])

    assert np.exp(log_probs).sum() == pytest.approx(1)
    # The best of a page: the first on equal probability, so s0; and s11.
    assert "1. (s0)\n2. (s11)\n" in transport.sent[2][1]["messages"][1]["content"]
    assert np.exp(np.logaddexp.reduce(log_probs[:6])) == pytest.approx(0.75)


def test_votes_are_counted_with_one_spread_over_all():
    client, transport, _ = client_of(said("2", "Step 2.", "(c)", "none"))

    (log_probs,) = Votes(4).judge(client, [THREE])

    assert np.exp(log_probs) == pytest.approx(np.array([0, 2, 1]) / 4 + 1 / 12)
    assert transport.sent[0][1]["n"] == 4


def test_servers_that_ignore_n_are_asked_again():
    client, transport, _ = client_of(said("1"), said("1"), said("3"))

    (log_probs,) = Votes(3).judge(client, [THREE])

    assert np.exp(log_probs) == pytest.approx(np.array([2, 0, 1]) / 4 + 1 / 12)
    assert [body["seed"] for _, body in transport.sent] == [0, 1, 2]


def scored(prompt, steps, values):
    """An answer that scores each step's two tokens; prompt tokens count for nothing."""
    return {
        "choices": [
            {
                "index": i,
                "logprobs": {
                    "tokens": [prompt, f" {step}", "\n", " more"],
                    "token_logprobs": [None, value, -0.5, -9.0],
                },
            }
            for i, (step, value) in enumerate(zip(steps, values, strict=True))
        ]
    }


def test_logprobs_sum_the_tokens_of_the_step_alone():
    answer = scored(THREE.prompt, THREE.steps, [math.log(4), math.log(2), math.log(2)])
    answer["choices"].reverse()  # numbered, so the order does not matter
    client, transport, _ = client_of(answer)

    (log_probs,) = Logprobs().judge(client, [THREE])

    assert np.exp(log_probs) == pytest.approx([0.5, 0.25, 0.25])
    assert transport.sent[0][1]["prompt"][0] == THREE.prompt + " (a)\n"


@pytest.mark.parametrize(
    ("strategy", "answer", "message"),
    [
        (Menu(), said("2"), "gives no log-probabilities"),
        (Menu(), menu_answer(_hello=1.0), "asked for a number of 1 to 3, it said"),
        (Votes(2), said("hm", "well"), "gave none, but for instance 'hm'"),
        (Votes(2), {"choices": []}, "has no `choices`"),
        (Logprobs(), said("2", "2", "2"), "does not give log-probabilities"),
        (Logprobs(), said("2"), "scored 1 texts of 3"),
    ],
)
def test_answers_to_something_else_are_errors(strategy, answer, message):
    client, *_ = client_of(answer, answer)
    with pytest.raises(ModelServerError, match=message):
        strategy.judge(client, [THREE])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["choices", "logprobs", "content", "tokens", "token_logprobs", "top_logprobs", "token",
             "message", "text_offset", "index", "logprob"]
        ), inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.fuzz
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(JSON, min_size=1, max_size=3), st.sampled_from([Menu(), Votes(1), Logprobs()]))
def test_no_answer_breaks_more_than_a_server_may(choices, strategy):
    client, *_ = client_of(*[{"choices": choices}] * 3)
    try:
        judged = strategy.judge(client, [THREE])
    except ModelServerError:
        return
    assert np.exp(judged[0]).sum() == pytest.approx(1)
