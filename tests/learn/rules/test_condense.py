"""Condensing learned rules: fewer and simpler ones that solve what all of them solve."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from planner.kr.control import StepPattern
from planner.kr.formulas import Atom
from planner.kr.terms import Variable
from planner.learn.rules.condense import READABLE, condense
from planner.learn.rules.learn import learn_rules
from planner.learn.rules.lifting import LearnedRule
from planner.learn.rules.options import Lift, Option
from planner.learn.rules.trial import Course
from tests.models.fact_space import towers

X, Y, Z = Variable("x0"), Variable("x1"), Variable("x2")


def random_towers(rng, blocks):
    """A blocks world of random towers that are to become other towers."""
    names = [f"b{i}" for i in range(blocks)]

    def piles():
        built = [[]]
        for name in rng.sample(names, blocks):
            if built[-1] and rng.random() < 0.3:
                built.append([])
            built[-1].append(name)
        return built

    goal = [pair for pile in piles() for pair in zip(pile[1:], pile, strict=False)]
    return towers(piles(), goal)


@pytest.fixture(scope="module")
def tasks():
    rng = random.Random(5)
    return [random_towers(rng, 3 + i // 5) for i in range(30)]


def test_blocks_take_no_more_rules_than_a_person_can_read(tasks):
    # When rules are learned from 30 small blocks worlds, which give 59 that none covers
    learned = learn_rules(tasks, cpu_s=20)

    # Then few are left, which solve the tasks as before
    assert learned.solved == learned.checked
    assert len(learned.advice.control) <= READABLE
    assert all(taken is not None for taken in Course(tasks[::3]).lengths(learned.advice))


def test_a_condition_that_makes_no_difference_is_left_out(tasks, monkeypatch):
    # Given a rule that puts down what is held, in the way of a goal, with two idle conditions
    base = tasks[0].rules
    goal, held = Atom("on", (X, Y)), Atom("holding", (Z,))
    idle = (Atom("clear", (Y,)), Atom("ontable", (X,)))
    rule = LearnedRule(goal, (held, *idle), (), (), (), (StepPattern("put-down", (Z,)),), 1)
    others = (
        LearnedRule(
            goal, (Atom("holding", (X,)), idle[0]), (), (), (), (StepPattern("stack", (X, Y)),), 1
        ),
        LearnedRule(
            goal,
            (Atom("handempty", ()), Atom("clear", (X,)), *idle),
            (), (), (), (StepPattern("pick-up", (X,)),), 2,
        ),
    )  # fmt: skip
    rules = (*others, rule)
    lift = Lift(dict.fromkeys(rules, 1), dict.fromkeys(rules, "t"), rules)
    held_first = replace(
        towers([["a"], ["b"], ["c"]], [("a", "b")]),
        init=tuple(
            Atom(p, tuple(a)) for p, a in
            [("holding", "c"), ("ontable", "a"), ("ontable", "b"), ("clear", "a"), ("clear", "b")]
        ),
    )  # fmt: skip
    monkeypatch.setattr("planner.learn.rules.condense.READABLE", 1)

    found = condense(
        lift, Option("list", folded=True), (Course([held_first]), Course([])), base, lambda: True
    )

    # Then one is gone; the other keeps the rule from putting down the very block that is wanted.
    # The task still takes three steps
    simple = next(r for r in found.rules if r.steps[0].action == "put-down")
    assert (simple.positive, len(found.rules)) == ((idle[1], held), 3)
    assert Course([held_first]).lengths(Option("list", folded=True).advice(found)) == [3]
