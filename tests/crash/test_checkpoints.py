"""Runs that are killed and resumed, and signals at random moments.

PLANNER_CRASHES says how many of each (20 by default; the full measurement is 500 and 300).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from planner.io.load import load_task
from planner.plan import parse_plan
from planner.trace.reader import read_trace
from planner.validate import validate
from tests.conftest import ROOT
from tests.crash.processes import (
    ENDLESS,
    closure_query,
    cpu_so_far,
    finish,
    run,
    start,
    wide_task,
)

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

COUNT = int(os.environ.get("PLANNER_CRASHES", "20"))
TASK = "rules/blocksworld/tasks/blocks-8-1.yaml"


def wait_for(process: object, cpu_s: float) -> None:
    """Until the process has worked so long, or is over."""
    while process.poll() is None and cpu_so_far(process) < cpu_s:  # type: ignore[attr-defined, arg-type]
        time.sleep(0.005)


def assert_whole(plan: Path) -> None:
    """A plan file is a valid plan, or is not there."""
    if plan.exists():
        steps = parse_plan(plan.read_text(), str(plan))
        assert validate(load_task(ROOT / TASK), steps).ok


def test_killed_runs_resume_to_the_identical_result(tmp_path: Path) -> None:
    options = [TASK, "--model", "none", "--no-learned", "--search", "mcts:improve=true",
               "--improve", "--max-expansions", 1500, "--json", "--quiet"]  # fmt: skip
    whole = run("solve", *options)
    draws = random.Random(0)
    for number in range(COUNT):
        checkpoint, plan = tmp_path / f"c{number}", tmp_path / f"plan{number}.txt"
        kept = [*options, "--checkpoint", checkpoint, "--plan-out", plan]
        process = start("solve", *kept)
        wait_for(process, draws.uniform(0.1, 1.5))
        process.kill()
        finish(process)
        assert_whole(plan)

        if number % 10 == 0:
            resumed = run("solve", *kept, "--resume")

            assert resumed.code == whole.code
            for key in ("status", "reason", "plan", "cost", "optimal", "lower_bound"):
                assert resumed.json[key] == whole.json[key], key
            assert resumed.json["statistics"]["expanded"] == whole.json["statistics"]["expanded"]
            assert_whole(plan)


def test_signals_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    wide, closure = tmp_path / "wide.yaml", tmp_path / "closure.yaml"
    wide.write_text(wide_task(60))
    closure.write_text(closure_query(1500))
    kinds: list[list[object]] = [
        [*ENDLESS, "--search", "mcts"],
        [*ENDLESS, "--search", "astar"],
        [TASK, "--model", "none", "--improve", "--search", "levin"],
        ["rules/countdown/tasks/six-1.yaml", "--search", "beam:complete=true", "--improve"],
        [wide],
        [closure],
    ]
    draws = random.Random(1)
    for number in range(COUNT):
        plan, trace = tmp_path / f"p{number}.txt", tmp_path / f"t{number}.jsonl"
        kind = kinds[number % len(kinds)]
        traced = ["--trace", trace] if number % 12 == 0 else []
        process = start("solve", *kind, *traced, "--plan-out", plan, "--json", "--quiet")
        moment = draws.uniform(0.0, 0.15) if number % 7 == 0 else draws.uniform(0.1, 2.5)
        wait_for(process, moment)
        spent = cpu_so_far(process) if process.poll() is None else 0.0
        process.send_signal(draws.choice([signal.SIGINT, signal.SIGTERM]))
        ended = finish(process)

        assert not list(tmp_path.glob(".*.part"))
        if ended.code in (-signal.SIGTERM, -signal.SIGINT, 1):
            # Before Python has run a line of ours there is nothing that could answer.
            assert moment < 0.15
            assert not plan.exists()
            continue
        assert ended.code in (0, 3, 12, 130), (kind, moment, ended)
        assert "Traceback" not in ended.err
        assert ended.cpu_s - spent <= 1.0, (kind, moment, ended.cpu_s - spent)
        if ended.code in (0, 3):
            assert plan.exists() or not ended.json["plan"]
        if trace.exists():
            assert read_trace(trace).header is not None
