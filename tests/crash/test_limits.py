"""Limits on time, memory and expansions are kept, wherever the run is, and reported honestly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.processes import BLOCKS, ENDLESS, SMALL, closure_query, run, wide_task

SEARCHES = ("gbfs", "lazy", "astar", "wastar", "regret", "levin", "phs", "beam", "mcts")
# An answer may come this much after the limit.
_SHARE, _SECONDS = 0.02, 0.5


def allowed(limit_s: float) -> float:
    return limit_s * (1 + _SHARE) + _SECONDS


def test_no_time_at_all_is_a_limit_and_no_plan() -> None:
    for option in ("--time", "--cpu"):
        ended = run("solve", SMALL, option, 0, "--model", "none", "--json")

        assert ended.code == 23
        assert (ended.json["status"], ended.json["reason"]) == ("limit", "time")
        assert ended.json["complete"] is False
        assert ended.json["plan"] is None


def test_too_little_memory_is_a_limit() -> None:
    ended = run("solve", SMALL, "--memory", 1, "--model", "none", "--json")

    assert ended.code == 22
    assert (ended.json["status"], ended.json["reason"]) == ("limit", "memory")


def test_a_query_obeys_limits_too(tmp_path: Path) -> None:
    task = tmp_path / "closure.yaml"
    task.write_text(closure_query(700))

    ended = run("solve", task, "--cpu", 1, "--json")

    assert ended.code == 23
    assert ended.json["reason"] == "time"
    assert ended.cpu_s <= allowed(1)


@pytest.mark.parametrize("value", ["nan", "-1", "x"])
@pytest.mark.parametrize("option", ["--time", "--cpu", "--memory", "--max-expansions"])
def test_what_is_no_limit_is_wrong_usage(option: str, value: str) -> None:
    from click.testing import CliRunner

    from planner.cli import cli

    assert CliRunner().invoke(cli, ["solve", SMALL, option, value]).exit_code == 2


@pytest.mark.crash
@pytest.mark.parametrize("search", SEARCHES)
def test_cpu_limit_of_every_search(search: str) -> None:
    ended = run("solve", *ENDLESS, "--search", search, "--cpu", 3, "--json", "--quiet")

    assert ended.code == 23
    assert ended.json["reason"] == "time"
    assert 2.5 <= ended.cpu_s <= allowed(3)


@pytest.mark.crash
@pytest.mark.parametrize("search", SEARCHES)
def test_expansion_limit_of_every_search(search: str) -> None:
    ended = run("solve", *ENDLESS, "--search", search, "--max-expansions", 300, "--json")

    assert ended.code == 24
    assert ended.json["statistics"]["expanded"] <= 300


@pytest.mark.crash
@pytest.mark.parametrize("option", ["--cpu", "--time"])
def test_grounding_obeys_time(tmp_path: Path, option: str) -> None:
    task = tmp_path / "wide.yaml"
    task.write_text(wide_task(60))

    ended = run("solve", task, option, 2, "--json")

    assert ended.code == 23
    assert ended.json["statistics"]["expanded"] == 0
    assert ended.cpu_s <= allowed(2)


@pytest.mark.crash
def test_reading_obeys_time(tmp_path: Path) -> None:
    task = tmp_path / "long.yaml"
    task.write_text(closure_query(60_000))

    ended = run("solve", task, "--cpu", 1, "--json")

    assert ended.code == 23
    assert (ended.json["status"], ended.json["reason"]) == ("limit", "time")
    assert ended.cpu_s <= allowed(1)


@pytest.mark.crash
@pytest.mark.parametrize("search", ["astar", "mcts", "beam"])
def test_memory_of_searches_is_bounded(search: str) -> None:
    ended = run(
        "solve", *ENDLESS, "--search", search, "--memory", 250, "--cpu", 60, "--json", "--quiet"
    )

    assert ended.code == 22
    assert ended.json["reason"] == "memory"
    assert ended.json["statistics"]["peak_memory_mb"] <= 250 * 1.3


@pytest.mark.crash
def test_memory_of_grounding_and_deduction_is_bounded(tmp_path: Path) -> None:
    for name, text in (("wide", wide_task(60)), ("closure", closure_query(1500))):
        task = tmp_path / f"{name}.yaml"
        task.write_text(text)

        ended = run("solve", task, "--memory", 300, "--cpu", 60, "--json")

        assert ended.code == 22, name
        assert ended.json["statistics"]["peak_memory_mb"] <= 300 * 1.5, name


@pytest.mark.crash
def test_the_same_expansion_limit_gives_the_same_result() -> None:
    first, second = (
        run("solve", BLOCKS, "--search", "gbfs", "--guide", "goal_count", "--model", "none",
            "--max-expansions", 2000, "--json").json
        for _ in range(2)
    )  # fmt: skip

    for key in ("status", "reason", "plan", "cost"):
        assert first[key] == second[key]
    assert first["statistics"]["generated"] == second["statistics"]["generated"]
