"""Learned control rules on the domains of the IPC 2023 learning track.

    python -m benchmarks.learned_rules [--domains ferry,miconic] [--tiers easy,medium] [--kairos]
    python -m benchmarks.learned_rules --fresh 2 [--seed 1]

For each domain rules are learned from ``train/`` by ``planner train``, then each development task
is solved by ``planner solve`` with them, each in a process of its own, reading included. The
table shows solved tasks by tier, the geometric mean of plan length over the reference of the
MANIFEST by tier, the largest CPU time, and the geometric mean over the best length known
(`benchmarks.peer_lengths`) with the tasks where that is exceeded by more than a tenth. Every plan
is checked by planner's own validator, a sample by Kairos.

With ``--fresh N`` the tasks are not the development tasks but N of each size in
`benchmarks.fresh_tasks`, between and beyond them. ``--keep DIR`` keeps what was learned in a
folder and uses what is there already.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, run
from benchmarks.fresh_tasks import FRESH, fresh_task
from benchmarks.peer_lengths import best_lengths

if TYPE_CHECKING:
    from collections.abc import Iterator

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
TIERS = ("easy", "medium", "hard")
PLANNER = (sys.executable, "-m", "planner")
_TENTH = 1.1


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
    parser.add_argument("--tiers", default=",".join(TIERS))
    parser.add_argument("--cpu", type=float, default=10.0, help="CPU seconds for a task")
    parser.add_argument("--learn", type=float, default=60.0, help="CPU seconds of learning")
    parser.add_argument("--kairos", action="store_true", help="check a plan of each tier by Kairos")
    parser.add_argument("--tasks", action="store_true", help="print each task")
    parser.add_argument("--fresh", type=int, default=0, help="fresh tasks of each size instead")
    parser.add_argument("--seed", type=int, default=0, help="of learning and of fresh tasks")
    parser.add_argument("--keep", type=Path, help="a folder that keeps learned rules")
    options = parser.parse_args()
    if not (BENCHMARKS / "pddl").is_dir():
        print(f"skipped: no benchmark folder at {BENCHMARKS} (set PLANNER_BENCHMARKS)")
        return 0
    references = _references()
    print(f"{'domain':<12}{'rules':>6}{'learn s':>9}  solved by tier, length / reference, max s")
    found = [_domain(name, options, references) for name in options.domains.split(",")]
    attempts = [attempt for of_domain in found for attempt in of_domain]
    invalid = sum(a.checked == "invalid" for a in attempts)
    solved = sum(a.length is not None for a in attempts)
    print(f"solved {solved} of {len(attempts)}; invalid plans: {invalid}")
    return 1 if invalid else 0


def _domain(name: str, options: argparse.Namespace, references: dict[str, float]) -> list[Attempt]:
    source = BENCHMARKS / "pddl" / f"lt-{name}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        domain = folder / "domain.pddl"
        shutil.copy(source / "domain.pddl", domain)
        line = f"{name:<12}" + _learn(name, domain, options)
        everything = []
        for tier, tasks in _tiers(name, source, folder, options):
            attempts: list[Attempt] = []
            for task in tasks:
                kairos = options.kairos and not any(a.length for a in attempts)
                attempts.append(_solve(domain, task, options.cpu, references, kairos, folder))
                if options.tasks:
                    a = attempts[-1]
                    print(
                        f"    {a.name:<14}{a.length or '-':>6}{a.cpu_s:>8.2f} s {a.checked}",
                        flush=True,
                    )
            line += _tier(tier, attempts)
            everything += attempts
    print(line, flush=True)
    if not options.fresh:
        print(_against_best(source.name, everything), flush=True)
    return everything


def _learn(name: str, domain: Path, options: argparse.Namespace) -> str:
    """Learn rules beside the domain; their number and the CPU seconds as text."""
    learned = domain.with_name("learned.yaml")
    kept = options.keep / f"{name}-{options.seed}.yaml" if options.keep else None
    spent = "kept"
    if kept is not None and kept.is_file():
        shutil.copy(kept, learned)
    else:
        problems = sorted((BENCHMARKS / "pddl" / f"lt-{name}" / "train").glob("*.pddl"))
        command = [*PLANNER, "train", "--quiet", "--rules-cpu", f"{options.learn}"]
        command += ["--seed", f"{options.seed}", "--domain", domain, *problems]
        usage = run(command, cpu_s=2 * options.learn, folder=domain.parent)
        if usage.code or not learned.is_file():
            return f"  nothing learned: {usage.output.strip()[-200:]}"
        spent = f"{usage.cpu_s:.1f}"
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(learned, kept)
    count = learned.read_text(encoding="utf-8").count("\n  - name:")
    return f"{count:>6}{spent:>9}"


def _tiers(
    name: str, source: Path, folder: Path, options: argparse.Namespace
) -> Iterator[tuple[str, list[Path]]]:
    """The development tasks by tier, or fresh tasks."""
    if not options.fresh:
        for tier in options.tiers.split(","):
            yield tier, sorted(source.glob(f"{tier}-*.pddl"))
        return
    rng = random.Random(options.seed)
    tasks = []
    for number, sizes in enumerate(FRESH[name][1] * options.fresh):
        task = folder / f"fresh-{number:03}.pddl"
        task.write_text(fresh_task(name, sizes, task.stem, rng), encoding="utf-8")
        tasks.append(task)
    yield "fresh", tasks


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


def _against_best(domain: str, attempts: list[Attempt]) -> str:
    """Plan lengths over the best known."""
    best = best_lengths()
    known = [(a, *best[f"{domain}/{a.name}.pddl"]) for a in attempts
             if a.length and f"{domain}/{a.name}.pddl" in best]  # fmt: skip
    if not known:
        return f"{'':<12}no other length is known"
    ratios = [(attempt.length or 0) / length for attempt, length, _ in known]
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    longer = [f"{attempt.name} {attempt.length}/{length} ({whose})"
              for attempt, length, whose in known
              if (attempt.length or 0) > _TENTH * length]  # fmt: skip
    return (
        f"{'':<12}over the best known of {len(known)} tasks: {mean:.2f}; above {_TENTH}: "
        f"{', '.join(longer) or 'none'}"
    )


def _references() -> dict[str, float]:
    manifest = BENCHMARKS / "pddl" / "MANIFEST.csv"
    if not manifest.is_file():
        return {}
    with manifest.open(encoding="utf-8", newline="") as file:
        return {
            row["file"]: float(row["reference_cost"])
            for row in csv.DictReader(file)
            if row["reference_cost"]
        }


if __name__ == "__main__":
    sys.exit(main())
