"""What learned rules fail and rules with a step model among them reach.

    python -m benchmarks.reach --domains barman-sat14-strips,sokoban --keep DIR [--minutes 4]
    python -m benchmarks.reach --domains sokoban --keep DIR --development --cpu 60

For each domain rules and a relational model are learned from small tasks, then larger ones are
solved two ways. At equal expansions: rules alone (followed, then searched by regret), rules with
the model (which chooses among them, goes on where they end, and guides the search), and the model
alone. At equal CPU seconds: whole `planner solve` processes with rules, with both, with the model
and with neither; where rules lead nowhere these go on by plain search. Cells are plan lengths, or
a dash. The tasks are fresh ones of sizes between and beyond what was trained on, or with
``--development`` the development tasks. ``--keep DIR`` keeps what was trained and uses what is
there already. Every plan is validated.
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
    "barman-sat14-strips": ((4, 8, 12), (5, 12, 18), (6, 20, 30), (6, 30, 45), (6, 40, 60)),
    "tpp": ((6, 3, 5, 6), (8, 3, 6, 6), (12, 4, 6, 6), (20, 4, 8, 6), (40, 6, 10, 6)),
}
"""Sizes of classic tasks between those to learn from and the large ones."""

TRAINING = {
    "barman-sat14-strips": (
        *((3, 2, 3), (4, 4, 6), (4, 6, 9), (5, 8, 12), (5, 10, 15), (6, 12, 18), (6, 16, 24)),
        (6, 20, 30),
    )
}
"""Sizes to train a model on where the smallest tasks would not do."""

OURS = ("rules", "rules + model", "model", "neither")
_TASKS_OF_A_SIZE = 4
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
    parser.add_argument("--development", action="store_true", help="not fresh tasks")
    parser.add_argument("--largest", type=int, default=99, help="so many sizes at most")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was trained")
    options = parser.parse_args()
    columns = []
    if options.expansions:
        columns += [f"{name}, {options.expansions:,} exp." for name in OURS[:3]]
    if options.cpu:
        columns += [f"{name}, {options.cpu:g} CPU s" for name in OURS]
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
    """Rules and a model in a folder, if they are not there: the model learns from search alone."""
    if (folder / "model" / "config.json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_source(domain) / "domain.pddl", folder / "domain.pddl")
    command = [sys.executable, "-m", "planner", "train", "--quiet", "--domain", "domain.pddl"]
    small = _small(domain, folder, SMALL.get(domain, ()), "small")
    rules = ["--kind", "rules", "--rules-cpu", str(options.rules_cpu)]
    model = ["--kind", "relational", "--rules-cpu", "0", "--minutes", str(options.minutes)]
    given = _small(domain, folder, TRAINING[domain], "given") if domain in TRAINING else small
    for tasks, more in ((small, rules), (given, [*model, "--out", "model"])):
        done = run([*command, *tasks, *more], cpu_s=3600, folder=folder)
        if done.code:
            raise SystemExit(done.output)


def _small(domain: str, folder: Path, sizes: Sequence[tuple[int, ...]], stem: str) -> list[Path]:
    if domain not in CLASSIC:
        return sorted((_source(domain) / "train").glob("*.pddl"))
    rng = random.Random(f"{stem} reach")
    return [
        _written(folder / f"{stem}-{n:02}.pddl", classic_task(domain, size, f"{stem}-{n}", rng))
        for n, size in enumerate([*sizes] * _TASKS_OF_A_SIZE)
    ]


def _written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _tasks(domain: str, folder: Path, options: argparse.Namespace) -> list[Path]:
    """What to solve, as files."""
    if options.development:
        return [file for tier in ("easy", "medium", "hard")
                for file in sorted(_source(domain).glob(f"{tier}-*.pddl"))]  # fmt: skip
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
        cells += [_by_time(folder, task, name, options.cpu) for name in OURS]
    return cells


def _by_time(folder: Path, task: Path, name: str, cpu_s: float) -> int | None:
    """Length of the plan of a whole process."""
    with tempfile.TemporaryDirectory() as scratch:
        plan = Path(scratch) / "plan"
        command: list[str | Path] = [sys.executable, "-m", "planner", "solve", "--quiet"]
        command += ["--cpu", str(cpu_s - 0.2)]
        command += ["--memory", "4000", "--plan-out", plan, "--domain", folder / "domain.pddl"]
        command += ["--model", str(folder / "model") if "model" in name else "none"]
        command += [] if "rules" in name else ["--no-learned"]
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

    from planner.learn.exam_tasks import space_for
    from planner.search.limits import Limits, Meter
    from planner.search.rule_steps import RuleSteps
    from planner.search.ungrounded import follow_rules

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
    from planner.learn.exam_tasks import space_for
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
