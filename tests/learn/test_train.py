"""From a rule base to a model that solves tasks larger than any it has seen."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.learn.train import train
from planner.models.pretrained import load_model, read_config
from tests.conftest import ROOT

pytest.importorskip("torch")
pytestmark = pytest.mark.learn

BLOCKS = ROOT / "rules" / "blocksworld"


def test_a_short_training_solves_larger_tasks_and_says_where_it_comes_from(tmp_path):
    from planner.io.load import load_task
    from planner.learn.evaluation.evaluate import follow
    from planner.learn.tasks.generate import ground_space
    from planner.learned import rules_hash

    # Given a training of a fixed number of steps on tasks of about three to five blocks.
    report = train(BLOCKS, tmp_path / "one", steps=220, sizes=3, tasks_per_size=10)
    # When the model is loaded, then it solves what it has not seen, without search.
    model = load_model(tmp_path / "one")
    assert max(report.tasks) < 8
    assert sum(r.solved for r in report.held_out) >= 0.8 * sum(r.tasks for r in report.held_out)
    for name in ("blocks-8-1", "blocks-8-2"):
        space = ground_space(load_task(BLOCKS / "tasks" / f"{name}.yaml"))
        assert follow(space, model, 60) is not None
    # And says where it comes from.
    config = read_config(tmp_path / "one")
    assert config["rules_hash"] == rules_hash(BLOCKS / "rules.yaml")
    assert config["report"]["seed"] == 0
    assert "three-blocks.yaml" in str(config["report"]["examples"])
    assert "held out" in report.render()


def test_unknown_kinds_and_empty_places_are_refused(tmp_path):
    with pytest.raises(InputError, match="unknown kind of model `oracle`"):
        train(BLOCKS, tmp_path, kind="oracle")
    with pytest.raises(InputError, match=r"rules\.yaml does not exist"):
        train(tmp_path)
    with pytest.raises(InputError, match="no actions"):
        train(ROOT / "rules" / "kinship")


def test_the_same_seed_and_steps_give_the_same_model(tmp_path):
    def weights(folder):
        train(BLOCKS, folder, steps=8, sizes=2, tasks_per_size=4, seed=3)
        return (folder / "weights.safetensors").read_bytes()

    assert weights(tmp_path / "one") == weights(tmp_path / "two")


def test_the_report_and_the_card_tell_of_rounds(tmp_path, monkeypatch):
    import planner.learn.iterate as iteration

    # Given a round that finds nothing new and so only fits as long again.
    monkeypatch.setattr(iteration, "harvest", lambda model, spaces: iteration.Harvest())
    monkeypatch.setattr(iteration, "solved_share", lambda model, spaces: 0.5)

    report = train(BLOCKS, tmp_path, steps=4, sizes=1, tasks_per_size=3, rounds=1)

    assert report.steps == 8
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "- 8 steps" in card
    assert "- round 1: 50 %" in card
