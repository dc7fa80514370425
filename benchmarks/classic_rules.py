"""Learned control rules on classic domains, beside the planner without them.

    python -m benchmarks.classic_rules [--domains gripper,driverlog] [--learn 20] [--cpu 10]
    python -m benchmarks.classic_rules --large [--seed 1]
    python -m benchmarks.classic_rules --largest

For each domain rules are learned, then instances are solved with the rules and without, each a
`planner solve` process of its own. The first line learns from the smallest instance of the
benchmark folder and from tasks that ``train`` makes like it, and solves the next larger ones. The
second learns from small tasks of `benchmarks.classic_tasks` and solves large ones. The table shows
coverage and the length of plans. The third learns like the second; then what is to be done in a
task is doubled, by the same rule in every domain, until it is not solved, once with the rules and
once without, and the table shows the largest size that was. ``--keep DIR`` keeps what was learned
in a folder and uses what is there already.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.classic_tasks import LARGE, SMALL, classic_task, doubled
from benchmarks.common import BENCHMARKS, run

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALL_TASKS = 6
"""Small tasks of each size to learn from."""

_MOST_DOUBLED = 12
"""Sizes tried at most."""

PLANNER = (sys.executable, "-m", "planner")


def main() -> int:
    """Print the table; 0 when rules never solve fewer instances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", default=",".join(SMALL))
    parser.add_argument("--learn", type=float, default=20.0, help="CPU seconds of learning")
    parser.add_argument("--cpu", type=float, default=10.0, help="CPU seconds for a task")
    parser.add_argument("--tasks", type=int, default=4, help="instances of a domain at most")
    parser.add_argument("--large", action="store_true", help="large tasks made for this instead")
    parser.add_argument("--largest", action="store_true", help="double until nothing is solved")
    parser.add_argument("--seed", type=int, default=0, help="of the large tasks")
    parser.add_argument("--keep", type=Path, help="a folder that keeps learned rules")
    options = parser.parse_args()
    if not (BENCHMARKS / "pddl").is_dir():
        print(f"skipped: no benchmark folder at {BENCHMARKS} (set PLANNER_BENCHMARKS)")
        return 0
    if options.largest:
        return _print_largest(options)
    print(f"{'domain':<24}{'rules':>6}{'learn s':>9}  solved with, without; lengths of plans")
    counts = [_counts(name, options) for name in options.domains.split(",")]
    every, with_rules, without = (sum(column) for column in zip(*counts, strict=True))
    better = sum(more > fewer for _, more, fewer in counts)
    print(f"with rules {with_rules}, without {without} of {every}; more in {better} domains")
    return 1 if any(fewer < more for _, fewer, more in counts) else 0


def _print_largest(options: argparse.Namespace) -> int:
    """The table of largest sizes; 0 when rules never solve less."""
    print(f"{'domain':<24}{'rules':>6}{'learn s':>9}  first size; doubled with, without; lengths")
    reached = []
    for name in options.domains.split(","):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            shutil.copy(BENCHMARKS / "pddl" / name / "domain.pddl", folder)
            training = _made(folder, name, "small", SMALL[name] * _SMALL_TASKS, options.seed)
            options.large = True
            line = f"{name:<24}" + _learn(folder, training, name, options)
            with_rules = _series(folder, name, options)
            without = _series(folder, name, options, "--no-learned")
        reached.append((len(with_rules), len(without)))
        size = "x".join(map(str, doubled(name, 0)))
        lengths = ", ".join(
            f"{a or '-'}/{b or '-'}"
            for a, b in itertools.zip_longest(with_rules, without, fillvalue=None)
        )
        # Solved as it is and doubled twice is three tasks; nothing solved is -1 times.
        times = f"{len(with_rules) - 1}, {len(without) - 1}"
        print(f"{line}  {size}; {times} times; {lengths}", flush=True)
    better = sum(more > fewer for more, fewer in reached)
    worse = sum(more < fewer for more, fewer in reached)
    print(f"larger with rules in {better} of {len(reached)} domains, smaller in {worse}")
    return 1 if worse else 0


def _series(folder: Path, name: str, options: argparse.Namespace, *more: str) -> list[int]:
    """Lengths of plans for tasks that double, up to the first that is not solved."""
    lengths: list[int] = []
    while len(lengths) < _MOST_DOUBLED:
        size = doubled(name, len(lengths))
        task = folder / f"double-{len(lengths)}.pddl"
        rng = random.Random(f"{size} {options.seed}")
        task.write_text(classic_task(name, size, task.stem, rng), encoding="utf-8")
        length = _solve(folder, task, options.cpu, *more)
        if length is None:
            break
        lengths.append(length)
    return lengths


def _counts(name: str, options: argparse.Namespace) -> tuple[int, int, int]:
    """Tasks of a domain, those solved with rules, and those solved without."""
    source = BENCHMARKS / "pddl" / name
    problems = sorted(
        (path for path in source.glob("*.pddl") if path.name != "domain.pddl"),
        key=lambda path: path.stat().st_size,
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copy(source / "domain.pddl", folder)
        if options.large:
            training = _made(folder, name, "small", SMALL[name] * _SMALL_TASKS, options.seed)
            given = _made(folder, name, "large", LARGE[name], options.seed)
        else:
            training, given = problems[:1], problems[1:]
        line = f"{name:<24}" + _learn(folder, training, name, options)
        pairs = [
            (_solve(folder, task, options.cpu), _solve(folder, task, options.cpu, "--no-learned"))
            for task in given[: options.tasks]
        ]
    with_rules = sum(a is not None for a, _ in pairs)
    without = sum(b is not None for _, b in pairs)
    lengths = ", ".join(f"{a or '-'}/{b or '-'}" for a, b in pairs)
    print(f"{line}  {with_rules}, {without} of {len(pairs)}; {lengths}", flush=True)
    return len(pairs), with_rules, without


def _made(
    folder: Path, name: str, stem: str, sizes: Sequence[tuple[int, ...]], seed: int
) -> list[Path]:
    """Tasks of these sizes as files."""
    rng = random.Random(f"{stem} {seed}")
    tasks = []
    for number, size in enumerate(sizes):
        task = folder / f"{stem}-{number:02}.pddl"
        task.write_text(classic_task(name, size, task.stem, rng), encoding="utf-8")
        tasks.append(task)
    return tasks


def _learn(folder: Path, training: Sequence[Path], name: str, options: argparse.Namespace) -> str:
    """Learn rules beside the domain; their number and the CPU seconds as text."""
    learned = folder / "learned.yaml"
    stem = f"{name}-large" if options.large else name
    kept = options.keep / f"{stem}.yaml" if options.keep else None
    spent = "kept"
    if kept is not None and kept.is_file():
        shutil.copy(kept, learned)
    else:
        command = [*PLANNER, "train", "--quiet", "--rules-cpu", f"{options.learn}"]
        command += ["--domain", folder / "domain.pddl", *training]
        usage = run(command, cpu_s=4 * options.learn, folder=folder)
        spent = f"{usage.cpu_s:.1f}"
        if usage.code or not learned.is_file():
            return f"{'none':>6}{spent:>9}"
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(learned, kept)
    count = learned.read_text(encoding="utf-8").count("\n  - name:")
    return f"{count:>6}{spent:>9}"


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
