"""Checkpoints: what is recorded, and resuming to the identical result."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner import InputError, load_task, solve
from planner.search.checkpoint import Checkpoint
from planner.search.limits import Limits
from planner.search.result import Status
from tests.conftest import ROOT

TASK = ROOT / "rules/blocksworld/tasks/blocks-8-1.yaml"


class CountingModel:
    """A step model that prefers low step numbers, and counts what it is asked."""

    kind = "counting"

    def __init__(self):
        self.calls = 0

    def bind(self, space):
        return self

    def log_probs(self, states, steps):
        self.calls += len(states)
        weights = [1.0 / (1 + np.arange(len(legal))) for legal in steps]
        return [np.log(weight / weight.sum()) for weight in weights]

    def values(self, states):
        return None


def run(path, *, resume, expansions, search="regret"):
    model = CountingModel()
    checkpoint = Checkpoint(path, "run", resume=resume)
    result = solve(
        load_task(TASK),
        search=search,
        model=model,
        limits=Limits(expansions=expansions),
        checkpoint=checkpoint,
    )
    checkpoint.close()
    return result, model.calls


@pytest.mark.parametrize("search", ["regret", "levin", "mcts", "beam", "alternate"])
def test_a_resumed_run_gives_the_identical_result_and_asks_only_what_is_new(tmp_path, search):
    whole, whole_calls = run(tmp_path / "whole", resume=False, expansions=400, search=search)
    cut, cut_calls = run(tmp_path / "cut", resume=False, expansions=40, search=search)

    resumed, new_calls = run(tmp_path / "cut", resume=True, expansions=400, search=search)

    assert (cut.status, cut_calls > 0) == (Status.LIMIT, True)
    assert (resumed.status, resumed.plan) == (whole.status, whole.plan)
    assert resumed.statistics.expanded == whole.statistics.expanded
    assert cut_calls + new_calls == whole_calls


@given(cut=st.integers(0, 4000))
def test_a_file_cut_anywhere_resumes(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "checkpoint"
    whole, _ = run(path, resume=False, expansions=12)
    content = path.read_bytes()
    head = content.index(b"\n") + 1
    path.write_bytes(content[: max(head, len(content) - cut)])

    resumed, _ = run(path, resume=True, expansions=12)

    assert (resumed.status, resumed.statistics.expanded) == (
        whole.status, whole.statistics.expanded)  # fmt: skip
    assert path.read_bytes() == content


def test_another_run_is_refused(tmp_path):
    path = tmp_path / "checkpoint"
    Checkpoint(path, "one", resume=False).close()

    with pytest.raises(InputError, match="another run"):
        Checkpoint(path, "two", resume=True)


@pytest.mark.parametrize("text", ["", "no JSON\n", "[]\n", '{"checkpoint": 99, "run": "one"}\n'])
def test_what_is_no_checkpoint_is_refused(tmp_path, text):
    path = tmp_path / "checkpoint"
    path.write_text(text)

    with pytest.raises(InputError, match=r"no checkpoint|version"):
        Checkpoint(path, "one", resume=True)


def test_without_resume_the_file_starts_anew(tmp_path):
    path = tmp_path / "checkpoint"
    run(path, resume=False, expansions=12)

    Checkpoint(path, "run", resume=False).close()

    assert json.loads(path.read_text()) == {"checkpoint": 1, "run": "run"}
