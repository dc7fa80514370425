"""The model of numbers: what it reads of a step, and files that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from planner.errors import ModelError
from planner.io.formula_grammar import parse_atom, parse_formula
from planner.io.load import load_rules
from planner.kr.task import Task
from planner.models.number_features import FEATURES
from planner.models.numbers import NumbersModel, StepReader, number_weight_shapes
from planner.models.pretrained import load_model, save
from planner.spaces.open import OpenSpace
from tests.conftest import ROOT

ACTIONS = ("add", "subtract", "multiply", "divide")


def space_of(numbers, goal, names="abcdefgh"):
    rules = load_rules(ROOT / "rules" / "game24" / "rules.yaml")
    used = names[: len(numbers)]
    init = tuple(parse_atom(f"value({n}, {x})") for n, x in zip(used, numbers, strict=True))
    text = f"value(?a, {goal}) and not exists(?b - item, value(?b, ?) and ?b != ?a)"
    return Task(rules, "puzzle", dict.fromkeys(used, "item"), init, parse_formula(text))


def drawn_model(seed=0):
    draw = np.random.default_rng(seed)
    shapes = number_weight_shapes(len(ACTIONS), 8)
    weights = {n: draw.normal(size=shape).astype(np.float32) for n, shape in shapes.items()}
    return NumbersModel(ACTIONS, weights)


def probabilities(task):
    space = OpenSpace(task)
    legal = space.legal_steps(space.initial())
    (found,) = drawn_model().bind(space).log_probs([space.initial()], [legal])
    return {str(space.describe(int(s)).text): p for s, p in zip(legal, found, strict=True)}


def test_steps_are_told_apart_by_their_numbers():
    # Given 6, 4 and 7, where 6 * 4 leads to 17 = 24 - 7.
    space = OpenSpace(space_of([6, 4, 7], 17))
    legal = space.legal_steps(space.initial())
    # When the steps are described.
    rows = StepReader(ACTIONS, space).read(space.initial(), legal)
    assert rows.shape == (len(legal), len(ACTIONS) + FEATURES)
    # Then those from which 17 can still be made, and no others, say that it is in reach.
    in_reach = rows[:, len(ACTIONS) + FEATURES - 7]
    steps = {str(space.describe(int(s)).text): f for s, f in zip(legal, in_reach, strict=True)}
    assert steps["multiply 6 by 4"] == 1
    assert steps["add 6 and 4"] == 1  # 10 + 7
    assert steps["divide 6 by 4"] == 0


def test_names_do_not_matter():
    # Given one puzzle with two sets of names.
    first = probabilities(space_of([3, 8, 5, 2], 24))
    renamed = probabilities(space_of([3, 8, 5, 2], 24, names="zyxwvuts"))
    # When a model judges both, then it says the same of each step, and all steps sum to one.
    assert renamed == pytest.approx(first)
    assert sum(np.exp(list(first.values()))) == pytest.approx(1)


def test_huge_numbers_and_fractions_are_read():
    # Given numbers beyond what floats tell apart, and a goal that is a fraction.
    found = probabilities(space_of([10**18, 3, 7], 5))
    # Then every step has a probability.
    assert np.isfinite(list(found.values())).all()


def test_goals_without_numbers_are_refused():
    task = space_of([1, 2], 3)
    free = Task(task.rules, "free", task.objects, task.init, parse_formula("value(?a, ?x)"))
    with pytest.raises(ModelError, match="asks for a number which actions compute"):
        drawn_model().bind(OpenSpace(free))


def test_a_saved_model_is_loaded_and_one_of_other_shapes_is_refused(tmp_path):
    # Given a saved model.
    model = drawn_model()
    save(model, tmp_path / "good")
    # When it is loaded, then its weights are the same.
    loaded = load_model(tmp_path / "good")
    assert all((loaded.weights[n] == w).all() for n, w in model.weights.items())
    # And weights for other actions are refused.
    save(NumbersModel(("add",), model.weights), tmp_path / "bad")
    with pytest.raises(ModelError, match="the weights of a model of numbers"):
        load_model(tmp_path / "bad")
