"""A model trained for a minute on small blocksworld tasks against heuristics, on large ones.

    python -m benchmarks.blocks --model out/demo/model

Whole-process CPU seconds on the nine tasks of 20, 30 and 50 blocks in ``rules/blocksworld/tasks``:
the model, our own h_FF, and Fast Downward's ``eager_greedy([ff()])`` where it is installed (on our
conversion to PDDL, translator included). Every plan of ours has passed the independent validator.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.common import ROOT, run

TASKS = ROOT / "rules" / "blocksworld" / "tasks"
SIZES = (20, 30, 50)


def ours(task: Path, folder: Path, limit_s: float, *options: str) -> tuple[str, str, float]:
    """Status, plan cost and CPU seconds of the command line."""
    command = [sys.executable, "-m", "planner", "solve", task, "--json", "--quiet"]
    usage = run([*command, "--cpu", str(limit_s), *options], cpu_s=limit_s + 5, folder=folder)
    answer = json.loads(usage.output[usage.output.find("{") :])
    return answer["status"], str(answer["cost"] or "-"), usage.cpu_s


def fast_downward(task: Path, folder: Path, limit_s: float) -> tuple[str, str, float]:
    """The same of Fast Downward's greedy search with h_FF."""
    spec = importlib.util.find_spec("up_fast_downward")
    if spec is None or spec.origin is None:
        return "absent", "-", 0.0
    home = Path(spec.origin).parent / "downward"
    convert = [sys.executable, "-m", "planner", "convert", task, "--out", folder, "--quiet"]
    run(convert, cpu_s=60, folder=folder)
    sas = folder / "out.sas"
    files = [folder / "domain.pddl", folder / "problem.pddl"]
    translate = [sys.executable, "-m", "fast_downward.translate", *files, "--sas-file", sas]
    first = run(translate, cpu_s=limit_s, folder=folder)
    binary = home / "builds" / "release" / "bin" / "downward"
    search = [binary, "--search", "eager_greedy([ff()])", "--internal-plan-file", folder / "plan"]
    second = run(search, cpu_s=limit_s, folder=folder, stdin=sas)
    found = re.search(r"Plan cost: (\d+)", second.output)
    status = "solved" if found else "limit"
    return status, found[1] if found else "-", first.cpu_s + second.cpu_s


def main() -> int:
    """Print a row a task and the sums by size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "out" / "demo" / "model")
    parser.add_argument("--limit", type=float, default=60, help="CPU seconds a run")
    arguments = parser.parse_args()
    model = str(arguments.model.resolve())
    print("| task | model: cost | CPU s | our h_FF: cost | CPU s | FD GBFS h_FF: cost | CPU s |")
    print("|---|---|---|---|---|---|---|")
    unsolved = 0
    for size in SIZES:
        sums = [0.0, 0.0, 0.0]
        for task in sorted(TASKS.glob(f"blocks-{size}-*.yaml")):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                limit = arguments.limit
                runs = [
                    ours(task, folder, limit, "--model", model, "--no-learned"),
                    ours(task, folder, limit, "--model", "none", "--no-learned"),
                    fast_downward(task, folder, limit),
                ]
            unsolved += runs[0][0] != "solved"
            sums = [total + cpu for total, (_, _, cpu) in zip(sums, runs, strict=True)]
            cells = " | ".join(f"{cost} | {cpu:.2f}" for _, cost, cpu in runs)
            print(f"| {task.stem} | {cells} |", flush=True)
        print(f"| **{size} blocks** | " + " | ".join(f"| **{total:.2f}**" for total in sums) + " |")
    return 1 if unsolved else 0


if __name__ == "__main__":
    sys.exit(main())
