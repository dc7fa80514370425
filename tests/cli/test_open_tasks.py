"""Tasks whose actions create objects, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.trace.reader import read_trace
from tests.cli.conftest import Command

TASK = "rules/game24/tasks/fractions.yaml"


def test_solve_validate_and_trace_agree(planner: Command, tmp_path: Path) -> None:
    plan, trace = tmp_path / "plan.txt", tmp_path / "trace.jsonl"

    solved = planner("solve", TASK, "--json", "--plan-out", plan, "--trace", trace)

    assert solved.code == 0
    assert [row["created"] for row in solved.json["plan"]] == [["_1"], ["_2"], ["_3"]]
    lines = plan.read_text(encoding="utf-8").splitlines()
    assert lines[2].endswith(" -> _3")
    assert planner("validate", TASK, plan).code == 0
    record = read_trace(trace)
    assert [step.text for step in record.plan] == lines[:3]
    assert all(step.proofs for step in record.plan)


def test_a_plan_is_said_in_words(planner: Command) -> None:
    shown = planner("solve", TASK)

    assert "divide 8 by 3" in shown.out


def test_exhaustion_is_a_proof(planner: Command) -> None:
    shown = planner("solve", "rules/game24/tasks/no-way.yaml")

    assert shown.code == 11
    assert "proved by exhaustion" in shown.out


def test_guides_that_need_grounding_say_so(planner: Command) -> None:
    refused = planner("solve", TASK, "--search", "gbfs", "--guide", "h_ff")

    assert refused.code == 34
    assert "goal_count" in refused.err


CONTROLLED = """
task: sums
rules:
  types: {item: object}
  predicates:
    value(item, int): "{0} is worth {1}"
  actions:
    add(?a - item, ?b - item):
      if: value(?a, ?x) and value(?b, ?y) and before(?a, ?b)
      creates: ?c - item
      then: value(?c, ?x + ?y) and not value(?a, ?x) and not value(?b, ?y)
  control:
    - prefer: add(?a, ?)
      if: value(?a, ?x) and ?x > 2
    - forbid: add(?a, ?b)
      if: value(?a, ?x) and value(?b, ?y) and ?x + ?y = {sum}
objects: {item: [a, b, c]}
init:
  - value(a, 3)
  - value(b, 5)
  - value(c, 4)
goal: value(?, 12)
"""


@pytest.mark.parametrize("search", ["auto", "rules", "gbfs", "astar"])
@pytest.mark.parametrize("forbidden", [7, 8, 9])
def test_control_rules_see_numbers_that_steps_compute(
    planner: Command, tmp_path: Path, search: str, forbidden: int
) -> None:
    task, plan = tmp_path / "sums.yaml", tmp_path / "plan.txt"
    task.write_text(CONTROLLED.replace("{sum}", str(forbidden)), encoding="utf-8")

    solved = planner("solve", task, "--search", search, "--json", "--plan-out", plan)

    assert solved.code == 0
    first = solved.json["plan"][0]["args"]
    assert sum(first[2:]) != forbidden
    assert planner("validate", task, plan).code == 0


def test_what_is_forbidden_of_computed_numbers_is_not_done(
    planner: Command, tmp_path: Path
) -> None:
    task = tmp_path / "sums.yaml"
    task.write_text(CONTROLLED.replace("{sum}", "12"), encoding="utf-8")

    assert planner("solve", task, "--search", "astar").code == 12
