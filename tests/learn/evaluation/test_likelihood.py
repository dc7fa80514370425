"""Perplexity, accuracy and calibration, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from planner.learn.evaluation.likelihood import Choice, choices_along, measure
from planner.learn.lessons.label import explore
from tests.models.fact_space import FactSpace, towers


class Sure:
    """A model that gives one step of each state most of the mass."""

    kind = "sure"

    def __init__(self, chosen, mass=0.8):
        self.chosen, self.mass = chosen, mass

    def bind(self, space):
        return self

    def log_probs(self, states, steps):
        answers = []
        for legal in steps:
            probs = np.full(len(legal), (1 - self.mass) / max(1, len(legal) - 1))
            probs[self.chosen(legal)] = self.mass if len(legal) > 1 else 1.0
            answers.append(np.log(probs))
        return answers

    def values(self, states):
        return None


def test_figures_of_choices_made_by_hand():
    choices = [
        Choice(math.log(0.5), 0.9, True, True),
        Choice(math.log(0.125), 0.9, False, True),
        Choice(math.log(1.0), 0.3, True, False),
    ]
    found = measure(choices)
    assert found is not None
    assert found.perplexity == pytest.approx(16 ** (1 / 3))
    assert found.top_1 == pytest.approx(2 / 3)
    assert found.exact == pytest.approx(2 / 3)
    # Two choices 0.9 sure are half right, one 0.3 sure is right.
    assert found.calibration_error == pytest.approx((2 * 0.4 + 0.7) / 3)
    assert [b.count for b in found.bins] == [1, 2]
    assert measure([]) is None


def test_a_plans_own_steps_are_right_and_other_best_steps_too():
    # Given a task with a plan, and a model sure of the plan's steps.
    space = FactSpace(towers([["a", "b"], ["c"]], [("c", "a")]))
    graph = explore(space, 1000)
    state, plan = space.initial(), []
    while not space.is_goal(state):
        index = graph.states.index(state)
        step = int(graph.steps[index][int(np.argmax(graph.best[index]))])
        plan.append(step)
        state = space.successor(state, step)
    wanted = iter(plan)
    model = Sure(lambda legal: legal.tolist().index(next(wanted)))
    # Then every choice is right and as likely as the model says.
    found = measure(choices_along(space, model, plan, graph))
    assert found.top_1 == found.exact == 1
    assert 1 < found.perplexity <= 1.25 + 1e-9
    # And a model sure of something else is wrong somewhere.
    other = measure(choices_along(space, Sure(lambda legal: len(legal) - 1), plan, graph))
    assert other.top_1 < 1
