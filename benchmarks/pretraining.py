"""Pretraining on other rule bases: solve rate of a new one against steps of fitting.

    python -m benchmarks.pretraining [--base logistics] [--minutes 1.5] [--seeds 2] [--steps 60]

Pretrains one relational network on `OTHERS` without the base, then fits the base from scratch and
from the pretrained weights, the same data and order, and asks six times on the way which share of
larger generated tasks a search with the model solves within 100 expansions.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepSpace
    from planner.learn.curriculum import Collection
    from planner.learn.examples import Base
    from planner.learn.relational_learner import RelationalLearner

OTHERS = ("blocksworld", "gripper", "logistics", "incident-runbook")
BEYOND = (4, 8, 12)  # objects of the yardstick tasks beyond the largest trained on


def main() -> int:
    """Print a row for each seed and beginning."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="logistics")
    parser.add_argument("--minutes", type=float, default=1.5, help="CPU minutes of pretraining")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--sizes", type=int, default=3)
    parser.add_argument("--pretrained", type=Path, help="weights that are there already")
    options = parser.parse_args()
    from planner.learn.examples import load_base
    from planner.learn.pretrain import pretrain

    with tempfile.TemporaryDirectory() as scratch:
        folder = options.pretrained
        if folder is None:
            folder = Path(scratch)
            names = [name for name in OTHERS if name != options.base]
            bases = [load_base(ROOT / "rules" / name) for name in names]
            print(pretrain(bases, folder, options.minutes, sizes=options.sizes).render())
        base = load_base(ROOT / "rules" / options.base)
        places = " | ".join(str(options.steps * (n + 1) // 6) for n in range(6))
        print(f"| seed | begins | {places} |\n|---|---|" + "---|" * 6)
        for seed in range(options.seeds):
            data, yardstick = _data(base, seed, options.sizes)
            for start in (None, folder):
                shares = _course(base, data, yardstick, seed, options.steps, start)
                cells = " | ".join(f"{100 * share:.0f} %" for share in shares)
                how = "from scratch" if start is None else "pretrained"
                print(f"| {seed} | {how} | {cells} |", flush=True)
    return 0


def _data(base: Base, seed: int, sizes: int) -> tuple[Collection, list[StepSpace]]:
    from planner.learn.curriculum import collect
    from planner.learn.generate import Generator

    rng = random.Random(seed)
    generator = Generator(base.rules, base.examples, rng)
    wanted = range(base.smallest, base.smallest + sizes)
    data = collect(generator, wanted, 16, rng)
    largest = max(data.tasks)
    tasks = [task for more in BEYOND for task in generator.tasks(largest + more, 6)]
    return data, [generator.space_of(task) for task in tasks]


def _course(
    base: Base,
    data: Collection,
    yardstick: Sequence[StepSpace],
    seed: int,
    steps: int,
    start: Path | None,
) -> list[float]:
    from planner.learn.fit import Budget, fit
    from planner.learn.foundation import Foundation
    from planner.learn.iterate import solved_share

    learner = _learner(base, data, seed)
    if start is not None:
        Foundation.load(start).begin(learner.network, seed)
    lessons = [x for space, states in data.labelled for x in learner.lessons(space, states)]
    shares: list[float] = []

    def check() -> float:
        shares.append(solved_share(learner.model({}), yardstick))
        return 0.0  # never perfect, so that the fit goes on

    fit(learner, lessons, Budget(steps=steps), seed=seed, check=check)
    return shares


def _learner(base: Base, data: Collection, seed: int) -> RelationalLearner:
    from planner.learn.curriculum import reducible, step_width
    from planner.learn.relational_learner import RelationalLearner
    from planner.models.relational_numpy import RelationalShape
    from planner.models.vocabulary import Vocabulary

    spaces = [space for space, _ in data.labelled]
    vocabulary = Vocabulary.of(base.rules, reduced=reducible(spaces))
    return RelationalLearner(vocabulary, RelationalShape(step_width=step_width(spaces)), seed)


if __name__ == "__main__":
    sys.exit(main())
