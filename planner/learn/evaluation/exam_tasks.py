"""The tasks of an evaluation: larger than those trained on, or named files not trained on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.learn.tasks.digest import digest
from planner.learn.tasks.examples import file_hash, is_open_base
from planner.learn.tasks.generate import Generator, space_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import Task
    from planner.learn.tasks.examples import Base

__all__ = ["count_steps", "fresh_tasks", "space_for", "unseen"]

_BEYOND = (2, 4, 8)  # objects more than in the largest task trained on
_OPEN_BEYOND = (1, 2)  # where actions compute: steps grow with the square of the objects
_COUNTED = 8  # small tasks whose best steps the frequency model counts


def fresh_tasks(
    base: Base,
    count: int,
    seeds: Sequence[int],
    report: Mapping[str, object],
    sizes: Sequence[int] = (),
) -> dict[int, list[Task]]:
    """Generated tasks by seed, each of a size no training task had, if ``sizes`` does not say.

    Args:
        base: rule base and examples.
        count: tasks for each seed.
        seeds: draw the tasks.
        report: of the training, as kept beside the weights; may be empty.
        sizes: numbers of objects.

    Raises:
        InputError: when no task can be made.
    """
    trained = report.get("tasks")
    known = [int(size) for size in trained] if isinstance(trained, dict) else []
    largest = max([len(task.objects) for task in base.examples] + known, default=4)
    beyond = _OPEN_BEYOND if is_open_base(base) else _BEYOND
    chosen = list(sizes) or [largest + more for more in beyond]
    marks = report.get("fingerprints")
    found: dict[int, list[Task]] = {}
    for seed in seeds:
        # A string of its own, so that no seed of a training draws the same tasks.
        generator = Generator(base.rules, base.examples, random.Random(f"eval {seed}"))
        generator.banned.update(marks if isinstance(marks, list) else ())
        generator.banned.update(digest(task) for own in found.values() for task in own)
        # What does not divide evenly goes to the larger sizes, which are what is asked about.
        shares = [(count + place) // len(chosen) for place in range(len(chosen))]
        pairs = zip(chosen, shares, strict=True)
        found[seed] = [task for size, share in pairs for task in generator.tasks(size, share)]
    if not any(found.values()):
        raise InputError(f"no task could be made from {base.rules.source}: name some tasks")
    return found


def unseen(
    tasks: Sequence[tuple[Path, Task]], report: Mapping[str, object]
) -> tuple[list[Task], list[str]]:
    """Tasks that the training did not see, and sentences on those left out."""
    examples = report.get("examples")
    rows = examples if isinstance(examples, list) else []
    seen = {row.get("sha256") for row in rows if isinstance(row, dict)}
    kept, notes = [], []
    for file, task in tasks:
        if file_hash(file) in seen:
            notes.append(f"{file} was used in training and is left out")
        else:
            kept.append(task)
    return kept, notes


def count_steps(base: Base, space_of: Callable[[Task], StepSpace], seed: int = 0) -> StepModel:
    """A frequency model of the best steps of a few small generated tasks."""
    from planner.learn.fitting.frequency_learner import count_best_steps
    from planner.learn.lessons.curriculum import collect

    rng = random.Random(f"frequency {seed}")
    generator = Generator(base.rules, base.examples, rng, space_of)
    data = collect(generator, (base.smallest, base.smallest + 1), _COUNTED // 2, rng)
    return count_best_steps(data.labelled)
