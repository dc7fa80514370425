"""Judges: asked once, in a batch, about no more than is needed; saved ones say what is wrong."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

import planner
from planner.errors import InputError, RuleFileError
from planner.models.judge import (
    Classifier,
    VectorJudge,
    load_classifier,
    read_vectors,
    save_classifier,
)

pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")
pytest.importorskip("safetensors", reason="safetensors is not installed (extra `learn`)")

TASK = """
task: sums
rules:
  types: {image: object}
  predicates:
    digit(image, int): "{0} shows {1}"
    total(image, image, int): "{0} and {1} add up to {2}"
    blurred(image): "{0} is blurred"
    readable(image): "{0} can be read"
  judge:
    digit: {classes: [0, 1, 2]}
    blurred: {}
  rules:
    - if: digit(?a, ?x) and digit(?b, ?y) and ?s = ?x + ?y
      then: total(?a, ?b, ?s)
    - if: image(?a) and not blurred(?a)
      then: readable(?a)
objects: {image: [a, b, c, d]}
goal: %s
"""
SHARES = {"a": [0.5, 0.5, 0.0], "b": [0.2, 0.3, 0.5], "c": [1.0, 0.0, 0.0], "d": [0.5, 0.5, 0.0]}


class Recorder:
    """A judge that remembers what it was asked."""

    def __init__(self, table):
        self.table = table
        self.asked = []

    def __call__(self, objects):
        self.asked.append([row[0] for row in objects])
        return np.array([self.table[row[0]] for row in objects])


def judges():
    return {"digit": Recorder(SHARES), "blurred": Recorder({"a": 0.25, "b": 0, "c": 1, "d": 0})}


def test_probabilities_go_through_the_rules() -> None:
    task = planner.load_task_text(TASK % "total(a, b, ?s)")

    result = planner.solve(task, judges=judges())

    found = {a.binding["s"]: a.probability for a in result.probabilities}
    assert found == pytest.approx({0: 0.1, 1: 0.25, 2: 0.4, 3: 0.25}, abs=1e-12)


def test_a_judge_is_asked_once_about_what_matters() -> None:
    task = planner.load_task_text(TASK % "total(a, b, ?s)")
    models = judges()

    planner.solve(task, judges=models)

    assert models["digit"].asked == [["a", "b"]]
    assert models["blurred"].asked == []


def test_yes_or_no_judges_can_be_negated() -> None:
    task = planner.load_task_text(TASK % "readable(?x)")

    result = planner.solve(task, judges=judges())

    found = {a.binding["x"]: a.probability for a in result.probabilities}
    assert found == {"a": 0.75, "b": 1.0, "d": 1.0}


def test_evidence_revises_what_a_judge_says() -> None:
    text = TASK % "digit(a, ?x)" + "given:\n  - total(a, b, 1)\n"

    result = planner.solve(planner.load_task_text(text), judges=judges())

    found = {a.binding["x"]: a.probability for a in result.probabilities}
    assert found == pytest.approx({0: 0.6, 1: 0.4}, abs=1e-12)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([[0.5, 0.5]], "shape"),
        ([[0.9, 0.9, 0.0], [1.0, 0.0, 0.0]], "no probabilities"),
        ([[float("nan"), 0.0, 0.0], [1.0, 0.0, 0.0]], "no probabilities"),
        ([[-0.1, 0.0, 0.0], [1.0, 0.0, 0.0]], "no probabilities"),
    ],
)
def test_unusable_answers_are_refused(answer, message) -> None:
    task = planner.load_task_text(TASK % "total(a, b, ?s)")

    with pytest.raises(InputError, match=message):
        planner.solve(task, judges={**judges(), "digit": lambda objects: answer})


def test_judges_without_models_and_models_without_judges_are_named() -> None:
    task = planner.load_task_text(TASK % "total(a, b, ?s)")

    with pytest.raises(InputError, match="`digit` has no model"):
        planner.solve(task)
    with pytest.raises(InputError, match="`colour` is given a judge"):
        planner.solve(task, judges={**judges(), "colour": lambda objects: objects})


def test_equal_contents_are_evaluated_once() -> None:
    vectors = {"a": [1.0, 2.0], "b": [1.0, 2.0], "c": [3.0, 4.0]}
    judge = VectorJudge(lambda rows: rows.sum(axis=1, keepdims=True) / 10, vectors)

    first, again = judge([("a",), ("b",), ("c",)]), judge([("c",), ("a",)])

    assert judge.evaluated == 2
    assert first.tolist() == [[0.3], [0.3], [0.7]]
    assert again.tolist() == [[0.7], [0.3]]
    with pytest.raises(InputError, match="no numbers for `z`"):
        judge([("z",)])


def classifier(classes=(0, 1, 2)) -> Classifier:
    generator = np.random.default_rng(5)
    widths = [2, 4, max(1, len(classes))]
    layers = tuple(
        (generator.normal(size=(a, b)), generator.normal(size=b)) for a, b in pairwise(widths)
    )
    return Classifier(np.array([0.5, 0.5]), np.array([2.0, 1.0]), layers, classes)


def test_a_saved_judge_answers_as_before_and_is_found_by_its_rules(tmp_path) -> None:
    before = classifier()
    save_classifier(tmp_path / "digits", before)
    (tmp_path / "images.csv").write_text("name,x,y\na,0.1,0.9\nb,0.5,-2\nc,1,1\nd,0,0\n")
    text = (TASK % "digit(a, ?x)").replace(
        "digit: {classes: [0, 1, 2]}",
        "digit: {classes: [0, 1, 2], model: digits, inputs: images.csv}",
    )
    (tmp_path / "task.yaml").write_text(text)

    loaded = load_classifier(tmp_path / "digits")
    result = planner.solve(planner.load_task(tmp_path / "task.yaml"), judges=judges_of("blurred"))

    rows = np.array([[0.1, 0.9]])
    assert np.array_equal(loaded(rows), before(rows))
    assert [a.probability for a in result.probabilities] == pytest.approx(before(rows)[0].tolist())


def judges_of(*names):
    return {name: model for name, model in judges().items() if name in names}


def test_a_yes_or_no_classifier_gives_one_probability() -> None:
    found = classifier(classes=())(np.array([[0.1, 0.9], [1e6, -1e6]]))

    assert found.shape == (2, 1)
    assert ((found >= 0) & (found <= 1)).all()


def test_damaged_and_missing_judges_are_refused(tmp_path) -> None:
    save_classifier(tmp_path, classifier())
    config = json.loads((tmp_path / "judge.json").read_text())

    with pytest.raises(InputError, match="no saved judge"):
        load_classifier(tmp_path / "nowhere")
    (tmp_path / "judge.json").write_text(json.dumps({**config, "schema_version": 99}))
    with pytest.raises(InputError, match="version 99"):
        load_classifier(tmp_path)
    (tmp_path / "judge.json").write_text(json.dumps({**config, "classes": [0]}))
    with pytest.raises(InputError, match="3 outputs"):
        load_classifier(tmp_path)
    (tmp_path / "judge.json").write_text(json.dumps(config))
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="damaged"):
        load_classifier(tmp_path)


def test_vectors_are_read_with_places_of_errors(tmp_path) -> None:
    file = tmp_path / "images.csv"
    file.write_text("a,1,2\n\nb,3,x\n")
    with pytest.raises(InputError, match=r"images.csv:3: an object"):
        read_vectors(file)
    file.write_text("a,1,2\nb,3\n")
    with pytest.raises(InputError, match=r"images.csv:2: 1 numbers"):
        read_vectors(file)


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("digits: {classes: [0]}", "unknown-predicate"),
        ("digit: {classes: [0, 0]}", "declared-twice"),
        ("digit: {classes: [0], folder: x}", "unknown-key"),
        ("digit: {classes: [0], model: nowhere}", "unreadable-file"),
        ("blurred: {classes: [0]}", "bad-judge"),
    ],
)
def test_mistakes_in_the_section_have_places(section, code) -> None:
    text = (TASK % "readable(?x)").replace("digit: {classes: [0, 1, 2]}\n    blurred: {}", section)

    with pytest.raises(RuleFileError) as caught:
        planner.load_task_text(text)

    first = caught.value.diagnostics[0]
    assert (first.code, first.span.line) == (code, 11)
