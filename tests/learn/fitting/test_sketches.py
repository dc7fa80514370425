"""Sketches of plans: what the VAE draws, and what beams make of them."""

from __future__ import annotations

import pytest

from planner.errors import InputError
from planner.models.baseline import UniformModel
from planner.models.vocabulary import Vocabulary
from tests.models.fact_space import FactSpace, blocks_rules, towers

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.learn

TASKS = [
    towers([["a", "b"], ["c"]], [("c", "a"), ("a", "b")]),
    towers([["a"], ["b"], ["c"]], [("c", "b")]),
    towers([["a", "b", "c"]], [("a", "b")]),
]


@pytest.fixture(scope="module")
def fitted():
    from planner.learn.fitting.sketches import fit_vae

    spaces = [FactSpace(task) for task in TASKS]
    return fit_vae(Vocabulary.of(blocks_rules()), spaces, 250, seed=1)


def drawn(vae, task, count=4, seed=0):
    from planner.models.latent import task_features

    space = FactSpace(task)
    return vae.sketches(task_features(Vocabulary.of(blocks_rules()), space), count, 20, seed)


def test_a_sketch_is_what_plans_of_such_a_task_look_like(fitted):
    vae, loss = fitted
    names = [action.name for action in blocks_rules().actions]
    # One of these tasks takes two steps, and there is only one way.
    sketches = drawn(vae, TASKS[1])
    assert [names[s] for s in sketches[0]] == ["pick-up", "stack"]
    assert (
        loss < 3
    )  # nats for a whole plan; 4 actions and an end, drawn evenly, cost 11 for 6 steps


def test_points_give_different_sketches_and_a_seed_the_same(fitted):
    vae, _ = fitted
    many = [drawn(vae, TASKS[0], 8, seed) for seed in range(3)]
    assert drawn(vae, TASKS[0], 8, 0) == many[0]
    assert all(len(set(some)) == len(some) for some in many)
    assert all(step <= 3 for some in many for sketch in some for step in sketch)


def test_tasks_without_a_plan_to_learn_from_are_refused():
    from planner.learn.fitting.sketches import fit_vae

    solved = FactSpace(towers([["a", "b"]], [("b", "a")]))
    assert solved.is_goal(solved.initial())
    with pytest.raises(InputError, match="none of the tasks"):
        fit_vae(Vocabulary.of(blocks_rules()), [solved], 1, seed=0)


def plan_of(space, found):
    """The steps by name, after walking them."""
    state = space.initial()
    for step in found.steps:
        assert step in space.legal_steps(state)
        state = space.successor(state, step)
    assert space.is_goal(state)
    return [space.describe(step).name for step in found.steps]


def test_a_right_sketch_leads_a_narrow_beam():
    from planner.learn.fitting.sketches import sketched_beam

    space = FactSpace(TASKS[0])
    names = [action.name for action in blocks_rules().actions]
    right = [
        names.index(n) for n in ("unstack", "put-down", "pick-up", "stack", "pick-up", "stack")
    ]
    found = sketched_beam(space, UniformModel(), [right], width=6, bonus=3.0)
    assert plan_of(space, found) == [names[s] for s in right]


def test_without_a_sketch_it_is_a_plain_beam_and_limits_hold():
    from planner.learn.fitting.sketches import sketched_beam

    space = FactSpace(TASKS[0])
    found = sketched_beam(space, UniformModel(), [()], width=30)
    assert len(plan_of(space, found)) == 6
    assert sketched_beam(space, UniformModel(), [()], width=1, expansions=3).steps is None
