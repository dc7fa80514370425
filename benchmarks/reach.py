"""What learned rules fail and rules with a step model among them reach.

    python -m benchmarks.reach --domains barman-sat14-strips,sokoban --keep DIR [--minutes 3]
    python -m benchmarks.reach --domains sokoban --keep DIR --development easy,medium --cpu 60

For each domain `planner train` learns rules and a relational model from small tasks, then larger
ones are solved: at equal expansions, and by whole `planner solve` processes at equal CPU seconds.
*Rules* are followed and then searched by regret, without plain search (``--search rules``). *Rules
+ model* is the same search with the model, which chooses among rules and goes on where they end.
*Model* is regret search without rules, *default* what `solve` does without rules and model, *all*
what it does with both. Cells are plan lengths, or a dash. The tasks are fresh ones of sizes between
and beyond what was trained on, or with ``--development`` the development tasks. ``--keep DIR``
keeps what was trained and uses what is there already. Every plan is validated.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.classic_tasks import CLASSIC, SMALL, classic_task
from benchmarks.common import BENCHMARKS, run
from benchmarks.grid_tasks import GRID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import Guide, StepModel, StepSpace
    from planner.kr.task import RuleBase, Task

BETWEEN = {
    "barman-sat14-strips": ((4, 8, 12), (5, 12, 18), (6, 16, 24), (6, 20, 30), (6, 30, 45)),
    "tpp": ((6, 3, 5, 6), (8, 3, 6, 6), (12, 4, 6, 6), (20, 4, 8, 6), (40, 6, 10, 6)),
}
"""Sizes of classic tasks between those to learn from and the large ones."""

SEARCHES = {
    "rules": ("--search", "rules"),
    "rules + model": ("--search", "rules"),
    "model": ("--search", "regret", "--no-learned"),
    "default": ("--no-learned",),
    "all": (),
}
"""Options of `planner solve`; whether the model is used stands in the name."""

WITH_MODEL = ("rules + model", "model", "all")
_TASKS_OF_A_SIZE = 6
_MOST_CPU_S = 120.0  # of a run that counts expansions


def main() -> int:
    """Print a row for each task; 0 always, as nothing is promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", default="barman-sat14-strips,sokoban,floortile")
    parser.add_argument("--minutes", type=float, default=4.0, help="CPU minutes of fitting")
    parser.add_argument("--rules-cpu", type=float, default=60.0, help="CPU seconds for rules")
    parser.add_argument("--expansions", type=int, default=2000, help="0 for none of these runs")
    parser.add_argument("--cpu", type=float, default=10.0, help="0 for none of these runs")
    parser.add_argument("--count", type=int, default=1, help="fresh tasks of each size")
    parser.add_argument("--seed", type=int, default=0, help="of the fresh tasks")
    parser.add_argument("--development", default="", help="their tiers, instead of fresh tasks")
    parser.add_argument("--largest", type=int, default=99, help="so many sizes at most")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was trained")
    options = parser.parse_args()
    if not (BENCHMARKS / "pddl").is_dir():
        print(f"skipped: no benchmark folder at {BENCHMARKS} (set PLANNER_BENCHMARKS)")
        return 0
    columns = []
    if options.expansions:
        columns += [f"{name}, {options.expansions:,} exp." for name in list(SEARCHES)[:3]]
    if options.cpu:
        columns += [f"{name}, {options.cpu:g} CPU s" for name in SEARCHES]
    print("\n| " + " | ".join(["task", *columns]) + " |\n" + "|---" * (len(columns) + 1) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for domain in options.domains.split(","):
            folder = ((options.keep or Path(scratch)) / domain).resolve()
            _train(domain, folder, options)
            totals = [0] * len(columns)
            tasks = _tasks(domain, Path(scratch), options)
            for task in tasks:
                cells = _attempts(folder, task, options)
                totals = [n + (cell is not None) for n, cell in zip(totals, cells, strict=True)]
                _print(f"{domain} {task.stem}", ["-" if cell is None else cell for cell in cells])
            _print(f"**{domain}, of {len(tasks)}**", [f"**{total}**" for total in totals])
    return 0


def _print(name: str, cells: Sequence[object]) -> None:
    print("| " + " | ".join(str(cell) for cell in (name, *cells)) + " |", flush=True)


def _source(domain: str) -> Path:
    return BENCHMARKS / "pddl" / (domain if domain in CLASSIC else f"lt-{domain}")


def _train(domain: str, folder: Path, options: argparse.Namespace) -> None:
    """Rules and a model in a folder, if they are not there."""
    if (folder / "model" / "config.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_source(domain) / "domain.pddl", folder / "domain.pddl")
    command = [sys.executable, "-m", "planner", "train", "--quiet", "--domain", "domain.pddl"]
    command += ["--kind", "relational", "--minutes", str(options.minutes), "--out", "model"]
    tasks = _small(domain, folder)
    done = run([*command, "--rules-cpu", str(options.rules_cpu), *tasks], cpu_s=3600, folder=folder)
    if done.code:
        raise SystemExit(done.output)


def _small(domain: str, folder: Path) -> list[Path]:
    """Tasks to learn from."""
    if domain not in CLASSIC:
        return sorted((_source(domain) / "train").glob("*.pddl"))
    rng = random.Random("small 0")
    stems = [f"small-{number:02}" for number in range(_TASKS_OF_A_SIZE * len(SMALL[domain]))]
    return [
        _written(folder / f"{stem}.pddl", classic_task(domain, size, stem, rng))
        for stem, size in zip(stems, SMALL[domain] * _TASKS_OF_A_SIZE, strict=True)
    ]


def _written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _tasks(domain: str, folder: Path, options: argparse.Namespace) -> list[Path]:
    """What to solve, as files."""
    if options.development:
        tiers = options.development.split(",")
        return [file for tier in tiers for file in sorted(_source(domain).glob(f"{tier}-*.pddl"))]
    rng = random.Random(f"{domain} {options.seed}")
    sizes = BETWEEN[domain] if domain in CLASSIC else GRID[domain][1]
    tasks = []
    for size in sizes[: options.largest]:
        for number in range(options.count):
            name = "-".join(map(str, (*size, number)))
            if domain in CLASSIC:
                text = classic_task(domain, size, f"t{name}", rng)
            else:
                text = GRID[domain][0](rng, *size).text(domain, f"t{name}")
            tasks.append(_written(folder / f"{name}.pddl", text))
    return tasks


def _attempts(folder: Path, task: Path, options: argparse.Namespace) -> list[int | None]:
    """The cells of a row."""
    cells: list[int | None] = []
    if options.expansions:
        cells += _by_expansions(folder, task, options.expansions)
    if options.cpu:
        cells += [_by_time(folder, task, name, options.cpu) for name in SEARCHES]
    return cells


def _by_time(folder: Path, task: Path, name: str, cpu_s: float) -> int | None:
    """Length of the plan of a whole process."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = Path(scratch) / "plan"
        command: list[str | Path] = [sys.executable, "-m", "planner", "solve", "--quiet"]
        command += ["--cpu", str(cpu_s - 0.2)]
        command += ["--memory", "4000", "--plan-out", plan, "--domain", folder / "domain.pddl"]
        command += ["--model", folder / "model" if name in WITH_MODEL else "none"]
        command += SEARCHES[name]
        done = run([*command, task], cpu_s=cpu_s + 2, memory_mb=6000, folder=Path(scratch))
        if done.code not in (0, 3, 23) or "Traceback" in done.output:
            print(done.output, file=sys.stderr)
        if not plan.is_file() or done.cpu_s > cpu_s + 0.3:
            return None
        return sum(row[:1] == "(" for row in plan.read_text(encoding="utf-8").splitlines())


def _by_expansions(folder: Path, file: Path, most: int) -> list[int | None]:
    """Lengths of the plans by rules, by rules with the model, and by the model."""
    from planner.guides.model_guide import ModelGuide
    from planner.guides.uniform import Uniform
    from planner.io.pddl.load import load_pddl
    from planner.learned import use_learned

    task = load_pddl(folder / "domain.pddl", file)[0]
    learned, model, _ = use_learned(task, str(folder / "model"))
    assert model is not None, "a model was trained"
    return [
        _followed(task, learned.rules, Uniform(), None, most),
        _followed(task, learned.rules, ModelGuide(model), model, most),
        _searched(task, ModelGuide(model), most),
    ]


def _followed(
    task: Task, rules: RuleBase, guide: Guide, model: StepModel | None, most: int
) -> int | None:
    """By rules: followed, with what a model makes of them, then regret over their steps."""
    from dataclasses import replace

    from planner.learn.evaluation.exam_tasks import space_for
    from planner.search.following import follow_rules
    from planner.search.limits import Limits, Meter
    from planner.search.rule_steps import RuleSteps

    advised = replace(task, rules=rules)
    meter = Meter(Limits(expansions=most, cpu_s=_MOST_CPU_S))
    followed = follow_rules(advised, "rules", meter, 0, model)
    if followed is not None and followed.steps is not None:
        return _valid(followed.space, followed.steps)
    space = space_for(advised)
    outcome = RuleSteps(rollout=False).run(space, guide, meter)
    return None if outcome.steps is None else _valid(space, outcome.steps)


def _searched(task: Task, guide: Guide, most: int) -> int | None:
    """By the model alone."""
    from planner.learn.evaluation.exam_tasks import space_for
    from planner.search.limits import Limits, Meter
    from planner.search.regret import Regret

    space = space_for(task)
    outcome = Regret().run(space, guide, Meter(Limits(expansions=most, cpu_s=_MOST_CPU_S)))
    return None if outcome.steps is None else _valid(space, outcome.steps)


def _valid(space: StepSpace, steps: Sequence[int]) -> int:
    from planner.plan import Plan
    from planner.validate import validate

    verdict = validate(space.task, Plan(tuple(space.describe(step) for step in steps)))
    if not verdict.ok:
        raise SystemExit(f"the plan of {space.task.name} is not valid")
    return len(steps)


if __name__ == "__main__":
    sys.exit(main())
