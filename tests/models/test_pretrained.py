"""Saved models come back as they were, and damaged ones are refused with a reason."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from planner.errors import ModelError
from planner.models.pretrained import load_model, read_config, save

from .fact_space import FactSpace, towers
from .test_relational import GOAL, TOWERS, network

pytest.importorskip("torch")
pytestmark = pytest.mark.learn


@pytest.fixture
def folder(tmp_path):
    save(network().to_model({"seed": 7}), tmp_path / "model", rules_hash="abc")
    return tmp_path / "model"


def test_a_saved_model_says_the_same(folder):
    space = FactSpace(towers(TOWERS, GOAL))
    legal = space.legal_steps(space.initial())
    before = network().to_model().bind(space).log_probs([space.initial()], [legal])[0]
    loaded = load_model(folder)
    after = loaded.bind(space).log_probs([space.initial()], [legal])[0]
    assert after.tolist() == before.tolist()
    assert loaded.report == {"seed": 7}
    assert read_config(folder)["rules_hash"] == "abc"


def test_training_goes_on_from_a_saved_model(folder):
    from planner.models.relational import RelationalNetwork

    restored = RelationalNetwork.from_model(load_model(folder))
    for name, weight in network().state_dict().items():
        assert restored.state_dict()[name].equal(weight)


def test_loading_needs_no_torch(folder):
    script = (
        "import sys; from planner.models.pretrained import load_model;"
        f"load_model({str(folder)!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="nowhere is not a model: it does not exist"):
        load_model(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"it has no config\.json"):
        load_model(tmp_path)


def test_another_version_is_refused(folder):
    config = read_config(folder)
    (folder / "config.json").write_text(json.dumps({**config, "schema_version": 99}))
    with pytest.raises(ModelError, match="schema_version 99; this planner reads 1"):
        load_model(folder)


def test_damage_is_reported(folder):
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match="is damaged"):
        load_model(folder)
    weights.unlink()
    with pytest.raises(ModelError, match="is missing"):
        load_model(folder)


def test_models_from_before_there_were_levels_of_hints_read_the_first(folder):
    config = read_config(folder)
    config["shape"]["hints"] = True
    (folder / "config.json").write_text(json.dumps(config))
    assert load_model(folder).shape.hints == 1


def test_hints_of_an_unknown_level_are_refused(folder):
    config = read_config(folder)
    config["shape"]["hints"] = 3
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="hints of level 3; this planner knows levels up to 2"):
        load_model(folder)


def test_weights_of_another_size_are_refused(folder):
    config = read_config(folder)
    config["shape"]["width"] = 8
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"`initial` is \(16,\), expected \(8,\)"):
        load_model(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 1, "kind": "oracle"}'])
def test_nonsense_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelError):
        load_model(folder)


@pytest.mark.parametrize("key", ["vocabulary", "shape"])
def test_a_missing_section_is_named(folder, key):
    config = read_config(folder)
    del config[key]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=key):
        load_model(folder)


def test_weights_of_one_training_with_the_configuration_of_another_are_refused(folder, monkeypatch):
    import planner.models.pretrained as pretrained

    # Given a second training's model of the same shape, and a kill between its two files.
    def killed(*parts):
        raise KeyboardInterrupt

    weights = folder / "weights.safetensors"
    before = weights.read_bytes()
    other = network(seed=5)
    monkeypatch.setattr(pretrained, "write_config", killed)
    with pytest.raises(KeyboardInterrupt):
        save(other.to_model(), folder)
    monkeypatch.undo()
    assert weights.read_bytes() != before

    # When the folder is read, then no model of two halves comes back.
    with pytest.raises(ModelError, match=r"weights\.safetensors is damaged or belongs to another"):
        load_model(folder)

    # And saving to the end makes it whole.
    save(other.to_model(), folder)
    assert load_model(folder)
