"""Later steps of a plan that may come first are as good as its next one."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from planner.learn.lessons.deorder import Deordering
from tests.search.worlds import StripsWorld, atom, delivery_task


@pytest.fixture
def space():
    """Two vans at the ends of a road, each with a parcel to bring to the next place."""
    task = delivery_task(4, [(0, 1), (3, 2)])
    second = (atom("at(w, l3)"), atom("free(w)"))
    return StripsWorld(replace(task, objects={"w": "van", **task.objects}, init=task.init + second))


def solve(space) -> list[int]:
    """A shortest plan, breadth first, ties by the number of the step."""
    start = space.initial()
    queue, plans = [start], {start: []}
    for state in queue:
        if space.is_goal(state):
            return plans[state]
        for step in space.legal_steps(state).tolist():
            reached = space.successor(state, step)
            if reached not in plans:
                plans[reached] = [*plans[state], step]
                queue.append(reached)
    raise AssertionError("the task has a plan")


def run(space, steps, state=None):
    """The states along some steps; every step must be legal."""
    states = [space.initial() if state is None else state]
    for step in steps:
        assert step in space.legal_steps(states[-1])
        states.append(space.successor(states[-1], step))
    return states


def test_the_plan_s_own_step_is_always_best(space):
    plan = solve(space)
    labelled = Deordering(space).label(plan, space.initial())
    assert [s.state for s in labelled] == run(space, plan)[:-1]
    assert [s.distance for s in labelled] == list(range(len(plan), 0, -1))
    for step, state in zip(plan, labelled, strict=True):
        assert np.array_equal(state.steps, space.legal_steps(state.state))
        assert step in state.steps[state.best]


def test_each_best_step_leads_on_with_the_rest_of_the_plan(space):
    plan = solve(space)
    labelled = Deordering(space).label(plan, space.initial())
    # Given the states where the plan's order leaves a choice.
    choices = [(place, s) for place, s in enumerate(labelled) if s.best.sum() > 1]
    assert choices
    for place, state in choices:
        for step in state.steps[state.best].tolist():
            # When the step is taken first, then the others still lead to the goal.
            rest = plan[place:]
            rest.remove(step)
            assert space.is_goal(run(space, [step, *rest], state.state)[-1])


def test_steps_that_need_one_another_keep_their_order(space):
    plan = solve(space)
    labelled = Deordering(space).label(plan, space.initial())
    last = plan[-1]
    # Then what the last step needs is not passed over: it is not best from the start.
    assert last not in labelled[0].steps[labelled[0].best]


def test_a_shuffled_plan_is_a_plan_of_the_same_steps(space):
    plan = solve(space)
    orders = Deordering(space)
    found = {tuple(orders.shuffled(plan, space.initial(), random.Random(n))) for n in range(10)}
    assert len(found) > 1
    for order in found:
        assert sorted(order) == sorted(plan)
        assert space.is_goal(run(space, order)[-1])
    again = Deordering(space).shuffled(plan, space.initial(), random.Random(3))
    assert again == orders.shuffled(plan, space.initial(), random.Random(3))
