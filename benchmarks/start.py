"""What starting costs: importing the package, ``--version``, and a tiny task, in CPU seconds.

Run: ``python -m benchmarks.start``. The figures are medians of whole processes, user and system.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks.common import ROOT

TINY = "rules/blocksworld/tasks/three-blocks.yaml"
COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "import planner": ["-c", "import planner"],
    "planner --version": ["-m", "planner", "--version"],
    "planner check (blocksworld)": ["-m", "planner", "check", "rules/blocksworld/rules.yaml"],
    "planner solve (three blocks)": ["-m", "planner", "solve", TINY, "--model", "none", "--quiet"],
    "planner solve (kinship query)": [
        "-m", "planner", "solve", "rules/kinship/tasks/ancestors.yaml", "--quiet",
    ],
}  # fmt: skip


def cpu_s(command: list[str]) -> float:
    """CPU seconds of one run of the interpreter."""
    before = sum(os.times()[2:4])
    subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return sum(os.times()[2:4]) - before


def main() -> int:
    """Print the table."""
    subprocess.run([sys.executable, "-m", "planner", "warm"], cwd=ROOT, check=True)
    print(f"{'command':<32} {'CPU s':>7}")
    for name, command in COMMANDS.items():
        print(f"{name:<32} {statistics.median(cpu_s(command) for _ in range(9)):>7.3f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
