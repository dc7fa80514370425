"""Training on rule bases whose actions create objects and compute numbers."""

from __future__ import annotations

import random

import numpy as np
import pytest

from planner.cli import main
from planner.errors import InputError, ModelError
from planner.io.load import load_task
from planner.kr.number_goals import number_goals
from planner.learn.lessons.label import explore
from planner.learn.tasks.examples import load_base
from planner.learn.tasks.generate import Generator, space_for
from planner.models.pretrained import load_model
from planner.result import Status
from planner.search.limits import Limits
from planner.solve import solve
from tests.conftest import ROOT

GAME24 = ROOT / "rules" / "game24"
COUNTDOWN = ROOT / "rules" / "countdown"


def generator_of(folder, seed=0):
    base = load_base(folder)
    return Generator(base.rules, base.examples, random.Random(seed))


def test_generated_puzzles_look_like_the_examples():
    # Given the examples of Game of 24, which use the numbers 1 to 8 and ask for 24.
    # When puzzles of three numbers are made.
    tasks = list(generator_of(GAME24).tasks(3, 6))
    # Then each has three of these numbers, and asks for a whole number of that magnitude.
    assert len(tasks) == 6
    for task in tasks:
        (goal,) = number_goals(task)
        assert [1 <= atom.arguments[1] <= 8 for atom in task.init] == [True] * 3
        assert isinstance(goal.number, int)
        assert 24 / 5 <= goal.number <= 24 * 5


def test_generated_puzzles_have_plans_and_repeat_from_a_seed():
    # Given two generators with one seed.
    tasks, again = (list(generator_of(GAME24, seed=3).tasks(3, 4)) for _ in range(2))
    # When every state of the puzzles is looked at, then each has a plan.
    graphs = [explore(space_for(task), 5_000) for task in tasks]
    assert all(graph is not None and graph.distance[0] == 2 for graph in graphs)
    # And both generators made the same.
    assert [(t.init, t.goal) for t in tasks] == [(t.init, t.goal) for t in again]


def test_examples_without_a_number_in_their_goals_are_told():
    # Given a rule base that computes, and no examples.
    base = load_base(GAME24)
    # When tasks are to be made, then the message says what is missing and what to do.
    with pytest.raises(InputError, match="no example tasks; put a few small tasks into the tasks/"):
        Generator(base.rules, (), random.Random(0))


def test_exploring_may_begin_anywhere():
    # Given a state one step behind the first.
    space = space_for(load_task(GAME24 / "tasks" / "easy.yaml"))
    behind = space.successor(space.initial(), int(space.legal_steps(space.initial())[0]))
    # When what can be reached from there is explored, then it is what the whole graph has there.
    part, whole = explore(space, 5_000, behind), explore(space, 5_000)
    assert part.states[0] == behind
    assert part.distance[0] == whole.distance[whole.states.index(behind)]
    assert len(part.states) < len(whole.states)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model fitted briefly to puzzles of three and four numbers."""
    pytest.importorskip("torch")
    from planner.learn.train import train

    folder = tmp_path_factory.mktemp("numbers")
    report = train(GAME24, folder, kind="numbers", steps=150, sizes=1, tasks_per_size=6)
    return folder, report


@pytest.mark.learn
def test_a_model_of_numbers_is_fitted_saved_and_solves(trained):
    # Given a model fitted for a few steps.
    folder, report = trained
    model = load_model(folder)
    assert model.kind == report.kind == "numbers"
    # When a puzzle of the examples is solved with it.
    task = load_task(GAME24 / "tasks" / "easy.yaml")
    result = solve(task, model=model, limits=Limits(expansions=1_000))
    # Then it has a plan; a puzzle without one stays unsolvable, since a model forbids nothing.
    assert result.status is Status.SOLVED
    hopeless = load_task(GAME24 / "tasks" / "no-way.yaml")
    assert solve(hopeless, search="levin", model=model).status is Status.UNSOLVABLE
    assert "does to numbers" in (folder / "README.md").read_text()


@pytest.mark.learn
def test_a_model_of_numbers_prefers_steps_from_which_the_goal_is_in_reach(trained):
    # Given new puzzles, with every best step known.
    model = load_model(trained[0])
    gained = []
    for task in generator_of(GAME24, seed=11).tasks(4, 6):
        space = space_for(task)
        graph = explore(space, 5_000)
        # When the model judges their first states.
        (log_probs,) = model.bind(space).log_probs([graph.states[0]], [graph.steps[0]])
        assert np.exp(log_probs).sum() == pytest.approx(1)
        gained.append(np.exp(log_probs)[graph.best[0]].sum() - graph.best[0].mean())
    # Then best steps get more than an even share.
    assert np.mean(gained) > 0.1


@pytest.mark.learn
def test_a_model_of_numbers_refuses_what_it_cannot_read(trained):
    model = load_model(trained[0])
    # Given a task of another rule base, when the model is bound, then it says so.
    blocks = load_task(ROOT / "rules" / "blocksworld" / "tasks" / "three-blocks.yaml")
    with pytest.raises(ModelError, match="another rule base"):
        model.bind(space_for(blocks))


@pytest.mark.learn
def test_kinds_that_do_not_fit_a_rule_base_are_refused_with_advice(tmp_path):
    pytest.importorskip("torch")
    from planner.learn.train import train

    # Given a rule base that computes and one that does not, when the wrong kind is asked for.
    with pytest.raises(InputError, match=r"take the kind `numbers` or `frequency`"):
        train(GAME24, tmp_path, kind="relational")
    with pytest.raises(InputError, match=r"no action here computes: take the kind `relational`"):
        train(ROOT / "rules" / "blocksworld", tmp_path, kind="numbers")


def test_the_command_says_what_can_be_learned_instead_of_rules(tmp_path, capsys):
    # Given Countdown, when control rules are asked for.
    with pytest.raises(SystemExit) as ended:
        main(["train", str(COUNTDOWN), "--kind", "rules", "--out", str(tmp_path), "--quiet"])
    # Then the message names the kind of model to train instead.
    assert ended.value.code == 2
    assert "--kind numbers" in capsys.readouterr().err
