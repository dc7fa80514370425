"""A portfolio obeys limits and signals as one process does, and no child outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planner.io.load import load_task
from planner.plan import parse_plan
from planner.validate import validate
from tests.conftest import ROOT
from tests.crash.processes import BLOCKS, ENDLESS, SMALL, finish, run, start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# Nothing leads these searches.
SEARCHES = "portfolio: astar with uniform | mcts with uniform"
UNGUIDED = (BLOCKS, "--search", SEARCHES, *ENDLESS[3:])


def children(pid: int) -> list[int]:
    """The processes a process has started and not waited for."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in text.split()]


def is_alive(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def started(count: int, *arguments: object) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that has so many children."""
    process = start("solve", *arguments)
    for _ in range(3000):
        found = children(process.pid)
        if len(found) == count:
            return process, found
        time.sleep(0.01)
    raise AssertionError(process.communicate())


def assert_gone(pids: list[int]) -> None:
    """Soon none of the processes is there."""
    until = time.monotonic() + 20
    while any(is_alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not [pid for pid in pids if is_alive(pid)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_its_parent(number: signal.Signals) -> None:
    process, pids = started(2, *UNGUIDED, "--json", "--quiet")
    time.sleep(0.5)

    process.send_signal(number)
    ended = finish(process)

    assert_gone(pids)
    if number == signal.SIGKILL:
        assert ended.code == -signal.SIGKILL
    else:
        assert (ended.code, ended.json["reason"]) == (130, "interrupt")
        assert "Traceback" not in ended.err


def test_ctrl_c_of_a_terminal_reaches_all_and_the_parent_answers() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "planner", "solve", *UNGUIDED, "--json"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while len(children(process.pid)) < 2:
        time.sleep(0.01)
    time.sleep(0.3)

    os.killpg(process.pid, signal.SIGINT)
    ended = finish(process)

    assert (ended.code, ended.json["reason"]) == (130, "interrupt")
    assert "Traceback" not in ended.err


def test_an_interrupt_returns_the_best_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.txt"
    task = "rules/blocksworld/tasks/blocks-20-1.yaml"
    process = start(
        "solve", task, "--search", "portfolio: gbfs with h_ff | relay", "--improve",
        "--plan-out", plan, "--json", "--quiet", "--model", "none", "--no-learned",
    )  # fmt: skip
    while not plan.exists() and process.poll() is None:
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    ended = finish(process)

    assert ended.code in (0, 3)
    assert validate(load_task(ROOT / task), parse_plan(plan.read_text())).ok
    assert len(parse_plan(plan.read_text())) == len(ended.json["plan"])


@pytest.mark.crash
def test_cpu_limit_of_all_processes() -> None:
    ended = run("solve", *UNGUIDED, "--cpu", 3, "--json", "--quiet")

    assert (ended.code, ended.json["reason"]) == (23, "time")
    assert 2.5 <= ended.cpu_s <= 3 * 1.02 + 0.5


@pytest.mark.crash
def test_memory_limit_of_all_processes() -> None:
    ended = run("solve", *UNGUIDED, "--memory", 400, "--cpu", 60, "--json", "--quiet")

    assert (ended.code, ended.json["reason"]) == (22, "memory")


def test_a_checkpoint_with_jobs_is_wrong_usage(tmp_path: Path) -> None:
    ended = run("solve", SMALL, "--jobs", 2, "--checkpoint", tmp_path / "c")

    assert ended.code == 2
    assert "--checkpoint is of one search" in ended.err


def test_a_portfolio_that_names_no_search_is_an_error() -> None:
    ended = run("solve", SMALL, "--search", "portfolio: rely | astar", "--json", "--quiet")

    assert ended.code == 31
    assert "did you mean `relay`" in ended.json["errors"][0]["message"]
