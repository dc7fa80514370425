"""``planner solve``: better plans, several plans, checkpoints."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Command

BLOCKS = "rules/blocksworld/tasks/blocks-8-1.yaml"
PLAIN = ("--model", "none", "--no-learned", "--json")


def test_improvement_ends_with_a_proof(planner: Command, tmp_path: Path) -> None:
    place = tmp_path / "plan.txt"
    run = planner("solve", BLOCKS, *PLAIN, "--improve", "--plan-out", place)

    assert run.code == 0
    assert run.json["optimal"]
    assert run.json["lower_bound"] == run.json["cost"] == len(run.json["plan"])
    assert place.read_text().endswith(f"; cost = {run.json['cost']}\n")
    assert [file.name for file in tmp_path.iterdir()] == ["plan.txt"]


def test_improvement_that_a_limit_cuts_off_ends_with_3(planner: Command) -> None:
    run = planner("solve", BLOCKS, *PLAIN, "--search", "gbfs", "--improve", "--max-expansions", 120)

    assert run.code == 3
    assert (run.json["status"], run.json["complete"]) == ("solved", False)
    assert run.json["lower_bound"] <= run.json["cost"]


def test_several_plans(planner: Command) -> None:
    run = planner("solve", BLOCKS, *PLAIN, "--plans", 3)

    assert run.code == 0
    assert len(run.json["plans"]) == 3
    assert run.json["plans"][0]["plan"] == run.json["plan"]


def test_a_checkpoint_of_another_task_is_refused(planner: Command, tmp_path: Path) -> None:
    kept = ("--checkpoint", tmp_path / "c", "--max-expansions", 5)
    first = planner("solve", BLOCKS, *PLAIN, *kept)
    again = planner("solve", BLOCKS, *PLAIN, *kept, "--resume")
    other = planner("solve", "rules/blocksworld/tasks/three-blocks.yaml", *PLAIN, *kept, "--resume")

    assert again.code == first.code
    assert again.json["statistics"]["expanded"] == first.json["statistics"]["expanded"]
    assert other.code == 31
    assert "another run" in other.err


def test_resuming_needs_a_checkpoint(planner: Command) -> None:
    assert planner("solve", BLOCKS, *PLAIN, "--resume").code == 2
