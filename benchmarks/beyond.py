"""Beyond the training size, with every name drawn at random.

    python -m benchmarks.beyond [--domains gripper,visitall] [--minutes 1] [--seeds 3] [--keep DIR]

For blocks, gripper, visitall and logistics: predicates, actions and types get names drawn at
random, rules and a relational model are learned from small tasks, then tasks larger than any of
these are solved, whose objects get names of their own draw. So no name says anything, and none of
an object was ever seen. The table counts what is solved within ``--cpu`` seconds by the model alone
(regret search without rules, at most ``--expansions``), by the model beside the heuristic, as
`planner solve` uses it, by learned rules, and by the heuristic alone. Every plan is validated.
"""

from __future__ import annotations

import argparse
import random
import re
import string
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ablations import fitting_of
from benchmarks.classic_tasks import SMALL, classic_task
from benchmarks.common import BENCHMARKS, run
from benchmarks.fresh_tasks import fresh_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.kr.task import Task
    from planner.learn.evaluation.ablation import Entrant

COLUMNS = ("model", "model + heuristic", "rules", "heuristic")
_KEYWORDS = frozenset(
    {"define", "domain", "problem", "and", "or", "not", "imply", "forall", "exists", "when",
     "either", "object", "minimize", "increase", "total-cost"}
)  # fmt: skip
_SMALL_TASKS = 6
"""Small tasks of each size to learn from."""

BLOCKS = "lt-blocksworld"
SMALL_OF = {
    BLOCKS: ((3,), (4,), (5,), (6,), (7,), (8,)),
    **{name: SMALL[name] for name in ("gripper", "visitall-sat11-strips", "logistics98")},
}
"""Each domain's folder, and the sizes to learn from."""

# fmt: off
LARGER = {
    BLOCKS: ((12,), (16,), (20,), (30,), (40,)),
    "gripper": ((16, 2), (24, 2), (32, 2), (48, 4), (64, 4)),
    "visitall-sat11-strips": ((9, 100), (10, 80), (12, 100), (14, 70), (16, 100)),
    "logistics98": ((6, 4, 14, 3), (8, 4, 20, 3), (10, 4, 30, 4), (12, 5, 40, 4), (16, 5, 60, 5)),
}
"""Sizes beyond."""
# fmt: on


def main() -> int:
    """Print a row for each domain and seed; 0 when model and heuristic solved every task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", default="blocksworld,gripper,visitall,logistics")
    parser.add_argument("--minutes", type=float, default=1.0, help="CPU minutes of fitting")
    parser.add_argument("--rules-cpu", type=float, default=20.0, help="CPU seconds for rules")
    parser.add_argument("--expansions", type=int, default=2000, help="of the model alone")
    parser.add_argument("--cpu", type=float, default=10.0, help="CPU seconds for a task")
    parser.add_argument("--tasks", type=int, default=2, help="of each larger size")
    parser.add_argument("--seeds", type=int, default=1, help="of names, tasks and training")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was learned")
    options = parser.parse_args()
    print("| domain | seed | training | tasks | " + " | ".join(COLUMNS) + " |")
    print("|---" * (4 + len(COLUMNS)) + "|")
    missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for wanted in options.domains.split(","):
            name = next(folder for folder in SMALL_OF if wanted in folder)
            for seed in range(options.seeds):
                folder = ((options.keep or Path(scratch)) / f"{name}-{seed}").resolve()
                missed += _row(name, seed, folder, options)
    return 1 if missed else 0


def _row(name: str, seed: int, folder: Path, options: argparse.Namespace) -> int:
    """Print how a domain fares; the tasks that model and heuristic did not solve."""
    from planner.io.pddl.load import load_pddl

    domain, small, large = _write(name, seed, folder, options.tasks)
    training = _train(domain, small, seed, options)
    tasks = [load_pddl(domain, file)[0] for file in large]
    entrants = _entrants(tasks[0], domain.parent)
    cells, missed = [], 0
    for column in COLUMNS:
        lengths = [_length(task, entrants.get(column), column, options) for task in tasks]
        solved = [length for length in lengths if length is not None]
        mean = f"{sum(solved) / len(solved):.1f}" if solved else "-"
        cells.append(f"{len(solved)}/{len(tasks)} ({mean})")
        missed += len(tasks) - len(solved) if column == "model + heuristic" else 0
    cells = [wanted_name(name), str(seed), training, str(len(tasks)), *cells]
    print("| " + " | ".join(cells) + " |", flush=True)
    return missed


def wanted_name(folder: str) -> str:
    """A domain's name without its track."""
    return re.sub(r"^lt-|-sat11-strips$|98$", "", folder)


