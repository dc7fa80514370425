"""Which goals step models see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.kr.formulas import And, Atom, Comparison, Exists, Forall, Not, Or
from planner.kr.terms import TypedVariable, Variable
from planner.models.goals import GoalLiteral, goal_literals, invisible_goals

from .fact_space import towers

X = Variable("x")
TASK = towers([["a", "b"], ["c"]], [])


def clear(name):
    return Atom("clear", (name,))


def test_literals_of_a_conjunction_are_seen_once():
    goal = And((clear("a"), And((Not(clear("b")), clear("a")))))
    assert goal_literals(replace(TASK, goal=goal)) == (
        GoalLiteral("clear", ("a",)),
        GoalLiteral("clear", ("b",), positive=False),
    )


def test_a_universal_goal_stands_for_its_instances():
    goal = Forall((TypedVariable("x", ("block",)),), And(()), And((clear(X), Not(clear(X)))))
    assert goal_literals(replace(TASK, goal=goal)) == tuple(
        GoalLiteral("clear", (name,), positive)
        for name in ("a", "b", "c")
        for positive in (True, False)
    )


@pytest.mark.parametrize(
    "goal",
    [
        Or((clear("a"), clear("b"))),
        clear(X),
        Exists((TypedVariable("x"),), clear(X)),
        Forall((TypedVariable("x"),), clear(X), clear(X)),
        Forall((TypedVariable("x"),), And(()), Or((clear(X), clear("a")))),
        Comparison("=", "a", "b"),
    ],
)
def test_other_forms_are_reported(goal):
    task = replace(TASK, goal=And((clear("c"), goal)))
    assert goal_literals(task) == (GoalLiteral("clear", ("c",)),)
    assert len(invisible_goals(task)) == 1
