"""SIGINT and SIGTERM end every command soon, with the right code and no half-written file."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.crash.processes import (
    ENDLESS,
    Ended,
    closure_query,
    cpu_so_far,
    finish,
    start,
    wide_task,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# One second of the process's own time: others may be running on the machine.
_ANSWER_CPU_S = 1.0
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def signalled(arguments: list[object], number: signal.Signals, after_cpu_s: float) -> Ended:
    """Send a signal once the process has worked for a while; its CPU seconds count from there."""
    process = start(*arguments)
    while process.poll() is None and cpu_so_far(process) < after_cpu_s:
        time.sleep(0.02)
    assert process.poll() is None, process.communicate()
    spent = cpu_so_far(process)
    process.send_signal(number)
    ended = finish(process)
    return Ended(ended.code, ended.out, ended.err, ended.cpu_s - spent)


def check(ended: Ended, plan: Path | None = None) -> None:
    assert ended.code == 130, ended.err
    assert ended.cpu_s <= _ANSWER_CPU_S
    assert "Traceback" not in ended.err
    if plan is not None:
        document = json.loads(ended.out)
        assert (document["status"], document["reason"]) == ("limit", "interrupt")
        assert document["complete"] is False
        assert list(plan.parent.glob("*plan*")) == []


@pytest.mark.parametrize("number", SIGNALS)
def test_a_search_is_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    plan = tmp_path / "plan.txt"
    options = ["--search", "mcts", "--plan-out", plan, "--json", "--quiet"]

    check(signalled(["solve", *ENDLESS, *options], number, 1.0), plan)


@pytest.mark.crash
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "search", ["gbfs", "lazy", "astar", "wastar", "regret", "levin", "phs", "beam", "mcts"]
)
@pytest.mark.parametrize("after", [0.5, 3.0])
def test_every_search_is_interrupted(
    search: str, number: signal.Signals, after: float, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.txt"
    options = ["--search", search, "--plan-out", plan, "--json", "--quiet"]

    check(signalled(["solve", *ENDLESS, *options], number, after), plan)


@pytest.mark.crash
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("after", [0.3, 0.6, 1.5])
def test_reading_grounding_and_deduction_are_interrupted(
    number: signal.Signals, after: float, tmp_path: Path
) -> None:
    for text in (wide_task(60), closure_query(1500)):
        task, plan = tmp_path / "task.yaml", tmp_path / "plan.txt"
        task.write_text(text)

        check(signalled(["solve", task, "--plan-out", plan, "--json"], number, after), plan)


@pytest.mark.crash
@pytest.mark.parametrize("number", SIGNALS)
def test_explain_and_check_are_interrupted(number: signal.Signals, tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(closure_query(1500))

    check(signalled(["explain", task, "via(n0, n1, n2)"], number, 0.8))

    task.write_text(closure_query(60_000))

    check(signalled(["check", task], number, 0.8))


@pytest.mark.crash
@pytest.mark.learn
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("after", [2.0, 12.0])
def test_training_is_interrupted(number: signal.Signals, after: float, tmp_path: Path) -> None:
    out = tmp_path / "model"
    arguments: list[object] = ["train", "rules/blocksworld", "--out", out, "--minutes", "2"]

    ended = signalled(arguments, number, after)

    check(ended)
    assert not (out / "config.json").exists()


@pytest.mark.crash
def test_a_second_signal_ends_at_once() -> None:
    process = start("solve", *ENDLESS, "--search", "astar")
    while cpu_so_far(process) < 1.0:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)

    assert finish(process).code in (130, -signal.SIGINT)


@pytest.mark.crash
@pytest.mark.parametrize("after", [0.2, 0.4, 0.5, 0.6])
def test_a_killed_run_leaves_a_whole_plan_file_or_none(after: float, tmp_path: Path) -> None:
    from planner.io.load import load_task
    from planner.plan import parse_plan
    from planner.validate import validate
    from tests.conftest import ROOT

    task = "rules/blocksworld/tasks/blocks-8-1.yaml"
    plan = tmp_path / "plan.txt"
    process = start("solve", task, "--plan-out", plan, "--model", "none")
    while process.poll() is None and cpu_so_far(process) < after:
        time.sleep(0.005)
    process.kill()
    finish(process)

    if plan.exists():
        steps = parse_plan(plan.read_text(), str(plan))
        assert validate(load_task(ROOT / task), steps).ok
