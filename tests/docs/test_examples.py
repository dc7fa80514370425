import subprocess
import sys

import pytest

from planner.io.load import load_task_checked
from tests.conftest import ROOT

TASKS = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_example_tasks_have_cheapest_plans(path):
    from planner.solve import solve
    from planner.validate import validate

    task, warnings = load_task_checked(path)
    result = solve(task, search="astar")

    assert warnings == ()
    assert result.optimal
    assert validate(task, result.plan).ok
    # the riddle's length is known; two boxes: drive, load twice, drive, unload, drive, unload
    assert len(result.plan) == {"river": 7, "deliver": 7}[path.stem]


def test_a_search_can_be_looked_at(tmp_path):
    page = tmp_path / "river.html"
    command = [sys.executable, ROOT / "examples/look_at_a_search.py"]

    done = subprocess.run(
        [*command, ROOT / "examples/river.yaml", page],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1. take the goat to the right bank (since ")
    assert "<canvas" in page.read_text()
