"""One network for several rule bases, and a new one that begins with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from planner.errors import InputError, ModelError
from planner.learn.tasks.examples import load_base
from planner.models.pretrained import load_model, save
from tests.conftest import ROOT

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.learn

BASES = ("blocksworld", "logistics")
NEW = ROOT / "rules" / "gripper"


def bases():
    return [load_base(ROOT / "rules" / name) for name in BASES]


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    from planner.learn.fitting.pretrain import pretrain

    folder = tmp_path_factory.mktemp("pretrained")
    report = pretrain(bases(), folder, steps=6, sizes=1, tasks_per_size=4)
    return folder, report


def network_for(base, **shape):
    from planner.models.relational import RelationalNetwork
    from planner.models.relational_numpy import RelationalShape
    from planner.models.vocabulary import Vocabulary

    torch.manual_seed(5)
    return RelationalNetwork(Vocabulary.of(base.rules), RelationalShape(**shape))


def test_several_bases_train_one_network(pretrained):
    from planner.learn.fitting.foundation import COMMON, Foundation

    # Given weights trained on two rule bases.
    folder, report = pretrained
    assert set(report.states) == set(BASES)
    found = Foundation.load(folder)
    # Then they hold what both have in common, and how words of each role are spread.
    assert found.bases == BASES
    assert set(COMMON) < set(found.weights)
    assert found.weights["fact_embedding.goal-open.spread"].min() > 0


def test_a_new_base_begins_with_what_was_learned(pretrained):
    from planner.learn.fitting.foundation import COMMON, Foundation

    folder, _ = pretrained
    found = Foundation.load(folder)
    # Given a network for another rule base, whose steps have more arguments.
    network = network_for(load_base(NEW), step_width=6)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}
    # When it begins with the pretrained weights.
    found.begin(network, seed=0)
    # Then it has those that fit, keeps what is beyond them, and draws words of its own.
    for name in COMMON:
        own, given = getattr(network, name), found.weights[name]
        if own.shape == given.shape:
            assert torch.equal(own, given)
    known = found.weights["step_source"].shape[1]
    assert known < network.step_source.shape[1]
    assert torch.equal(network.step_source[:, :known], found.weights["step_source"])
    assert torch.equal(network.step_source[:, known:], fresh["step_source"][:, known:])
    assert not torch.equal(network.fact_embedding, fresh["fact_embedding"])
    again = network_for(load_base(NEW), step_width=6)
    found.begin(again, seed=0)
    assert torch.equal(network.fact_embedding, again.fact_embedding)


def test_hints_about_steps_begin_as_they_were_pretrained(pretrained):
    from planner.learn.fitting.foundation import Foundation
    from planner.models.relational_numpy import HINT_LEVEL
    from planner.models.vocabulary import HINTS

    found = Foundation.load(pretrained[0])
    # Given a network for another rule base that reads what steps do to the goal.
    base = load_base(NEW)
    network = network_for(base, hints=HINT_LEVEL)
    fresh = network.hint_embedding.detach().clone()
    # When it begins with pretrained weights whose hints are all alike.
    alike = {
        name: value.zero_() if name.endswith(".spread") else value
        for name, value in found.weights.items()
    }
    replace(found, weights=alike).begin(network, seed=0)
    # Then each predicate has the mean of its hint, and each hint a mean of its own.
    count = len(base.rules.predicates)
    for number, hint in enumerate(HINTS):
        own = network.hint_embedding[number * count : (number + 1) * count]
        assert torch.equal(own, alike[f"hint_embedding.{hint}.mean"].expand(count, -1))
    assert not torch.equal(network.hint_embedding, fresh)
    assert not torch.equal(alike["hint_embedding.achieves.mean"],
                           alike["hint_embedding.undoes.mean"])  # fmt: skip
    # And a network that reads nothing of steps begins as well.
    found.begin(network_for(base, hints=0), seed=0)


def test_another_shape_is_refused(pretrained):
    from planner.learn.fitting.foundation import Foundation

    with pytest.raises(ModelError, match="another shape"):
        Foundation.load(pretrained[0]).begin(network_for(load_base(NEW), width=32), seed=0)


def test_training_goes_on_from_there_and_the_model_is_saved_as_any(pretrained, tmp_path):
    from planner.learn.fitting.foundation import Foundation
    from planner.learn.train import train

    # Given a training of a few steps that begins with pretrained weights.
    base = load_base(NEW)
    base = replace(base, held_out=base.examples[:1])
    begun = train(
        base, tmp_path / "begun", steps=2, sizes=1, tasks_per_size=2, pretrained=pretrained[0]
    )
    # Then its model is near them, and loads and saves like any other.
    model = load_model(begun.folder)
    given = Foundation.load(pretrained[0]).weights["update_in"].numpy()
    assert abs(model.weights["update_in"] - given).max() < 0.01
    save(model, tmp_path / "copy")
    assert load_model(tmp_path / "copy").shape == model.shape


def test_pretrained_weights_are_no_model_and_a_model_is_no_pretrained_weights(pretrained, tmp_path):
    from planner.learn.fitting.foundation import Foundation
    from planner.learn.train import train

    with pytest.raises(ModelError, match="--pretrained"):
        load_model(pretrained[0])
    train(NEW, tmp_path / "model", kind="frequency", sizes=1, tasks_per_size=2)
    with pytest.raises(ModelError, match="holds no pretrained weights"):
        Foundation.load(tmp_path / "model")
    with pytest.raises(InputError, match="only relational"):
        train(NEW, tmp_path / "x", kind="lstm", pretrained=pretrained[0])


def test_the_command_line_trains_on_several_bases_where_it_is_told_where_to(tmp_path):
    from planner.cli.train import command

    places = [str(ROOT / "rules" / name) for name in BASES]
    # Given no folder to write to, then the message says what is missing.
    refused = CliRunner().invoke(command, places)
    assert refused.exit_code == 2
    assert "--out FOLDER" in refused.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["{A}", "{B}", "--kind", "lstm", "--rounds", "2"], "--kind, --rounds cannot be used"),
        (["{A}", "{B}", "--pretrained", "{A}"], "--pretrained cannot be used"),
        (["{A}", "--kind", "rules", "--pretrained", "{B}"], "--kind relational"),
    ],
)
def test_options_that_would_change_nothing_are_refused(options, message, tmp_path):
    from planner.cli.train import command

    places = {name: str(ROOT / "rules" / base) for name, base in zip("AB", BASES, strict=True)}
    given = [option.format(**places) for option in options]

    refused = CliRunner().invoke(command, [*given, "--out", str(tmp_path / "out")])

    assert refused.exit_code == 2
    assert message in " ".join(refused.output.split())
    assert not (tmp_path / "out").exists()


def test_one_base_is_not_several(tmp_path):
    from planner.learn.fitting.pretrain import pretrain

    with pytest.raises(InputError, match="several rule bases"):
        pretrain(bases()[:1], tmp_path)
