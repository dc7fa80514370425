"""Plans from where rules that run step by step get stuck."""

import random

from planner.io.learned_file import load_learned_text
from planner.io.load import load_rules
from planner.kr.formulas import Atom
from planner.learn.rules.options import Advice
from planner.learn.rules.stuck import plans_where_stuck
from tests.conftest import ROOT
from tests.models.fact_space import towers

BLOCKS = load_rules(ROOT / "rules" / "blocksworld" / "rules.yaml")

CONTROL = """
control:
  - name: fetch
    for: on(?x, ?y)
    if: ontable(?x) and clear(?x) and clear(?y)
    prefer: pick-up(?x)
    run: first
  - name: stack
    for: on(?x, ?y)
    if: holding(?x) and clear(?y)
    prefer: stack(?x, ?y)
    run: first
  - name: clear
    for: on(?x, ?y)
    if: on(?z, ?x) and clear(?z)
    prefer: unstack(?z, ?x)
    run: first
"""


def control(text):
    return load_learned_text(text, BLOCKS, "rules").control


def advice(*names):
    rules = control(CONTROL)
    return Advice(tuple(rule for rule in rules if rule.name in names), (), {})


def steps(plan):
    return [" ".join((step.schema.name, *map(str, step.arguments))) for step in plan.steps]


def test_a_plan_begins_where_no_rule_applies():
    # Given rules that take a block off another one, and do not know where to put it
    task = towers([["a", "c"], ["b"]], [("a", "b")])

    plans = list(plans_where_stuck(task, advice("fetch", "stack", "clear"), random.Random(0)))

    # Then the plan is made with the hand still full, and the rules go on after it
    assert [steps(plan) for plan in plans] == [["put-down c", "pick-up a", "stack a b"]]
    assert plans[0].goal == Atom("on", ("a", "b"))
    assert Atom("holding", ("c",)) in plans[0].before


def test_rules_that_reach_the_goal_need_no_plan():
    task = towers([["a"], ["b"], ["c"]], [("a", "b")])

    assert not list(plans_where_stuck(task, advice("fetch", "stack"), random.Random(0)))


def test_a_plan_is_made_where_rules_go_in_a_circle():
    # Given rules that put up again what they took down
    circling = control(
        CONTROL
        + """
  - name: back
    for: on(?x, ?y)
    if: holding(?z) and clear(?x) and ?z != ?x
    prefer: stack(?z, ?x)
    run: first
"""
    )
    task = towers([["a", "c"], ["b"]], [("a", "b")])

    plans = plans_where_stuck(task, Advice(circling, (), {}), random.Random(0))

    assert steps(next(plans))[-1] == "stack a b"
