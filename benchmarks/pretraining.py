"""Pretraining on seven domains of the learning track: what it brings when the eighth is learned.

    python -m benchmarks.pretraining [--base transport] [--minutes 2] [--seeds 3] [--steps 60]

Rules are learned for each domain, their plans and exact labels of small tasks are the lessons.
One relational network is pretrained on all domains but one; then that one is fitted from scratch
and from the pretrained weights, the same data in the same order, and six times on the way a search
with the model tries 24 fresh tasks larger than those trained on (`benchmarks.fresh_tasks`), 150
expansions each. ``--keep DIR`` keeps rules (``DIR/DOMAIN``) and pretrained weights.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, run
from benchmarks.fresh_tasks import FRESH, fresh_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.fitting.relational_learner import RelationalLearner
    from planner.learn.lessons.curriculum import Collection
    from planner.learn.tasks.examples import Base

DOMAINS = ("blocksworld", "childsnack", "ferry", "miconic", "rovers", "satellite", "spanner",
           "transport")  # fmt: skip
YARDSTICK = slice(1, 4)  # which sizes of fresh tasks, eight tasks of each
EXPANSIONS = 150
CHECKS = 6


def main() -> int:
    """Print a row for each seed and beginning, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="transport", help="the domain that is not pretrained on")
    parser.add_argument("--minutes", type=float, default=2.0, help="CPU minutes of pretraining")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--sizes", type=int, default=2, help="numbers of objects of made tasks")
    parser.add_argument("--tasks", type=int, default=8, help="made tasks of each size")
    parser.add_argument("--lessons", type=int, default=12, help="training tasks of each domain")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was learned")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        kept = (options.keep or Path(scratch)).resolve()
        bases = {name: _base(name, kept / name, options.lessons) for name in DOMAINS}
        start = kept / f"pretrained-without-{options.base}"
        if not (start / "config.json").is_file():
            _pretrain(
                [base for name, base in bases.items() if name != options.base], start, options
            )
        places = " | ".join(str(options.steps * (n + 1) // CHECKS) for n in range(CHECKS))
        print(f"| seed | begins | {places} |\n|---|---|" + "---|" * CHECKS)
        courses: dict[str, list[list[float]]] = {"from scratch": [], "pretrained": []}
        for seed in range(options.seeds):
            data = _data(bases[options.base], seed, options)
            yardstick = _yardstick(options.base, kept / options.base, seed)
            for how, own in courses.items():
                folder = start if how == "pretrained" else None
                own.append(
                    _course(bases[options.base], data, yardstick, seed, options.steps, folder)
                )
                print(f"| {seed} | {how} | {_cells(own[-1])} |", flush=True)
        for how, own in courses.items():
            means = [sum(column) / len(column) for column in zip(*own, strict=True)]
            print(f"| mean | {how} | {_cells(means)} |")
    return 0


def _cells(shares: Sequence[float]) -> str:
    return " | ".join(f"{100 * share:.0f} %" for share in shares)


def _base(name: str, folder: Path, lessons: int) -> Base:
    """A domain with learned rules as a teacher, and some of its training tasks."""
    from planner.io.pddl.load import load_pddl
    from planner.learn.rules.train import with_teacher
    from planner.learn.tasks.examples import base_of_tasks

    source = BENCHMARKS / "pddl" / f"lt-{name}"
    problems = sorted((source / "train").glob("*.pddl"))
    domain, learned = folder / "domain.pddl", folder / "learned.yaml"
    if not learned.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "domain.pddl", domain)
        command: list[str | Path] = [sys.executable, "-m", "planner", "train", "--quiet"]
        command += ["--kind", "rules", "--rules-cpu", "40", "--domain", domain, *problems]
        done = run(command, cpu_s=120, folder=folder)
        if done.code:
            raise SystemExit(done.output)
    base = base_of_tasks([(file, load_pddl(domain, file)[0]) for file in problems])
    every = max(1, len(base.lessons) // lessons)
    taught = with_teacher(base, learned) or base
    return replace(taught, lessons=base.lessons[::every][:lessons])


def _pretrain(bases: Sequence[Base], folder: Path, options: argparse.Namespace) -> None:
    from planner.learn.fitting.pretrain import pretrain

    sizes, tasks = options.sizes, options.tasks
    done = pretrain(bases, folder, options.minutes, sizes=sizes, tasks_per_size=tasks)
    print(f"{done.render()}\n", flush=True)


def _data(base: Base, seed: int, options: argparse.Namespace) -> Collection:
    from planner.learn.lessons.curriculum import collect
    from planner.learn.lessons.teacher import Teacher
    from planner.learn.tasks.generate import Generator

    rng = random.Random(seed)
    generator = Generator(base.rules, base.examples, rng)
    wanted = range(base.smallest, base.smallest + options.sizes)
    teacher = None if base.teacher is None else Teacher(base.teacher)
    return collect(generator, wanted, options.tasks, rng, base.lessons, teacher)


def _yardstick(name: str, folder: Path, seed: int) -> list[StepSpace]:
    """Fresh tasks, larger than most that were trained on."""
    from planner.io.pddl.load import load_pddl
    from planner.learn.evaluation.exam_tasks import space_for

    rng = random.Random(f"yardstick {seed}")
    spaces = []
    for number, sizes in enumerate(FRESH[name][1][YARDSTICK] * 8):
        file = folder / f"fresh-{number:02}.pddl"
        file.write_text(fresh_task(name, sizes, file.stem, rng), encoding="utf-8")
        spaces.append(space_for(load_pddl(folder / "domain.pddl", file)[0]))
        file.unlink()
    return spaces


def _course(
    base: Base,
    data: Collection,
    yardstick: Sequence[StepSpace],
    seed: int,
    steps: int,
    start: Path | None,
) -> list[float]:
    """The share solved at each check."""
    from planner.learn.fitting.fit import Budget, fit
    from planner.learn.fitting.foundation import Foundation
    from planner.learn.iterate import solved_share

    learner = _learner(base, data, seed)
    if start is not None:
        Foundation.load(start).begin(learner.network, seed)
    lessons = [x for space, states in data.labelled for x in learner.lessons(space, states)]
    shares: list[float] = []

    def check() -> float:
        shares.append(solved_share(learner.model({}), yardstick, EXPANSIONS))
        return 0.0  # never perfect, so that the fit goes on

    fit(learner, lessons, Budget(steps=steps), seed=seed, check=check)
    return shares


def _learner(base: Base, data: Collection, seed: int) -> RelationalLearner:
    from planner.learn.fitting.relational_learner import RelationalLearner
    from planner.learn.lessons.curriculum import reducible, step_width
    from planner.models.relational_numpy import HINT_LEVEL, RelationalShape
    from planner.models.vocabulary import Vocabulary

    spaces = [space for space, _ in data.labelled]
    vocabulary = Vocabulary.of(base.rules, reduced=reducible(spaces))
    shape = RelationalShape(step_width=step_width(spaces), hints=HINT_LEVEL)
    return RelationalLearner(vocabulary, shape, seed)


if __name__ == "__main__":
    sys.exit(main())