def _write(name: str, seed: int, folder: Path, count: int) -> tuple[Path, list[Path], list[Path]]:
    """Write the renamed domain with small and larger tasks."""
    rng = random.Random(f"{name} {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    text = (BENCHMARKS / "pddl" / name / "domain.pddl").read_text(encoding="utf-8")
    words = drawn_names(text, {}, rng)
    domain = folder / "domain.pddl"
    domain.write_text(renamed(text, words), encoding="utf-8")

    def tasks(kind: str, sizes: Sequence[Sequence[int]]) -> list[Path]:
        files = []
        for number, size in enumerate(sizes):
            plain = _task(name, size, f"{kind}-{number:02}", rng)
            files.append(folder / f"{kind}-{number:02}.pddl")
            own = words | drawn_names(plain, words, rng)
            files[-1].write_text(renamed(plain, own), encoding="utf-8")
        return files

    small = tasks("small", [size for size in SMALL_OF[name] for _ in range(_SMALL_TASKS)])
    return domain, small, tasks("large", [size for size in LARGER[name] for _ in range(count)])


def _task(name: str, size: Sequence[int], title: str, rng: random.Random) -> str:
    if name == BLOCKS:
        return fresh_task("blocksworld", size, title, rng)
    return classic_task(name, size, title, rng)


_NAME = re.compile(r"(?<![?:\w-])[A-Za-z][\w-]*")


def drawn_names(text: str, known: Mapping[str, str], rng: random.Random) -> dict[str, str]:
    """Eight random letters for each name of a PDDL file that has none yet, in lower case."""
    found = dict.fromkeys(match.lower() for match in _NAME.findall(_bare(text)))
    new = [name for name in found if name not in known and name not in _KEYWORDS]
    taken, drawn = set(known.values()), {}
    for name in new:
        word = ""
        while not word or word in taken:
            word = "".join(rng.choices(string.ascii_lowercase, k=8))
        taken.add(word)
        drawn[name] = word
    return drawn


def renamed(text: str, words: Mapping[str, str]) -> str:
    """A PDDL file with other names."""
    return _NAME.sub(lambda match: words.get(match[0].lower(), match[0]), _bare(text))


def _bare(text: str) -> str:
    """Without comments."""
    return re.sub(r";.*", "", text)


def _train(domain: Path, small: list[Path], seed: int, options: argparse.Namespace) -> str:
    folder = domain.parent
    if not (folder / "model" / "config.json").is_file():
        command: list[str | Path] = [sys.executable, "-m", "planner", "train", "--domain", domain]
        command += [*small, "--kind", "relational", "--minutes", str(options.minutes)]
        command += ["--rules-cpu", str(options.rules_cpu), "--seed", str(seed)]
        done = run([*command, "--out", folder / "model"], cpu_s=3600, folder=folder)
        if done.code:
            raise SystemExit(done.output)
    return fitting_of(folder / "model")


def _entrants(task: Task, folder: Path) -> dict[str, Entrant]:
    from planner.learn.evaluation.entrants import entrants_of
    from planner.learn.evaluation.exam_tasks import space_for
    from planner.learned import use_learned

    learned, model, _ = use_learned(task, str(folder / "model"))
    rules = learned.rules if learned.rules.control else None
    return entrants_of(space_for(task), None, model, rules)


def _length(
    task: Task, entrant: Entrant | None, column: str, options: argparse.Namespace
) -> int | None:
    """The length of a valid plan; ``None`` without one."""
    from planner.learn.evaluation.exam_tasks import space_for
    from planner.plan import Plan
    from planner.search.limits import Limits, Meter
    from planner.validate import validate

    if entrant is None:
        return None
    space = space_for(task if entrant.prepare is None else entrant.prepare(task))
    most = options.expansions if column == "model" else None
    meter = Meter(Limits(cpu_s=options.cpu, expansions=most))
    steps = entrant.search.run(space, entrant.guide, meter).steps
    if steps is None:
        return None
    verdict = validate(task, Plan(tuple(space.describe(step) for step in steps)))
    if not verdict.ok:
        raise SystemExit(f"{column}: the plan of {task.name} is not valid")
    return len(steps)


if __name__ == "__main__":
    sys.exit(main())
