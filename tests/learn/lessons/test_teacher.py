"""Learned rules as the teacher of a step model."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace

import numpy as np
import pytest

from planner.io.load import load_task
from planner.kr.formulas import Atom
from planner.learn.lessons.curriculum import collect
from planner.learn.lessons.plans import best_known_plan
from planner.learn.lessons.teacher import Teacher
from planner.learn.rules.train import train_rules, training_tasks, with_teacher
from planner.learn.tasks.examples import base_of_tasks, load_base
from planner.learn.tasks.generate import Generator, ground_space
from planner.learn.tasks.walk import wander
from planner.search.improve.replay import states_along
from tests.conftest import ROOT

pytestmark = pytest.mark.learn


@pytest.fixture(scope="module")
def gripper(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gripper") / "base"
    shutil.copytree(ROOT / "rules" / "gripper", folder)
    (folder / "learned.yaml").unlink(missing_ok=True)
    base = load_base(folder)
    train_rules(training_tasks(base)[:20], folder / "learned.yaml", cpu_s=20)
    return with_teacher(base, folder / "learned.yaml")


def _swap(base):
    """The task that names its goals, which rules need."""
    return next(task for task in base.examples if task.name == "swap")


def test_a_teacher_knows_the_way_from_any_state(gripper):
    # Given rules learned for a rule base, and a state off the way.
    space = ground_space(_swap(gripper))
    astray = wander(space, space.initial(), 5, random.Random(1))[-1]
    teacher = Teacher(gripper.teacher)
    for state in (space.initial(), astray):
        # When it is asked for a plan from there, then that leads to the goal.
        plan = teacher.plan(space, state)
        assert plan
        for step in plan:
            assert step in space.legal_steps(state)
            state = space.successor(state, step)
        assert space.is_goal(state)


def test_the_cheaper_of_two_plans_is_learned_from(gripper):
    space = ground_space(_swap(gripper))
    teacher = Teacher(gripper.teacher)
    # Given a search that gives up at once, and one that does not.
    alone = best_known_plan(space, expansions=1)
    # Then the teacher's plan is taken where there is no other, and is never dearer.
    assert alone is None
    taught = best_known_plan(space, expansions=1, teacher=teacher)
    both = best_known_plan(space, teacher=teacher)
    assert len(both) <= len(taught)
    assert space.is_goal(states_along(space, both)[-1])


def test_lessons_of_a_teacher_show_the_way_back(gripper):
    # Given a task too large to explore.
    task = _swap(gripper)
    more = {f"extra{i}": "ball" for i in range(12)}
    init = (*task.init, *(Atom("at", (name, "kitchen")) for name in more))
    large = replace(task, objects={**task.objects, **more}, init=init)
    generator = Generator(gripper.rules, (), random.Random(0))
    # When it is labelled with a teacher and without.
    taught = collect(generator, (), 0, random.Random(0), [large], Teacher(gripper.teacher))
    alone = collect(generator, (), 0, random.Random(0), [large])
    # Then there are more states with a teacher: those beside the plan.
    assert taught.state_count >= alone.state_count


def test_of_equally_good_steps_those_of_the_teacher_are_learned(gripper):
    # Given a task small enough to know all its best steps.
    task = _swap(gripper)
    generator = Generator(gripper.rules, (), random.Random(0))
    # When it is labelled with a teacher and without.
    taught = collect(generator, (), 0, random.Random(0), [task], Teacher(gripper.teacher))
    alone = collect(generator, (), 0, random.Random(0), [task])
    ((_, ours),), ((_, theirs),) = taught.labelled, alone.labelled
    # Then the same states have labels, some best steps are best no longer, and no other is.
    assert [label.state for label in ours] == [label.state for label in theirs]
    pairs = [(a.best, b.best) for a, b in zip(ours, theirs, strict=True)]
    assert all(a.any() and not (a & ~b).any() for a, b in pairs)
    assert any(a.sum() < b.sum() for a, b in pairs)


def numbered_tasks(count):
    """Tasks of 3, 4, ... blocks."""
    task = load_task(ROOT / "rules" / "blocksworld" / "tasks" / "three-blocks.yaml")
    file = ROOT / "rules" / "blocksworld" / "rules.yaml"
    return [
        (file, replace(task, name=str(n), objects={f"b{i}": "block" for i in range(n)}))
        for n in range(3, 3 + count)
    ]


def test_lessons_are_of_all_sizes_and_others_are_held_out():
    # Given more tasks than are learned from, when a base is made of them.
    base = base_of_tasks(numbered_tasks(100))
    sizes = [len(task.objects) for task in base.lessons]
    # Then lessons reach from small to large, and what is held out is large and no lesson.
    assert min(sizes) < 8
    assert max(sizes) == 102
    held_out = [len(task.objects) for task in base.held_out]
    assert len(held_out) == 8
    assert min(held_out) > 50
    assert not {task.name for task in base.held_out} & {task.name for task in base.lessons}


@pytest.mark.parametrize(("count", "lessons", "held_out"), [(5, 5, 0), (12, 10, 2), (33, 28, 4)])
def test_of_few_tasks_some_are_held_out(count, lessons, held_out):
    base = base_of_tasks(numbered_tasks(count))
    assert len(base.lessons) == lessons
    assert len(base.held_out) <= held_out
    assert bool(base.held_out) == bool(held_out)
    assert not {task.name for task in base.held_out} & {task.name for task in base.lessons}


def test_practice_corrects_a_model_that_errs_and_leaves_alone_one_that_does_not(gripper):
    from planner.learn.lessons.practice import practise
    from planner.models.baseline import UniformModel

    # Given a task, a model without any idea, and one that follows the teacher.
    space = ground_space(_swap(gripper))
    teacher = Teacher(gripper.teacher)
    plan = teacher.plan(space, space.initial())
    # When they practise.
    lost = practise(UniformModel(), [space], teacher, random.Random(0))
    found = practise(_Follows(states_along(space, plan), plan), [space], teacher, random.Random(0))
    # Then only the one that errs is corrected, by ways that lead to the goal.
    assert not found
    ((_, states),) = lost
    assert len({label.state for label in states}) == len(states)
    last = min(states, key=lambda label: label.distance)
    assert space.is_goal(space.successor(last.state, int(last.steps[last.best][0])))


@pytest.mark.slow
def test_a_training_with_a_teacher_practises_and_repeats(gripper, tmp_path, caplog):
    pytest.importorskip("torch")
    from planner.learn.train import train

    base = replace(gripper, held_out=gripper.examples[-1:])

    def weights(folder):
        train(base, folder, steps=2, sizes=1, tasks_per_size=2, seed=1)
        return (folder / "weights.safetensors").read_bytes()

    # Given a base with a teacher, when it is trained twice with a seed and a number of steps.
    caplog.set_level("INFO", logger="planner.learn.lessons.practice")
    one = weights(tmp_path / "one")
    # Then it practises, and gives the same model each time.
    assert "practice: errs in" in caplog.text
    assert one == weights(tmp_path / "two")


def test_rules_come_first_in_ablations_and_another_search_where_they_have_no_plan(gripper):
    from planner.guides.uniform import Uniform
    from planner.learn.evaluation.rules_first import RulesFirst
    from planner.search.limits import Meter
    from planner.search.regret import Regret

    task = _swap(gripper)
    # Given a task with the rules, and one without.
    for rules in (gripper.teacher, gripper.rules):
        space = ground_space(replace(task, rules=rules))
        # When it is solved by rules first.
        outcome = RulesFirst(Regret()).run(space, Uniform(), Meter())
        # Then the plan is one of the ground space, with its cost.
        states = states_along(space, outcome.steps)
        assert space.is_goal(states[-1])
        assert outcome.cost == space.costs[list(outcome.steps)].sum()


def test_a_model_improves_the_plan_of_rules_within_what_the_bounds_leave(gripper):
    from planner.guides.model_guide import ModelGuide
    from planner.guides.uniform import Uniform
    from planner.learn.evaluation.rules_first import RulesFirst
    from planner.models.baseline import UniformModel
    from planner.search.limits import Limits, Meter
    from planner.search.regret import Regret

    space = ground_space(replace(_swap(gripper), rules=gripper.teacher))
    alone = RulesFirst(Regret()).run(space, Uniform(), Meter())

    def advised(within):
        guide = ModelGuide(UniformModel())
        return RulesFirst(Regret(), within).run(space, guide, Meter())

    # Given as many expansions as the rules take by themselves, then their plan is what there is.
    assert advised(Limits(expansions=alone.expanded)).expanded == alone.expanded
    # Given more, then the model has some of them, and never makes the plan dearer.
    most = 3 * alone.expanded
    more = advised(Limits(expansions=most))
    assert alone.expanded < more.expanded <= most
    assert more.cost <= alone.cost
    assert space.is_goal(states_along(space, more.steps)[-1])


class _Follows:
    """A model that knows one plan."""

    kind = "follows"

    def __init__(self, states, plan):
        self._steps = dict(zip(states, plan, strict=False))

    def bind(self, space):
        return self

    def log_probs(self, states, steps):
        return [
            np.where(legal == self._steps.get(state, -1), 0.0, -20.0)
            for state, legal in zip(states, steps, strict=True)
        ]

    def values(self, states):
        return None
