"""Learned control rules on the domains of the IPC 2023 learning track.

    python -m benchmarks.learned_rules [--domains ferry,miconic] [--tiers emh] [--kairos]

For each domain rules are learned from ``train/`` by ``planner train``, then each development task
is solved by ``planner solve`` with them, each in a process of its own, reading included. The
table shows solved tasks by tier, the geometric mean of plan length over the reference of the
MANIFEST by tier, and the largest CPU time. Every plan is checked by planner's own validator, a
sample by Kairos.
"""

from __future__ import annotations

import argparse
import csv
import math
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import BENCHMARKS, run

DOMAINS = (
    "miconic",
    "ferry",
    "satellite",
    "transport",
    "rovers",
    "spanner",
    "childsnack",
    "blocksworld",
    "floortile",
    "sokoban",
)
TIERS = {"e": "easy", "m": "medium", "h": "hard"}
PLANNER = (sys.executable, "-m", "planner")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task.

    Attributes:
        ratio: plan length over the reference cost; ``None`` without a plan or a reference.
    """

    name: str
    length: int | None
    ratio: float | None
    cpu_s: float
    checked: str = ""


def main() -> int:
    """Print the table; 0 when no plan was invalid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", default=",".join(DOMAINS))
    parser.add_argument("--tiers", default="emh")
    parser.add_argument("--cpu", type=float, default=10.0, help="CPU seconds for a task")
    parser.add_argument("--learn", type=float, default=60.0, help="CPU seconds of learning")
    parser.add_argument("--kairos", action="store_true", help="check a plan of each tier by Kairos")
    parser.add_argument("--tasks", action="store_true", help="print each task")
    options = parser.parse_args()
    if not (BENCHMARKS / "pddl").is_dir():
        print(f"skipped: no benchmark folder at {BENCHMARKS} (set PLANNER_BENCHMARKS)")
        return 0
    references = _references()
    print(f"{'domain':<12}{'rules':>6}{'learn s':>9}  solved by tier, length / reference, max s")
    invalid = 0
    for domain in options.domains.split(","):
        invalid += _domain(domain, options, references)
    print(f"invalid plans: {invalid}")
    return 1 if invalid else 0


def _domain(name: str, options: argparse.Namespace, references: dict[str, float]) -> int:
    source = BENCHMARKS / "pddl" / f"lt-{name}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        domain = folder / "domain.pddl"
        shutil.copy(source / "domain.pddl", domain)
        problems = sorted((source / "train").glob("*.pddl"))
        command = [*PLANNER, "train", "--quiet", "--rules-cpu", f"{options.learn}"]
        usage = run(
            [*command, "--domain", domain, *problems], cpu_s=2 * options.learn, folder=folder
        )
        learned = folder / "learned.yaml"
        if usage.code or not learned.is_file():
            print(f"{name:<12} nothing learned: {usage.output.strip()[-200:]}", flush=True)
            return 0
        count = learned.read_text(encoding="utf-8").count("\n  - name:")
        line = f"{name:<12}{count:>6}{usage.cpu_s:>9.1f}"
        invalid = 0
        for letter in options.tiers:
            attempts = []
            for task in sorted(source.glob(f"{TIERS[letter]}-*.pddl")):
                kairos = options.kairos and not any(a.length for a in attempts)
                attempts.append(_solve(domain, task, options.cpu, references, kairos, folder))
            line += _tier(TIERS[letter], attempts)
            invalid += sum(a.checked == "invalid" for a in attempts)
            if options.tasks:
                for a in attempts:
                    print(f"    {a.name:<14}{a.length or '-':>6}{a.cpu_s:>8.2f} s {a.checked}")
        print(line, flush=True)
        return invalid


def _solve(
    domain: Path,
    task: Path,
    cpu_s: float,
    references: dict[str, float],
    kairos: bool,
    folder: Path,
) -> Attempt:
    plan = folder / f"{task.stem}.plan"
    command = [*PLANNER, "solve", "--quiet", "--cpu", f"{cpu_s}", "--plan-out", plan]
    usage = run([*command, "--domain", domain, task], cpu_s=cpu_s + 5, folder=folder)
    if usage.code not in (0, 3) or not plan.is_file():
        return Attempt(task.stem, None, None, usage.cpu_s)
    steps = [line for line in plan.read_text(encoding="utf-8").splitlines() if line[:1] == "("]
    reference = references.get(f"{domain.parent.name}/{task.name}")
    reference = reference or references.get(f"{task.parent.name}/{task.name}")
    ratio = len(steps) / reference if reference else None
    checked = "ours"  # `planner solve` returns no plan that its validator did not accept
    if kairos:
        checked = "kairos" if _kairos_accepts(domain, task, plan) else "invalid"
    return Attempt(task.stem, len(steps), ratio, usage.cpu_s, checked)


def _kairos_accepts(domain: Path, task: Path, plan: Path) -> bool:
    kairos = Path(sys.executable).with_name("kairos")
    command = [str(kairos), "validate", str(domain), str(task), str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0


def _tier(name: str, attempts: list[Attempt]) -> str:
    solved = [a for a in attempts if a.length is not None]
    ratios = [a.ratio for a in solved if a.ratio]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.nan
    slowest = max((a.cpu_s for a in attempts), default=0.0)
    return f"  {name} {len(solved)}/{len(attempts)} {mean:.2f} {slowest:.1f}"


def _references() -> dict[str, float]:
    with (BENCHMARKS / "pddl" / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["file"]: float(row["reference_cost"])
            for row in csv.DictReader(file)
            if row["reference_cost"]
        }


if __name__ == "__main__":
    sys.exit(main())
