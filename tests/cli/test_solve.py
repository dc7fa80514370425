"""``planner solve``: plans, answers, statuses, exit codes, JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

BLOCKS = "rules/blocksworld/tasks/three-blocks.yaml"
JSON_KEYS = {
    "schema_version", "version", "status", "reason", "complete", "optimal", "plan", "cost",
    "answers", "lower_bound", "bound", "search", "seed", "statistics", "warnings", "errors",
}  # fmt: skip
STATISTICS_KEYS = {
    "expanded", "generated", "evaluated", "model_calls", "facts", "operators",
    "load_s", "ground_s", "search_s", "model_s", "total_s", "peak_memory_mb",
}  # fmt: skip

UNSOLVABLE = """
task: none
rules:
  types: {place: object}
  predicates:
    at(place): the traveller is at {0}
    road(place, place): a road leads from {0} to {1}
  actions:
    go(?x - place, ?y - place):
      if: at(?x) and road(?x, ?y)
      then: at(?y) and not at(?x)
objects: {place: [a, b, c]}
init:
  - at(a)
  - road(a, b)
  - road(b, a)
goal: GOAL
"""


def test_a_plan_in_words(planner: Command) -> None:
    run = planner("solve", BLOCKS, "--model", "none")

    assert run.code == 0
    assert "plan:" in run.out
    assert "search:" in run.out


def test_json_has_the_keys_of_the_contract(planner: Command) -> None:
    run = planner("solve", BLOCKS, "--json", "--model", "none")

    assert run.code == 0
    assert set(run.json) >= JSON_KEYS
    assert set(run.json["statistics"]) == STATISTICS_KEYS
    assert run.json["cost"] == sum(step["cost"] for step in run.json["plan"])
    assert {"name", "args", "cost", "text"} <= set(run.json["plan"][0])


def test_the_plan_file_is_accepted_by_the_validator(planner: Command, tmp_path: Path) -> None:
    plan = tmp_path / "plan.txt"
    planner("solve", BLOCKS, "--plan-out", plan, "--model", "none")

    run = planner("validate", BLOCKS, plan)

    assert run.code == 0
    assert "valid" in run.out
    assert plan.read_text().rstrip().splitlines()[-1].startswith("; cost = ")


def test_every_search_solves_a_small_task(planner: Command) -> None:
    for search in ("gbfs", "lazy", "astar", "wastar", "regret", "levin", "phs", "beam", "mcts"):
        run = planner("solve", BLOCKS, "--search", search, "--json", "--model", "none")
        assert run.code == 0, (search, run.err)


def test_levin_prints_a_bound_it_keeps(planner: Command) -> None:
    run = planner("solve", BLOCKS, "--search", "levin", "--guide", "uniform", "--json")

    assert run.json["bound"] >= run.json["statistics"]["expanded"]


def test_unsolvable_by_relaxation_names_the_atom(planner: Command, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(UNSOLVABLE.replace("GOAL", "at(c)"))

    run = planner("solve", task)

    assert run.code == 11
    assert "at(c)" in run.out


def test_unsolvable_by_exhaustion(planner: Command, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(UNSOLVABLE.replace("GOAL", "at(a) and at(b)"))

    run = planner("solve", task, "--json")

    assert run.code == 11
    assert run.json["status"] == "unsolvable"


def test_the_expansion_limit_holds(planner: Command) -> None:
    run = planner(
        "solve", "rules/blocksworld/tasks/blocks-20-1.yaml",
        "--search", "astar", "--guide", "uniform", "--max-expansions", 50, "--json",
        "--model", "none",
    )  # fmt: skip

    assert run.code == 24
    assert run.json["reason"] == "expansions"
    assert run.json["statistics"]["expanded"] <= 50


def test_the_same_seed_gives_the_same_result(planner: Command) -> None:
    first = planner("solve", BLOCKS, "--search", "mcts", "--seed", 3, "--json", "--model", "none")
    second = planner("solve", BLOCKS, "--search", "mcts", "--seed", 3, "--json", "--model", "none")

    assert first.json["plan"] == second.json["plan"]
    assert first.json["statistics"]["expanded"] == second.json["statistics"]["expanded"]


def test_a_query_gives_answers(planner: Command) -> None:
    task = sorted(Path("rules/kinship/tasks").glob("*.yaml"))[0]

    run = planner("solve", task, "--json")

    assert run.code in (0, 11)
    assert run.json["status"] in ("solved", "unsolvable")
    assert bool(run.json["answers"]) == (run.code == 0)


def test_a_task_from_standard_input(planner: Command, monkeypatch: object, tmp_path: Path) -> None:
    import io
    import sys

    text = UNSOLVABLE.replace("GOAL", "at(b)")
    previous, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        run = planner("solve", "-", "--json")
    finally:
        sys.stdin = previous

    assert run.code == 0


def test_an_unknown_search_is_refused_with_a_suggestion(planner: Command) -> None:
    run = planner("solve", BLOCKS, "--search", "gbsf")

    assert run.code == 31
    assert "gbfs" in run.err
    assert "Traceback" not in run.err


def test_a_missing_file_is_an_input_error(planner: Command) -> None:
    run = planner("solve", "no-such-task.yaml", "--json")

    assert run.code == 31
    assert run.json["status"] == "error"
    assert run.json["errors"]


def test_a_mistake_is_located_in_json(planner: Command, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(UNSOLVABLE.replace("GOAL", "att(c)"))

    run = planner("solve", task, "--json")

    assert run.code == 31
    assert run.json["errors"][0]["line"] == UNSOLVABLE.splitlines().index("goal: GOAL") + 1
    assert "at" in run.json["errors"][0]["suggestion"]


@pytest.mark.parametrize("search", [(), ("--search", "regret"), ("--search", "beam")])
def test_the_time_spent_in_the_model_is_told(planner: Command, search: tuple[str, ...]) -> None:
    # Given a model that is asked for each state.
    told = planner("solve", BLOCKS, "--no-learned", "--model", "uniform", *search, "--json").json

    # Then its time is a part of the search's, and none without a model.
    spent = told["statistics"]
    assert spent["model_calls"] > 0
    assert 0 < spent["model_s"] <= spent["search_s"]
    assert "in the model: " in planner("solve", BLOCKS, "--model", "uniform", "-v", *search).out
    without = planner("solve", BLOCKS, "--no-learned", "--model", "none", "-v", "--json").json
    assert without["statistics"]["model_s"] == 0
