"""Fitting: one batch is learned by heart, and a resumed fit is the fit that was not stopped."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from planner.learn.lessons.label import explore, sample_states
from tests.models.fact_space import FactSpace, blocks_rules, towers

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.learn


@pytest.fixture
def space():
    return FactSpace(towers([["a", "b", "c"], ["d"]], [("a", "d"), ("b", "a")]))


def relational(space, seed=0):
    from planner.learn.fitting.relational_learner import RelationalLearner
    from planner.models.relational_numpy import RelationalShape
    from planner.models.vocabulary import Vocabulary

    shape = RelationalShape(width=16, rounds=4)
    learner = RelationalLearner(Vocabulary.of(blocks_rules()), shape, seed)
    return learner, lessons_of(learner, space)


def lessons_of(learner, space):
    states = sample_states(explore(space, 1000), 24, random.Random(0))
    return learner.lessons(space, states)


def share_right(learner, space) -> float:
    """How often the likeliest step is a best one."""
    graph = explore(space, 1000)
    states = sample_states(graph, 24, random.Random(0))
    bound = learner.model({}).bind(space)
    log_probs = bound.log_probs([s.state for s in states], [s.steps for s in states])
    right = [s.best[int(np.argmax(p))] for s, p in zip(states, log_probs, strict=True)]
    return sum(right) / len(right)


def test_a_relational_model_learns_one_batch_by_heart(space):
    from planner.learn.fitting.fit import Budget, fit

    learner, lessons = relational(space)
    before = float(learner.loss(lessons).detach())
    assert share_right(learner, space) < 0.9
    fit(learner, lessons, Budget(steps=180))
    assert float(learner.loss(lessons).detach()) < before / 2
    assert share_right(learner, space) == 1


@pytest.mark.parametrize("architecture", ["lstm", "gpt2"])
def test_a_text_model_learns_one_batch_by_heart(space, architecture):
    from planner.learn.fitting.fit import Budget, fit
    from planner.learn.fitting.text_learner import TextLearner
    from planner.models.vocabulary import Vocabulary

    learner = TextLearner(Vocabulary.of(blocks_rules()), 0, step_width=2, architecture=architecture)
    lessons = lessons_of(learner, space)[:8]
    before = float(learner.loss(lessons).detach())
    fit(learner, lessons, Budget(steps=90))
    assert float(learner.loss(lessons).detach()) < before / 2


def test_a_stopped_fit_goes_on_exactly(space, tmp_path):
    from planner.learn.fitting.fit import Budget, fit

    def checked(folder, steps, resume):
        learner, lessons = relational(space)
        # A check every moment writes a checkpoint after every step.
        fit(
            learner,
            lessons[:20],
            Budget(steps=steps) if steps == 12 else Halted(steps),
            check=lambda: 0.5,
            check_every_s=0.0,
            folder=folder,
            resume=resume,
        )
        return learner.network.state_dict()

    class Halted(Budget):
        """A budget of 12 steps that a kill ends after fewer."""

        def __init__(self, killed: int) -> None:
            super().__init__(steps=12)
            object.__setattr__(self, "killed", killed)

        def spent(self, cpu_s: float, steps: int) -> float:
            return 1.0 if steps >= self.killed else steps / 12

    whole = checked(tmp_path / "whole", 12, resume=False)
    checked(tmp_path / "parts", 5, resume=False)
    resumed = checked(tmp_path / "parts", 12, resume=True)
    for name, weight in whole.items():
        assert weight.equal(resumed[name]), name
    lines = (tmp_path / "parts" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["step"] == 12


def test_the_best_weights_are_kept(space):
    from planner.learn.fitting.fit import Budget, fit

    learner, lessons = relational(space)
    rates = iter([0.2, 0.9, 0.1] + [0.1] * 100)
    kept = {}

    def check():
        rate = next(rates)
        if rate == 0.9:
            kept.update({n: v.clone() for n, v in learner.network.state_dict().items()})
        return rate

    fitting = fit(learner, lessons, Budget(steps=8), check=check, check_every_s=0.0)
    assert fitting.solved == 0.9
    for name, weight in learner.network.state_dict().items():
        assert weight.equal(kept[name])


def test_two_perfect_checks_end_the_fit(space):
    from planner.learn.fitting.fit import Budget, fit

    learner, lessons = relational(space)
    fitting = fit(learner, lessons, Budget(steps=50), check=lambda: 1.0, check_every_s=0.0)
    assert fitting.stopped_early
    assert fitting.steps < 50


def test_the_course_of_a_fit_can_be_shown(space, tmp_path):
    from planner.learn.fitting.fit import Budget, fit

    reader = pytest.importorskip("tensorboardX.proto.event_pb2")
    learner, lessons = relational(space)
    fit(learner, lessons, Budget(steps=2), check=lambda: 0.5, check_every_s=0.0, folder=tmp_path)
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert {"step", "cpu_s", "states", "loss", "rate", "solved"} <= set(json.loads(lines[-1]))
    seen = set()
    for file in tmp_path.glob("events.*"):
        data = file.read_bytes()
        while data:  # a length of 8 bytes, 4 of checksum, the event, 4 of checksum
            size = int.from_bytes(data[:8], "little")
            event = reader.Event.FromString(data[12 : 12 + size])
            seen |= {(value.tag, event.step) for value in event.summary.value}
            data = data[16 + size :]
    assert {("fit/loss", 2), ("fit/solved", 2)} <= seen


def test_a_new_fit_forgets_the_course_of_the_last(space, tmp_path):
    from planner.learn.fitting.fit import Budget, fit

    pytest.importorskip("tensorboardX")

    def fitted(steps):
        learner, lessons = relational(space)
        kinds = {"check": lambda: 0.5, "check_every_s": 0.0, "folder": tmp_path}
        fit(learner, lessons[:4], Budget(steps=steps), **kinds)
        names = [file.suffix[1:] for file in tmp_path.glob("events.*")]
        return {int(name) for name in names if name != "mine"}

    # Given a fit of six steps, and events that somebody else wrote beside its own.
    assert max(fitted(6)) == 6
    foreign = tmp_path / "events.out.tfevents.1.mine"
    foreign.write_bytes(b"")

    # When a shorter one begins afresh there, then what TensorBoard shows ends where that ends.
    assert max(fitted(2)) == 2
    assert foreign.exists()


def test_another_seed_does_not_go_on_from_a_checkpoint(space, tmp_path):
    from planner.errors import ModelError
    from planner.learn.fitting.fit import Budget, fit

    learner, lessons = relational(space)
    fit(learner, lessons[:4], Budget(steps=2), seed=3, folder=tmp_path)

    with pytest.raises(ModelError, match="is of seed 3, not 4"):
        fit(learner, lessons[:4], Budget(steps=2), seed=4, folder=tmp_path, resume=True)


def test_a_step_budget_checks_at_steps_and_not_at_seconds(space):
    from planner.learn.fitting.fit import Budget, fit

    learner, lessons = relational(space)
    made = []
    fit(learner, lessons, Budget(steps=12), check=lambda: made.append(0) or 0.5)
    assert len(made) == 6


def test_the_rate_warms_up_and_falls_and_gradients_are_clipped(space, tmp_path, monkeypatch):
    from planner.learn.fitting import fit as fitting

    norms = []
    clip = torch.nn.utils.clip_grad_norm_
    monkeypatch.setattr(
        torch.nn.utils, "clip_grad_norm_", lambda p, m: norms.append(m) or clip(p, m)
    )
    learner, lessons = relational(space)
    budget = fitting.Budget(steps=240)
    fitting.fit(
        learner, lessons[:2], budget, check=lambda: 0.5, check_every_s=1e-9, folder=tmp_path
    )
    assert norms == [1.0] * 240
    lines = (tmp_path / "metrics.jsonl").read_text().splitlines()
    rates = [json.loads(line)["rate"] for line in lines]
    assert rates[0] < rates[1]
    assert max(rates) == pytest.approx(1e-3)
    assert rates[-1] < max(rates) / 10


@pytest.mark.parametrize("steps", [7, 8])
def test_both_parts_of_a_budget_make_the_whole(steps):
    from planner.learn.fitting.fit import Budget

    before, after = Budget(10.0, steps).split(0.5)

    assert before.steps + after.steps == steps
    assert before.cpu_s + after.cpu_s == 10.0
    assert Budget(10.0).split(1.0)[0] == Budget(10.0)


def test_of_steps_and_seconds_whichever_ends_first_ends_the_fit():
    from planner.learn.fitting.fit import Budget

    # Steps alone: the clock decides nothing. Neither: a minute.
    assert Budget(steps=10).spent(1e9, 5) == 0.5
    assert Budget().spent(30.0, 10**9) == 0.5
    # Both: the larger share.
    assert Budget(10.0, 10).spent(9.0, 5) == 0.9
    assert Budget(10.0, 10).spent(1.0, 5) == 0.5
    assert Budget(None, 10).split(0.5) == (Budget(None, 5), Budget(None, 5))


def test_going_on_with_other_data_is_refused_and_says_what_changed(tmp_path):
    from planner.errors import ModelError
    from planner.learn.fitting.fit import Budget, fit

    # Given a checkpoint, and an example edited since.
    learner, lessons = relational(FactSpace(towers([["a", "b"]], [("a", "b")])))
    before = {"the rules": "1", "the examples": "2"}
    fit(learner, lessons, Budget(steps=2), folder=tmp_path, data=before)
    after = {**before, "the examples": "3"}

    with pytest.raises(ModelError, match="the examples changed after the checkpoint"):
        fit(learner, lessons, Budget(steps=2), folder=tmp_path, data=after, resume=True)

    assert fit(learner, lessons, Budget(steps=2), folder=tmp_path, data=before, resume=True)
