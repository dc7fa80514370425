"""A real language model behind a real server drives `solve`."""

import json

import numpy as np
import pytest

from planner.cli import main
from planner.errors import ModelServerError
from planner.models.by_name import model_by_name
from planner.models.pretrained import load_model
from planner.models.served.model import ServedModel
from planner.models.served.options import ServerOptions
from planner.solve import solve

from .conftest import THREE_BLOCKS
from .scripted import Scripted, menu_answer, said

pytestmark = pytest.mark.learn


@pytest.mark.parametrize("mode", ["logprobs", "menu", "votes", "auto"])
def test_a_served_model_finds_the_plan_it_was_taught(server, three_blocks, mode):
    result = solve(
        three_blocks, search="regret", model=model_by_name(f"{server.url}#mode={mode},samples=3")
    )

    assert len(result.plan) == 6
    assert result.statistics.expanded == 6  # the model never hesitates
    assert server.requests > 0


def test_scores_are_those_of_the_model_itself(server, taught_folder, space):
    states = [space.initial()]
    for _ in range(4):
        states.append(space.successor(states[-1], int(space.legal_steps(states[-1])[0])))
    legal = [space.legal_steps(s) for s in states]

    near = load_model(taught_folder).bind(space).log_probs(states, legal)
    far = model_by_name(f"{server.url}#mode=logprobs").bind(space).log_probs(states, legal)

    for one, other in zip(near, far, strict=True):
        assert np.allclose(one, other, atol=1e-4)


def test_a_run_is_repeated_offline(server, three_blocks, tmp_path):
    options = f"mode=menu,cache={tmp_path}"
    first = solve(three_blocks, search="regret", model=model_by_name(f"{server.url}#{options}"))
    asked = server.requests

    offline = model_by_name(f"{server.url}#{options},offline=yes")
    again = solve(three_blocks, search="regret", model=offline)

    assert again.plan == first.plan
    assert again.statistics.expanded == first.statistics.expanded
    assert server.requests == asked


@pytest.fixture
def run(capsys):
    """Solve from the command line: exit code, the JSON of the answer, and what else was said."""

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["solve", str(THREE_BLOCKS), "--json", *arguments])
        out, err = capsys.readouterr()
        return end.value.code, json.loads(out), err

    return call


def test_a_server_that_is_not_there_ends_with_40(run):
    url = "http://127.0.0.1:9/v1#retries=0"
    code, answer, said_besides = run("--model", url)
    assert code == 40
    assert answer["status"] == "error"
    assert answer["errors"][0]["code"] == "ModelServerError"
    assert "the model server http://127.0.0.1:9/v1 cannot be reached" in said_besides


def test_the_fallback_goes_on_alone(run, caplog):
    code, answer, _ = run("--model", "http://127.0.0.1:9/v1#retries=0,fallback=uniform")
    assert code == 0
    assert answer["status"] == "solved"
    assert "going on without it" in caplog.text
    assert len(caplog.records) == 1


def test_a_budget_ends_with_24(run, server):
    code, answer, _ = run("--model", f"{server.url}#mode=menu,calls=2", "--search", "regret")
    assert code == 24
    assert (answer["status"], answer["reason"]) == ("limit", "model_calls")
    assert "asked 2 times" in answer["notes"][0]


def test_wrong_options_end_with_31(run):
    code, answer, _ = run("--model", "http://127.0.0.1:9/v1#mode=dance")
    assert code == 31
    assert "unknown mode `dance`" in answer["errors"][0]["message"]


def test_the_way_to_ask_is_found_out_once(space):
    # A server that scores no texts and gives no log-probabilities, but answers.
    refusal = {"error": {"message": "echo is not supported"}}
    transport = Scripted(refusal, said("1"), said("1"), said("2"))
    options = ServerOptions("http://h", model="m", cache="none", samples=1)
    bound = ServedModel(options, transport).bind(space)
    first = space.initial()
    legal = space.legal_steps(first)

    (log_probs,) = bound.log_probs([first], [legal])
    assert bound.mode == "votes"
    assert log_probs.argmax() == 0
    following = space.successor(first, int(legal[0]))
    bound.log_probs([following], [space.legal_steps(following)])
    assert [url.removeprefix("http://h") for url, _ in transport.sent] == [
        "/completions",
        "/chat/completions",
        "/chat/completions",
        "/chat/completions",
    ]


def test_a_server_of_no_use_is_told_about_all_ways(space):
    options = ServerOptions("http://h", model="m", cache="none", samples=1)
    transport = Scripted(menu_answer(x=1.0), menu_answer(x=1.0), said("?"))
    bound = ServedModel(options, transport).bind(space)
    legal = space.legal_steps(space.initial())
    with pytest.raises(ModelServerError, match=r"logprobs: .*menu: .*votes: "):
        bound.log_probs([space.initial()], [legal])
