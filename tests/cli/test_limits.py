"""Amounts given as options, and by the shell: what could never be reached is refused."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    "arguments",
    [
        ("solve", "rules/blocksworld/tasks/three-blocks.yaml", "--time", "nan"),
        ("train", "rules/kinship", "--minutes", "nan"),
        ("train", "rules/kinship", "--rules-cpu", "nan"),
        ("eval", "rules/gripper", "--cpu", "nan"),
    ],
)
def test_budgets_that_compare_with_nothing_are_refused(planner: Command, arguments) -> None:
    run = planner(*arguments)

    assert run.code == 2
    assert "nan is not a number" in run.err


def test_a_process_that_the_shell_limits_ends_before_it_with_an_answer(
    root: Path, tmp_path: Path
) -> None:
    """`ulimit -t 3`, here by setrlimit: the system's signal would leave no answer."""
    blocks = [f"b{number}" for number in range(14)]
    lines = [
        "task: a tower that costs too much to build at its least",
        f"rules: {root / 'rules/blocksworld/rules.yaml'}",
        f"objects: {{block: [{', '.join(blocks)}]}}",
        "init:",
        "  - handempty",
        *(f"  - {word}({block})" for block in blocks for word in ("clear", "ontable")),
        "goal: " + " and ".join(f"on({x}, {y})" for x, y in pairwise(blocks)),
    ]
    task = tmp_path / "task.yaml"
    task.write_text("\n".join(lines), encoding="utf-8")
    words = ["solve", str(task), "--json", "--search", "astar", "--guide", "uniform"]

    done = subprocess.run(
        [sys.executable, "-m", "planner", *words],
        capture_output=True,
        text=True,
        cwd=root,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (3, 5)),
        check=False,
    )

    assert done.returncode == 23, done.stderr
    assert json.loads(done.stdout)["reason"] == "time"
