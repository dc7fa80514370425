"""Best-first searches take no forbidden step, and never call that a proof."""

from __future__ import annotations

import pytest

from planner import load_task_text, solve
from planner.search.result import Status

TASK = """\
task: corridor
rules:
  types: {room: object}
  predicates:
    at(room): one is in {0}
    door(room, room): a door leads from {0} to {1}
  actions:
    go(?x - room, ?y - room):
      if: at(?x) and door(?x, ?y)
      then: at(?y) and not at(?x)
  control:
    - name: never-through-the-kitchen
      forbid: go(?x, kitchen)
objects: {room: [hall, kitchen, garden, shed]}
init:
  - at(hall)
  - door(hall, kitchen)
  - door(kitchen, garden)
  - door(hall, shed)
SHORTCUT
goal: at(garden)
"""
SEARCHES = ("gbfs", "lazy", "astar", "wastar")


@pytest.mark.parametrize("search", SEARCHES)
def test_what_only_a_forbidden_step_reaches_is_not_called_unsolvable(search: str) -> None:
    task = load_task_text(TASK.replace("SHORTCUT\n", ""))

    result = solve(task, search=search)

    assert result.status is Status.EXHAUSTED


@pytest.mark.parametrize("search", SEARCHES)
def test_the_way_round_is_taken(search: str) -> None:
    task = load_task_text(TASK.replace("SHORTCUT", "  - door(shed, garden)"))

    result = solve(task, search=search)

    assert result.plan is not None
    assert [step.arguments for step in result.plan] == [("hall", "shed"), ("shed", "garden")]
