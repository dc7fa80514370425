"""Learned control rules on classic domains, beside the planner without them.

    python -m benchmarks.classic_rules [--domains gripper,driverlog] [--learn 20] [--cpu 10]

For each domain rules are learned from its smallest instance and from tasks generated like it; then
the other instances are solved with the rules and without, each a `planner solve` process of its
own. The table shows coverage and the length of plans.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.common import BENCHMARKS, run

DOMAINS = (
    "gripper",
    "logistics98",
    "driverlog",
    "zenotravel",
    "visitall-sat11-strips",
    "depot",
    "tpp",
    "elevators-sat11-strips",
    "barman-sat14-strips",
)
PLANNER = (sys.executable, "-m", "planner")


def main() -> int:
    """Print the table; 0 when rules never solve fewer instances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", default=",".join(DOMAINS))
    parser.add_argument("--learn", type=float, default=20.0, help="CPU seconds of learning")
    parser.add_argument("--cpu", type=float, default=10.0, help="CPU seconds for a task")
    parser.add_argument("--tasks", type=int, default=4, help="instances of a domain at most")
    options = parser.parse_args()
    if not (BENCHMARKS / "pddl").is_dir():
        print(f"skipped: no benchmark folder at {BENCHMARKS} (set PLANNER_BENCHMARKS)")
        return 0
    print(f"{'domain':<24}{'rules':>6}{'learn s':>9}  solved with, without; lengths of plans")
    worse = [_is_worse(name, options) for name in options.domains.split(",")]
    return 1 if any(worse) else 0


def _is_worse(name: str, options: argparse.Namespace) -> bool:
    source = BENCHMARKS / "pddl" / name
    problems = sorted(
        (path for path in source.glob("*.pddl") if path.name != "domain.pddl"),
        key=lambda path: path.stat().st_size,
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(source / "domain.pddl", folder)
        line = f"{name:<24}" + _learn(folder, problems[0], options.learn)
        pairs = [
            (_solve(folder, task, options.cpu), _solve(folder, task, options.cpu, "--no-learned"))
            for task in problems[1 : 1 + options.tasks]
        ]
    with_rules = sum(a is not None for a, _ in pairs)
    without = sum(b is not None for _, b in pairs)
    lengths = ", ".join(f"{a or '-'}/{b or '-'}" for a, b in pairs)
    print(f"{line}  {with_rules}, {without} of {len(pairs)}; {lengths}", flush=True)
    return with_rules < without


def _learn(folder: Path, problem: Path, cpu_s: float) -> str:
    command = [*PLANNER, "train", "--quiet", "--rules-cpu", f"{cpu_s}"]
    usage = run(
        [*command, "--domain", folder / "domain.pddl", problem], cpu_s=4 * cpu_s, folder=folder
    )
    learned = folder / "learned.yaml"
    if usage.code or not learned.is_file():
        return f"{'none':>6}{usage.cpu_s:>9.1f}"
    count = learned.read_text(encoding="utf-8").count("\n  - name:")
    return f"{count:>6}{usage.cpu_s:>9.1f}"


def _solve(folder: Path, task: Path, cpu_s: float, *more: str) -> int | None:
    """The length of the plan."""
    plan = folder / f"{task.stem}.plan"
    plan.unlink(missing_ok=True)
    command = [*PLANNER, "solve", "--quiet", "--cpu", f"{cpu_s}", "--plan-out", plan, *more]
    run([*command, "--domain", folder / "domain.pddl", task], cpu_s=cpu_s + 5, folder=folder)
    if not plan.is_file():
        return None
    return sum(row[:1] == "(" for row in plan.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    sys.exit(main())
