"""Tasks traced back from a conclusion keep what its plan needs, and lose the rest."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from planner.io.load import load_task
from planner.kr.formulas import Atom
from planner.learn.tasks.examples import load_base
from planner.learn.tasks.generate import Generator, ground_space
from planner.learn.tasks.situation import Patterns, Situation
from planner.learn.tasks.traceback import premises
from planner.learn.tasks.walk import state_facts, wander
from planner.search.best_first import Astar
from planner.solve import solve
from tests.conftest import ROOT

GOAL = Atom("at", ("ball2", "garden"))


@pytest.fixture(scope="module")
def example():
    return load_task(ROOT / "rules" / "gripper" / "tasks" / "balls-4.yaml")


def walked(task, *names):
    """A space and the steps of a walk in it, told by their names."""
    space = ground_space(task)
    state, steps = space.initial(), []
    for name in names:
        legal = space.legal_steps(state).tolist()
        steps.append(next(n for n in legal if str(space.describe(n)) == name))
        state = space.successor(state, steps[-1])
    return space, steps


def patterns_of(task):
    patterns, space = Patterns(), ground_space(task)
    for state in wander(space, space.initial(), 200, random.Random(0)):
        patterns.observe(Situation(dict(task.objects), state_facts(space, state)))
    return patterns


def traced(task, size, *names):
    space, steps = walked(task, *names)
    start = Situation(dict(task.objects), state_facts(space, space.initial()))
    return premises(space, steps, start, size, patterns_of(task), random.Random(0))


def detour(task):
    """A walk that brings another ball first."""
    home = next(f.arguments[1] for f in task.init if f.predicate == "at")
    return (
        f"(pick ball1 {home} left)",
        f"(move {home} garden)",
        "(drop ball1 garden left)",
        f"(move garden {home})",
        f"(pick ball2 {home} right)",
        f"(move {home} garden)",
        "(drop ball2 garden right)",
    )


def test_balls_that_the_plan_needs_not_go(example):
    task = replace(example, goal=GOAL)
    size = len(example.objects) - 2

    found = traced(task, size, *detour(task))

    assert len(found.objects) == size
    assert "ball2" in found.objects
    smaller = replace(task, objects=found.objects, init=found.facts)
    optimal = solve(smaller, search=Astar())
    assert optimal.cost == solve(task, search=Astar()).cost == 3


def test_what_cannot_go_stays_and_then_there_is_no_task(example):
    task = replace(example, goal=GOAL)

    # The ball and the two rooms are needed.
    assert traced(task, 1, *detour(task)) is None


def test_a_walk_counts_up_to_the_goal(example):
    # Afterwards the ball is carried away again.
    task = replace(example, goal=GOAL)
    walk = (*detour(task), "(pick ball2 garden right)")

    assert traced(task, 4, *walk) == traced(task, 4, *detour(task))


def test_a_goal_that_holds_at_once_gives_no_task(example):
    task = replace(example, goal=Atom("at", ("ball2", "kitchen")))

    assert traced(task, 4, *detour(task)) is None


def test_generated_tasks_have_the_size_asked_for_and_are_solved():
    base = load_base(ROOT / "rules" / "logistics")
    generator = Generator(base.rules, base.examples, random.Random(5))

    made = list(generator.tasks(9, 12))

    assert {len(task.objects) for task in made} == {9}
    assert all(solve(task).plan is not None for task in made)
