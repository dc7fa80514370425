"""The main job from end to end: train on small blocksworld tasks, then solve far larger ones.

Run by ``make demo``. Prints a table of the model against our own h_FF search, whole process, and
writes the trace of the smallest task as a page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "demo"
TASKS = ROOT / "rules" / "blocksworld" / "tasks"
SIZES = (20, 30, 50)
HEURISTIC_CPU_LIMIT = 60


def planner(*arguments: str) -> tuple[int, str, float]:
    """Run the command line; give its exit code, its output and the CPU seconds of the process."""
    before = sum(os.times()[2:4])
    run = subprocess.run(
        [sys.executable, "-m", "planner", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return run.returncode, run.stdout, sum(os.times()[2:4]) - before


def solve(task: Path, *options: str) -> tuple[dict[str, object], float]:
    """Solve a task and give the JSON result with the CPU seconds of the whole process."""
    _, output, cpu = planner("solve", str(task), "--json", "--quiet", *options)
    result: dict[str, object] = json.loads(output)
    return result, cpu


def row(task: Path, label: str, *options: str) -> bool:
    """Solve, check the plan with the validator, print one line of the table."""
    plan_file = OUT / f"{task.stem}-{label}.plan"
    plan_file.unlink(missing_ok=True)
    result, cpu = solve(task, "--plan-out", str(plan_file), *options)
    valid = "-"
    if result["status"] == "solved":
        code, _, _ = planner("validate", str(task), str(plan_file), "--quiet")
        valid = "valid" if code == 0 else "INVALID"
    statistics = result["statistics"]
    assert isinstance(statistics, dict)
    cost = "-" if result["cost"] is None else result["cost"]
    print(
        f"{task.stem:<12} {label:<8} {result['status']!s:<8} {cost!s:>6} "
        f"{statistics['expanded']:>9,} {cpu:>8.2f}  {valid}",
        flush=True,
    )
    return valid == "valid"


def main() -> int:
    """Train, solve, validate, write the page; 0 when the model solved every task."""
    OUT.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    model = OUT / "model"
    print("1. compile the kernels once", flush=True)
    planner("warm")
    print("2. train on tasks generated from rules/blocksworld", flush=True)
    # The step model alone: `planner train rules/blocksworld` learns control rules as well.
    options = ("--out", str(model), "--minutes", "1", "--rules-cpu", "0", "--quiet")
    code, report, cpu = planner("train", "rules/blocksworld", *options)
    print(report, end="")
    print(f"training: {cpu:.0f} CPU s")
    if code != 0:
        return code
    print("3. solve tasks of 20, 30 and 50 blocks; the model has seen none above 8", flush=True)
    print(f"{'task':<12} {'guide':<8} {'status':<8} {'cost':>6} {'expanded':>9} {'CPU s':>8}  plan")
    solved = True
    for size in SIZES:
        for task in sorted(TASKS.glob(f"blocks-{size}-*.yaml")):
            solved &= row(task, "model", "--model", str(model), "--no-learned")
            row(task, "h_ff", "--model", "none", "--no-learned", "--cpu", str(HEURISTIC_CPU_LIMIT))
    print("4. record one search and write its page", flush=True)
    task, trace = str(TASKS / "blocks-20-1.yaml"), str(OUT / "blocks-20.jsonl")
    planner("solve", task, "--model", str(model), "--trace", trace, "--quiet")
    _, page, _ = planner("trace", "html", trace)
    print(f"open {page.strip()} in a browser")
    print(f"demo: {time.monotonic() - started:.0f} s")
    return 0 if solved else 1


if __name__ == "__main__":
    sys.exit(main())
