"""The 62 development domains: all import, and go out and in again unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from planner.io.pddl.dump import dump_pddl
from planner.io.pddl.load import load_pddl, parse_pddl

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.benchmarks


def instances(benchmarks: Path) -> dict[str, list[Path]]:
    """Problem files by domain, the smallest first."""
    found = {}
    for domain in sorted((benchmarks / "pddl").glob("*/domain.pddl")):
        files = [f for f in domain.parent.rglob("*.pddl") if f != domain]
        found[domain.parent.name] = sorted(files, key=lambda f: (f.stat().st_size, f.name))
    return found


def test_all_domains_import(benchmarks: Path) -> None:
    smallest = [files[0] for files in instances(benchmarks).values()]

    tasks = [load_pddl(benchmarks / "pddl" / f.relative_to(benchmarks / "pddl").parts[0]
                       / "domain.pddl", f)[0] for f in smallest]  # fmt: skip

    assert len(tasks) == 62


def test_what_was_read_is_written_and_read_back_equal(benchmarks: Path) -> None:
    for name, files in instances(benchmarks).items():
        task, _ = load_pddl(benchmarks / "pddl" / name / "domain.pddl", files[0])

        domain, problem = dump_pddl(task)
        again, warnings = parse_pddl(domain, problem)

        assert again == task, name
        assert list(again.all_objects) == list(task.all_objects), name
        assert list(again.rules.types) == list(task.rules.types), name
        undeclared = [w for w in warnings if w.code == "undeclared-requirement"]
        assert not undeclared, name


@pytest.mark.slow
def test_every_instance_imports(benchmarks: Path) -> None:
    count = 0
    for name, files in instances(benchmarks).items():
        for file in files:
            load_pddl(benchmarks / "pddl" / name / "domain.pddl", file)
            count += 1

    assert count == 1214
