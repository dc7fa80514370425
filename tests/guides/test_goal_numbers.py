"""Distances to the numbers of a goal."""

from fractions import Fraction

import numpy as np
import pytest

from planner.engine.number_distance import distances
from planner.guides.goal_numbers import GoalNumbers
from planner.io.load import load_task
from planner.solve import solve
from planner.spaces.open import OpenSpace
from tests.conftest import ROOT

ALL = ["+", "-", "*", "/"]


@pytest.mark.parametrize(
    ("numbers", "target", "operations", "expected"),
    [
        ([24, 7], 24, [], 0),
        ([20, 4], 24, ["+"], 0),
        ([20, 4], 24, [], 2.321928),
        ([30, 6], 24, ["-"], 0),
        ([6, 30], 24, ["-"], 0),
        ([6, 4], 24, ["*"], 0),
        ([48, 2], 24, ["/"], 0),
        ([5, 5], 24, ["*"], 4.321928),
        ([8, Fraction(1, 3)], 24, ALL, 0),
        ([], 3, ALL, 2),
    ],
)
def test_one_operation_is_looked_ahead(numbers, target, operations, expected):
    row = np.array([[float(n) for n in numbers]])

    assert distances(row, target, operations)[0] == pytest.approx(expected)


def test_numbers_too_many_count_where_the_goal_speaks_against_them():
    task = load_task(ROOT / "rules/game24/tasks/easy.yaml")
    space = OpenSpace(task)
    guide = GoalNumbers().bind(space)
    start = space.initial()

    (judgement,) = guide.judge([start], [space.legal_steps(start)])

    # 6 * 4 = 24 at once; the two ones are too many.
    assert judgement.value == 3
    assert judgement.log_prior is None


def test_a_goal_without_numbers_is_no_distance():
    task = load_task(ROOT / "rules/gripper/tasks/balls-2.yaml")
    space = OpenSpace(task)
    guide = GoalNumbers().bind(space)

    (judgement,) = guide.judge([space.initial()], [space.legal_steps(space.initial())])

    assert judgement.value == 0


@pytest.mark.parametrize(
    "path", ["rules/countdown/tasks/six-1.yaml", "rules/game24/tasks/easy.yaml"]
)
def test_successors_are_valued_without_being_made_as_they_are_when_judged(path):
    space = OpenSpace(load_task(ROOT / path))
    guide = GoalNumbers().bind(space)
    state = space.initial()

    while not space.is_goal(state) and len(space.legal_steps(state)):
        steps = space.legal_steps(state)
        values = guide.values_after(state, steps)
        successors = [space.successor(state, step) for step in steps.tolist()]
        judged = guide.judge(successors, [steps[:0]] * len(successors))

        assert values.tolist() == [judgement.value for judgement in judged]
        state = successors[len(successors) // 2]


def test_numbers_that_cannot_make_the_goal_come_last():
    space = OpenSpace(load_task(ROOT / "rules/countdown/tasks/six-1.yaml"))
    guide = GoalNumbers().bind(space)
    start = space.initial()

    values = guide.values_after(start, space.legal_steps(start))

    # Six numbers that make the target are left with four more than one after the first step.
    assert values.min() == 4
    assert set(values[values > 4]) == {68}


def test_the_plan_is_followed_where_the_last_numbers_decide():
    task = load_task(ROOT / "rules/countdown/tasks/six-1.yaml")

    result = solve(task, search="gbfs")

    assert len(result.plan) == 5
    assert result.statistics.expanded < 20
