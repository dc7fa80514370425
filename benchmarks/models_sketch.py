"""Does it help a beam to follow sketches of plans that a sequence VAE draws?

The same model, width and bound on states judged; only the sketches differ: none, those of the VAE,
and the same sketches shuffled, which have the right actions in no order.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.models_train import BASE, TASKS, blocks_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from planner.interfaces import StepModel

__all__ = ["print_sketches"]

SIZES, WIDTH, BEAMS, EXPANSIONS = (6, 8, 12), 8, 4, 1_000
BONUS = 1.0


def print_sketches(steps: int, lstm_s: float, kinds: Sequence[str]) -> None:
    """A row a model, size and kind of sketch."""
    import torch

    from planner.learn.fitting.sketches import fit_vae, sketched_beam
    from planner.learn.tasks.examples import load_base
    from planner.learn.tasks.generate import Generator, ground_space
    from planner.models.latent import task_features
    from planner.models.vocabulary import Vocabulary

    torch.set_num_threads(1)
    base, rng = load_base(BASE), random.Random(0)
    generator = Generator(base.rules, base.examples, rng)
    vocabulary = Vocabulary.of(base.rules)
    spaces = [ground_space(t) for size in (3, 4, 5, 6) for t in generator.tasks(size, 16)]
    started = time.process_time()
    vae, loss = fit_vae(vocabulary, spaces, steps, seed=0)
    spent = time.process_time() - started
    print(f"VAE: {len(spaces)} tasks of 3 to 6 blocks, {spent:.0f} CPU s, loss {loss:.1f} a plan")
    print(f"beam {WIDTH} in {BEAMS} parts, at most {EXPANSIONS} states, {TASKS} tasks a row")
    print(
        f"{'model':<10} {'blocks':>6} {'none':>14} {'VAE':>14} {'shuffled':>14}  (solved, length)"
    )
    for name, model in priors(lstm_s, kinds):
        for size in SIZES:
            cells: dict[str, list[int]] = {"none": [], "VAE": [], "shuffled": []}
            for number, task in enumerate(blocks_tasks(size)):
                space = ground_space(task)
                features = task_features(vocabulary, space)
                drawn = vae.sketches(features, BEAMS, 6 * size, seed=number)
                mixed = [tuple(rng.sample(sketch, len(sketch))) for sketch in drawn]
                for kind, sketches in (("none", [()]), ("VAE", drawn), ("shuffled", mixed)):
                    found = sketched_beam(
                        space, model, sketches, width=WIDTH, bonus=BONUS, expansions=EXPANSIONS
                    )
                    if found.steps is not None:
                        cells[kind].append(len(found.steps))
            row = [f"{len(c)}, {sum(c) / max(1, len(c)):.1f}" for c in cells.values()]
            print(f"{name:<10} {size:>6} " + " ".join(f"{cell:>14}" for cell in row), flush=True)


def priors(lstm_s: float, kinds: Sequence[str]) -> Iterator[tuple[str, StepModel]]:
    """From no model to a good one."""
    from planner.learn.train import train
    from planner.models.baseline import UniformModel
    from planner.models.pretrained import load_model

    if "uniform" in kinds:
        yield "uniform", UniformModel()
    with tempfile.TemporaryDirectory() as folder:
        for kind in (k for k in kinds if k != "uniform"):
            train(BASE, Path(folder) / kind, kind=kind, minutes=lstm_s / 60)
            yield kind, load_model(Path(folder) / kind)
