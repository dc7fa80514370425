"""Tasks whose actions create objects, from the command line."""

from __future__ import annotations

from pathlib import Path

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
