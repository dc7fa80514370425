"""``make bench`` forgets no benchmark."""

from benchmarks.__main__ import RUNS
from tests.conftest import ROOT

# Run by other benchmarks, with another interpreter or on one task or plan, or to fetch tasks.
PARTS = {"held_out", "rule_peers", "rule_script", "solve_with_pymimir", "validate_with_up"}


def test_every_module_that_can_be_run_is_run():
    runnable = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if 'if __name__ == "__main__":' in path.read_text()
    }

    named = {module.removeprefix("benchmarks.") for module, _ in RUNS}

    assert named | PARTS | {"__main__"} == runnable
    assert not named & PARTS


def test_what_it_runs_is_described():
    tables = (ROOT / "docs" / "benchmarks.md").read_text()

    for module, _ in RUNS:
        assert f"python -m {module}" in tables
