"""A short search beside rules that solve a small task."""

from __future__ import annotations

import pytest

from planner.io.load import load_task_text
from planner.search.following import follow_rules
from planner.search.limits import Limits, Meter
from planner.search.second_opinion import cheaper_plan
from planner.solve import solve
from planner.spaces.lifted import LiftedSpace

WORKSHOP = """
task: workshop
predicates:
  made(part):
  next(part, part):
  sold(part):
types: {{part: object}}
actions:
  make(?a - part, ?b - part):
    if: made(?a) and next(?a, ?b)
    then: made(?b)
  buy(?b - part):
    if: sold(?b)
    then: made(?b)
    cost: {price}
control:
  - name: make
    if: made(?a) and next(?a, ?b) and not made(?b)
    prefer: make(?a, ?b)
objects: {{part: [p0, p1, p2, p3, p4, p5]}}
init:
  - made(p0)
  - next(p0, p1)
  - next(p1, p2)
  - next(p2, p3)
  - next(p3, p4)
  - next(p4, p5)
  - sold(p5)
goal: made(p5)
"""


@pytest.mark.parametrize(("price", "steps", "beside"), [(2, 1, True), (9, 5, False)])
def test_the_cheaper_plan_counts(price: int, steps: int, beside: bool) -> None:
    # Given rules that make every part, and a last one that can be bought for less or more.
    result = solve(load_task_text(WORKSHOP.format(price=price)))

    assert result.plan is not None
    assert len(result.plan) == steps
    assert ("a short search" in result.search) == beside


def test_who_asks_for_rules_gets_what_rules_do() -> None:
    followed = follow_rules(load_task_text(WORKSHOP.format(price=2)), "rules", Meter())

    assert followed is not None
    assert followed.steps is not None
    assert len(followed.steps) == 5
    assert not followed.improved


def test_nothing_is_sought_where_nothing_is_left_to_spend() -> None:
    space = LiftedSpace(load_task_text(WORKSHOP.format(price=2)))
    steps = (0,)

    assert cheaper_plan(space, steps, Meter(Limits(expansions=0))) is None
