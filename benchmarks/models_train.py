"""Text models fitted to small blocks tasks, judged by what beam search solves with them."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import ROOT, task_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepModel
    from planner.kr.task import Task

__all__ = ["blocks_tasks", "print_training", "solved_by_beam"]

BASE = ROOT / "rules" / "blocksworld"
SIZES, TASKS = (8, 12, 16, 20), 10
EXPANSIONS = 2_000


def blocks_tasks(count: int, tasks: int = TASKS) -> list[Task]:
    """Random tasks of ``count`` blocks, with seeds no file uses."""
    from planner.io.load import load_task_text

    generate = task_generator("blocksworld")
    return [
        load_task_text(generate.task_text(count, 1_000 + seed), folder=BASE / "tasks")
        for seed in range(tasks)
    ]


def solved_by_beam(model: StepModel, tasks: Sequence[Task]) -> tuple[int, float, float]:
    """How many tasks beam 8 solves, mean plan length, and CPU seconds of all."""
    from planner.search.beam import Beam
    from planner.search.limits import Limits
    from planner.solve import solve

    started, lengths = time.process_time(), []
    for task in tasks:
        limits = Limits(expansions=EXPANSIONS)
        result = solve(task, search=Beam(8), model=model, limits=limits)
        if result.plan is not None:
            lengths.append(len(result.plan))
    spent = time.process_time() - started
    return len(lengths), sum(lengths) / max(1, len(lengths)), spent


def print_training(kinds: Sequence[str], seconds: float, seed: int, vectors: str) -> None:
    """Fit each kind for so many CPU seconds, and print what it solves by number of blocks."""
    from planner.learn.train import train
    from planner.models.pretrained import load_model

    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            report = train(
                BASE, Path(folder) / "model", kind=kind, minutes=seconds / 60, seed=seed,
                **({"vectors": vectors} if vectors else {}),
            )  # fmt: skip
            print(
                f"{kind}{f' --vectors {vectors}' if vectors else ''}, seed {seed}: "
                f"{report.fit_s:.0f} CPU s of fitting, {report.steps:,} steps, {report.states:,} "
                f"labelled states of at most {max(report.tasks)} blocks",
                flush=True,
            )
            model = load_model(Path(folder) / "model")
            for size in SIZES:
                solved, length, spent = solved_by_beam(model, blocks_tasks(size))
                print(
                    f"  {size:>3} blocks: beam 8 solves {solved} of {TASKS}, mean plan length "
                    f"{length:.1f}, {spent:.1f} CPU s",
                    flush=True,
                )
