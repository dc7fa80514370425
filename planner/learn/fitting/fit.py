"""Fit a network to lessons within a budget, with exact resume."""

from __future__ import annotations

import logging
import math
import random
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from planner.errors import ModelError
from planner.learn.fitting import checkpoint
from planner.learn.fitting.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from planner.learn.lessons.lesson import Learner, Lesson

__all__ = ["Budget", "Fitting", "copied_weights", "fit"]

_LOG = logging.getLogger(__name__)
_RATE, _DECAY, _WARM_UP, _CLIP = 1e-3, 0.01, 100, 1.0
_BATCH, _BATCH_WORK = 16, 4_000
_REPORT_S, _CHECKS = 5.0, 6
_MINUTE = 60.0

Encoded = TypeVar("Encoded")


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to fit: CPU seconds, or steps for runs that must repeat to the last bit.

    With both, whichever ends first; with neither, a CPU minute.
    """

    cpu_s: float | None = None
    steps: int | None = None

    def split(self, share: float) -> tuple[Budget, Budget]:
        """A share of it, and the rest."""
        first = None if self.steps is None else round(self.steps * share)
        rest = None if self.steps is None or first is None else self.steps - first
        cpu_s = self.seconds
        if cpu_s is None:
            return Budget(None, first), Budget(None, rest)
        return Budget(cpu_s * share, first), Budget(cpu_s * (1 - share), rest)

    @property
    def seconds(self) -> float | None:
        """The bound in CPU seconds, ``None`` where steps alone decide."""
        return _MINUTE if self.cpu_s is None and self.steps is None else self.cpu_s

    def spent(self, cpu_s: float, steps: int) -> float:
        """The share used up, 1 at the end."""
        bound = self.seconds
        of_steps = 0.0 if self.steps is None else steps / max(1, self.steps)
        return of_steps if bound is None else max(of_steps, cpu_s / max(1e-9, bound))


@dataclass(slots=True)
class Fitting:
    """The progress of a fit; everything that a checkpoint holds besides weights.

    Attributes:
        loss: running mean of the loss.
        solved: share of held-out tasks solved at the last check, ``None`` before the first.
        perfect: perfect checks in a row.
        checked: the step of the last check.
    """

    steps: int = 0
    cpu_s: float = 0.0
    states: int = 0
    loss: float = math.nan
    solved: float | None = None
    stopped_early: bool = False
    perfect: int = 0
    checked: int = -1

    def then(self, after: Fitting) -> Fitting:
        """Two fits as one, the other one the second."""
        steps, cpu_s, states = after.steps, after.cpu_s, after.states
        return replace(
            after,
            steps=self.steps + steps,
            cpu_s=self.cpu_s + cpu_s,
            states=self.states + states,
        )


def fit(
    learner: Learner[Encoded],
    lessons: Sequence[Lesson[Encoded]],
    budget: Budget,
    *,
    seed: int = 0,
    check: Callable[[], float] | None = None,
    check_every_s: float = 10.0,
    folder: Path | None = None,
    resume: bool = False,
    progress: Callable[[Fitting], None] | None = None,
    data: Mapping[str, str] | None = None,
) -> Fitting:
    """Fit with AdamW: warm-up, constant for the first half, then cosine.

    Args:
        learner: brings the network, its loss, and the lessons' form.
        lessons: what to fit; at least one.
        budget: when to end.
        seed: order of the lessons.
        check: share of held-out tasks the model solves now; the best weights are kept, and two
            perfect checks in a row end the fit.
        check_every_s: CPU seconds of fitting between checks; with a budget of steps alone a sixth
            of these instead, so that the clock decides nothing.
        folder: receives ``metrics.jsonl``, events for TensorBoard, and a checkpoint at each check.
        resume: go on from the folder's checkpoint where there is one.
        progress: told about every five CPU seconds.
        data: fingerprints of what the lessons were made from, by names for a person; a checkpoint
            with others is refused.

    Raises:
        ModelError: when a checkpoint to go on from is of another seed, network or data.
    """
    torch.set_num_threads(1)
    run = _Run(learner, lessons, budget, seed, folder, dict(data or {}))
    if resume:
        run.restore()
    else:
        run.forget()
    next_report = run.state.cpu_s
    due = _checks(run, budget, check_every_s)
    while not run.state.stopped_early and budget.spent(run.state.cpu_s, run.state.steps) < 1:
        run.step()
        if run.state.cpu_s >= next_report:
            next_report = run.state.cpu_s + _REPORT_S
            run.record()
            if progress is not None:
                progress(run.state)
        if check is not None and due():
            run.check(check)
    if check is not None and run.state.checked != run.state.steps:
        run.check(check)
    run.finish()
    return run.state


def _checks(run: _Run, budget: Budget, every_s: float) -> Callable[[], bool]:
    """Whether a check is due, by steps where the budget is one of steps alone, else by seconds."""
    state, by_steps = run.state, budget.seconds is None and every_s > 0
    every = max(1.0, (budget.steps or 0) / _CHECKS) if by_steps else every_s
    done = float(state.steps) if by_steps else state.cpu_s
    # Places counted from the start, so that a resumed fit checks where the whole one does.
    last = [math.floor(done / every) if by_steps else done]

    def due() -> bool:
        now = math.floor(state.steps / every) if by_steps else state.cpu_s
        if now - last[0] < (1 if by_steps else every):
            return False
        last[0] = now
        return True

    return due


class _Run:
    """Network, optimiser and order of lessons of one fit."""

    def __init__(
        self,
        learner: Learner[Encoded],
        lessons: Sequence[Lesson[Encoded]],
        budget: Budget,
        seed: int,
        folder: Path | None,
        data: dict[str, str],
    ) -> None:
        self.state = Fitting()
        self._learner = learner
        self._lessons = lessons
        self._budget = budget
        self._seed = seed
        self._data = data
        self._folder = folder
        self._metrics = Metrics(folder)
        self._network = learner.network
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), lr=_RATE, weight_decay=_DECAY
        )
        self._batches: list[list[int]] = []
        self._epoch = 0
        self._best: tuple[float, float] = (-1.0, 0.0)
        self._best_weights: dict[str, torch.Tensor] | None = None

    def step(self) -> None:
        """One batch."""
        started = time.process_time()
        if not self._batches:
            self._batches = self._plan_epoch()
        batch = [self._lessons[i] for i in self._batches.pop()]
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate()
        loss = self._learner.loss(batch)
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._network.parameters(), _CLIP)
        self._optimizer.step()
        state, value = self.state, float(loss.detach())
        state.loss = value if math.isnan(state.loss) else 0.98 * state.loss + 0.02 * value
        state.steps += 1
        state.states += len(batch)
        state.cpu_s += time.process_time() - started

    def check(self, check: Callable[[], float]) -> float:
        """Ask for the solve rate, keep the weights where it is the best so far."""
        solved = check()
        self.state.solved = solved
        self.state.checked = self.state.steps
        self.state.perfect = self.state.perfect + 1 if solved == 1 else 0
        self.state.stopped_early = self.state.perfect == 2
        self.record()
        # Of equal solve rates the later one has the lower loss.
        if (solved, self.state.cpu_s) >= self._best and solved >= self._best[0]:
            self._best = (solved, self.state.cpu_s)
            self._best_weights = copied_weights(self._network)
        self.save()
        return solved

    def finish(self) -> None:
        """Leave the best weights in the network."""
        if self.state.checked != self.state.steps:
            self.save()
        if self._best_weights is not None:
            self._network.load_state_dict(self._best_weights)
            self.state.solved = self._best[0]

    def record(self) -> None:
        """Write the metrics."""
        state = self.state
        _LOG.debug("step %d, loss %.3f, solved %s", state.steps, state.loss, state.solved)
        self._metrics.write(
            state.steps,
            {
                "cpu_s": round(state.cpu_s, 2),
                "states": state.states,
                "loss": None if math.isnan(state.loss) else round(state.loss, 5),
                "rate": self._rate(),
                "solved": state.solved,
            },
        )

    def save(self) -> None:
        """Write a checkpoint."""
        if self._folder is not None:
            progress: dict[str, object] = {
                **asdict(self.state),
                "best": self._best,
                "seed": self._seed,
                "data": self._data,
                "batches": self._batches,
                "epoch": self._epoch,
            }
            checkpoint.save(
                self._folder, self._network, self._optimizer, self._best_weights, progress
            )

    def forget(self) -> None:
        """Drop the metrics of a fit before."""
        self._metrics.rewind(-1)

    def restore(self) -> None:
        """Go on from the checkpoint; without one, start afresh.

        Raises:
            ModelError: when the checkpoint is of another seed, network or data, or damaged.
        """
        found = None
        if self._folder is not None:
            found = checkpoint.restore(self._folder, self._network, self._optimizer)
        if found is None:
            return
        self._best_weights, progress = found
        seed = progress.pop("seed", self._seed)
        if seed != self._seed:
            raise ModelError(
                f"the checkpoint in {self._folder} is of seed {seed}, not {self._seed}: "
                "train without --resume"
            )
        known: Any = progress.pop("data", self._data)
        changed = [name for name, now in self._data.items() if known.get(name) != now]
        if changed:
            raise ModelError(
                f"{' and '.join(changed)} changed after the checkpoint in {self._folder} was "
                "written: train without --resume"
            )
        self._epoch = int(str(progress.pop("epoch")))
        # What `save` wrote: lists of lists of integers, a pair of numbers, and the fields.
        batches: Any = progress.pop("batches")
        best: Any = progress.pop("best")
        fields: Any = progress
        self._batches = batches
        self._best = (float(best[0]), float(best[1]))
        self.state = Fitting(**fields)
        self._metrics.rewind(self.state.steps)
        _LOG.info("going on from step %d (%.0f CPU s)", self.state.steps, self.state.cpu_s)

    def _rate(self) -> float:
        spent = self._budget.spent(self.state.cpu_s, self.state.steps)
        cosine = 1.0 if spent < 0.5 else max(0.02, math.cos((spent - 0.5) * math.pi))
        return _RATE * min(1.0, (self.state.steps + 1) / _WARM_UP) * cosine

    def _plan_epoch(self) -> list[list[int]]:
        """Batches of lessons of like size, in random order; drawn from seed and epoch alone."""
        rng = random.Random(f"{self._seed} {self._epoch}")
        self._epoch += 1
        order = rng.sample(range(len(self._lessons)), len(self._lessons))
        batches: list[list[int]] = []
        for start in range(0, len(order), 16 * _BATCH):
            chunk = sorted(order[start : start + 16 * _BATCH], key=self._work)
            batches += self._cut(chunk)
        rng.shuffle(batches)
        return batches

    def _cut(self, chunk: list[int]) -> list[list[int]]:
        batches: list[list[int]] = [[]]
        work = 0
        for index in chunk:
            more = self._work(index)
            if batches[-1] and (len(batches[-1]) == _BATCH or work + more > _BATCH_WORK):
                batches.append([])
                work = 0
            batches[-1].append(index)
            work += more
        return batches

    def _work(self, index: int) -> int:
        return self._learner.work(self._lessons[index])


def copied_weights(network: nn.Module) -> dict[str, torch.Tensor]:
    """The weights as they are now, by name; fitting on does not change them."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
