"""Goal count and the uniform guide."""

from __future__ import annotations

import math

import numpy as np

from planner.guides.goal_count import BoundGoalCount, GoalCount
from planner.guides.uniform import Uniform
from planner.interfaces import Table
from planner.kr.formulas import Atom, Exists, Not, conjoin
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import TypedVariable, Variable
from planner.spaces.ground import GroundSpace
from tests.search.ground_worlds import ground_task


def int32(*values):
    return np.array(values, dtype=np.int32)


class Lamps:
    """A space of two states: 0 with lamp a on, 1 with both on; it is no ground space."""

    def __init__(self, goal):
        rules = RuleBase(predicates={"on": Predicate("on", ()), "dark": Predicate("dark", ())})
        self.task = Task(rules, objects={"a": "object", "b": "object"}, goal=goal)
        self.constants = ("a", "b")
        self.atoms = Table(int32(0, 0), np.array([[0], [1]], dtype=np.int32))
        self.static = Table(int32(1), np.array([[-1]], dtype=np.int32))

    def true_atoms(self, state):
        return int32(0) if state == 0 else int32(0, 1)

    def is_goal(self, state):
        return False


def count(goal, state):
    return BoundGoalCount(Lamps(goal)).judge([state], [int32()])[0].value


def test_ground_spaces_count_atoms_of_the_goal():
    # Given a goal of two atoms and one complement, of which one holds
    task = ground_task(3, [([0], [1], [], 1, [])], [0, 2], [0, 1, 3], complements=[2])
    space = GroundSpace(task)
    guide = GoalCount().bind(space)
    assert guide.judge([0], [space.legal_steps(0)])[0].value == 2
    assert guide.judge([space.successor(0, 0)], [int32()])[0].value == 1


def test_other_spaces_count_literals_of_the_goal():
    on_a, on_b = Atom("on", ("a",)), Atom("on", ("b",))
    assert count(conjoin(on_a, on_b), 0) == 1
    assert count(conjoin(on_a, on_b), 1) == 0
    assert count(conjoin(Not(on_a), Not(on_b)), 1) == 2
    # A fact that is true in every state is no open goal
    assert count(conjoin(on_b, Atom("dark")), 0) == 1


def test_what_is_no_literal_counts_as_one():
    variable = Variable("x")
    some = Exists((TypedVariable("x"),), Atom("on", (variable,)))
    assert count(conjoin(some, Atom("on", ("b",))), 0) == 2


def test_uniform_gives_each_step_the_same_probability():
    opinion = Uniform().bind(Lamps(Atom("on", ("a",)))).judge([0, 1], [int32(4, 7), int32()])
    assert opinion[0].log_prior.tolist() == [-math.log(2)] * 2
    assert opinion[0].value == 0
    assert len(opinion[1].log_prior) == 0
