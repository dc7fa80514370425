"""What all tests share: where things lie, and a count of what was skipped without benchmarks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Cores are shared: a deadline in wall time would fail tests for what others run.
settings.register_profile("planner", deadline=None)
settings.load_profile("planner")

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = Path(os.environ.get("PLANNER_BENCHMARKS", ROOT.parent / "shared" / "benchmarks"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite golden files.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if BENCHMARKS.is_dir():
        return
    for item in items:
        if item.get_closest_marker("benchmarks"):
            item.add_marker(pytest.mark.skip(reason=f"no benchmark folder at {BENCHMARKS}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    without = [report for report in skipped if "no benchmark folder" in str(report.longrepr)]
    if without:
        terminalreporter.write_line(
            f"{len(without)} tests skipped: set PLANNER_BENCHMARKS to the benchmark folder"
        )


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def benchmarks() -> Path:
    """The benchmark folder; the test is skipped, visibly, without it."""
    if not BENCHMARKS.is_dir():
        pytest.skip(f"no benchmark folder at {BENCHMARKS}")
    return BENCHMARKS
