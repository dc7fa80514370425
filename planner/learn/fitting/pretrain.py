"""Pretraining: one relational network for several rule bases at once."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from planner.errors import InputError
from planner.learn.fitting.fit import Budget, fit
from planner.learn.fitting.foundation import COMMON, Foundation
from planner.learn.fitting.relational_learner import RelationalLearner
from planner.learn.lessons.curriculum import collect, reducible, step_width
from planner.learn.lessons.lesson import Lesson
from planner.learn.lessons.teacher import Teacher
from planner.learn.tasks.examples import is_open_base
from planner.learn.tasks.generate import Generator
from planner.models.relational_numpy import RelationalShape, hint_level
from planner.models.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.interfaces import StepModel, StepSpace
    from planner.learn.fitting.fit import Fitting
    from planner.learn.lessons.curriculum import Collection
    from planner.learn.lessons.label import LabelledState
    from planner.learn.tasks.examples import Base
    from planner.models.graph import Graph

__all__ = ["Pretraining", "pretrain"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pretraining:
    """What was done.

    Attributes:
        states: labelled states by rule base.
        cpu_s: of fitting.
    """

    folder: Path
    states: dict[str, int]
    steps: int
    loss: float
    cpu_s: float

    def render(self) -> str:
        """A few lines for a person."""
        counts = ", ".join(f"{name} {count:,}" for name, count in self.states.items())
        return (
            f"data: labelled states of {counts}\n"
            f"fit: {self.steps:,} steps, loss {self.loss:.3f}, {self.cpu_s:.0f} CPU s\n"
            f"pretrained weights: {self.folder} (use them with `planner train BASE --pretrained "
            f"{self.folder}`)"
        )


@dataclass(frozen=True, slots=True)
class _OfBase:
    """A state of one of the rule bases."""

    base: int
    graph: Graph


class _Together:
    """Learners of several rule bases whose networks share their common weights."""

    def __init__(self, learners: Sequence[RelationalLearner]) -> None:
        self.learners = learners
        first = learners[0].network
        for learner in learners[1:]:
            for name in COMMON:
                setattr(learner.network, name, getattr(first, name))
        self._networks = nn.ModuleList(learner.network for learner in learners)

    @property
    def network(self) -> nn.Module:
        """All networks; what they share counts once."""
        return self._networks

    def lessons(self, space: StepSpace, states: Sequence[LabelledState]) -> list[Lesson[_OfBase]]:
        """Lessons of the first rule base; `lessons_of` makes those of any."""
        return self.lessons_of(0, space, states)

    def lessons_of(
        self, base: int, space: StepSpace, states: Sequence[LabelledState]
    ) -> list[Lesson[_OfBase]]:
        """Lessons of a rule base by its number."""
        made = self.learners[base].lessons(space, states)
        return [Lesson(_OfBase(base, m.encoded), m.best, m.distance, m.refuting) for m in made]

    def work(self, lesson: Lesson[_OfBase]) -> int:
        """Facts, mostly."""
        return lesson.encoded.graph.size

    def loss(self, batch: Sequence[Lesson[_OfBase]]) -> torch.Tensor:
        """The mean over the batch, rule base by rule base."""
        total = torch.zeros(())
        for number, learner in enumerate(self.learners):
            own = [
                Lesson(lesson.encoded.graph, lesson.best, lesson.distance, lesson.refuting)
                for lesson in batch
                if lesson.encoded.base == number
            ]
            if own:
                total = total + learner.loss(own) * (len(own) / len(batch))
        return total

    def model(self, report: dict[str, object]) -> StepModel:
        """The model of the first rule base."""
        return self.learners[0].model(report)


def pretrain(
    bases: Sequence[Base],
    out: str | Path,
    minutes: float | None = None,
    seed: int = 0,
    progress: Callable[[Fitting], None] | None = None,
    *,
    steps: int | None = None,
    sizes: int = 5,
    tasks_per_size: int = 16,
) -> Pretraining:
    """Fit one network to tasks of several rule bases, and save what they have in common.

    Args:
        bases: rule bases with examples, as `planner.learn.train.train` takes one; plans of learned
            rules are learned from where they have a teacher.
        out: the folder to write; ``planner train BASE --pretrained FOLDER`` begins with it.
        minutes: CPU minutes of fitting, 1 without ``steps``; making the data comes on top.
        seed: draws tasks, order and first weights.
        progress: told about every few seconds of fitting.
        steps: fit for this many steps; with ``minutes``, whichever ends first.
        sizes: how many numbers of objects to train on, for each rule base.
        tasks_per_size: tasks of each.

    Raises:
        InputError: with less than two rule bases, without a task for one of them, or when actions
            of one create objects or compute numbers.
    """
    if len(bases) < 2:
        raise InputError("pretraining needs several rule bases")
    for base in bases:
        if is_open_base(base):
            raise InputError(
                f"{base.rules.source}: actions create objects or compute numbers, which pretrained "
                "weights do not read: leave this rule base out, `planner train` fits it by itself"
            )
    torch.set_num_threads(1)
    data = [_collect(base, seed, sizes, tasks_per_size) for base in bases]
    together = _learners(bases, data, seed)
    lessons = [
        lesson
        for number, own in enumerate(data)
        for space, states in own.labelled
        for lesson in together.lessons_of(number, space, states)
    ]
    fitted = fit(
        together,
        lessons,
        Budget(None if minutes is None else 60 * minutes, steps),
        seed=seed,
        folder=Path(out) / "training",
        progress=progress,
    )
    names = [base.rules.name or base.folder.name for base in bases]
    networks = [learner.network for learner in together.learners]
    Foundation.of(networks, names).save(out)
    states = dict(zip(names, (own.state_count for own in data), strict=True))
    return Pretraining(Path(out), states, fitted.steps, fitted.loss, fitted.cpu_s)


def _collect(base: Base, seed: int, sizes: int, tasks_per_size: int) -> Collection:
    rng = random.Random(f"{seed} {base.rules.name}")
    generator = Generator(base.rules, base.examples, rng)
    wanted = range(base.smallest, base.smallest + sizes)
    teacher = None if base.teacher is None else Teacher(base.teacher)
    found = collect(generator, wanted, tasks_per_size, rng, base.lessons, teacher)
    if not found.labelled:
        raise InputError(f"no task with a plan could be made from {base.rules.source}")
    _LOG.info("%s: %d states", base.rules.name or base.folder.name, found.state_count)
    return found


def _learners(bases: Sequence[Base], data: Sequence[Collection], seed: int) -> _Together:
    spaces = [[space for space, _ in own.labelled] for own in data]
    vocabularies = [
        Vocabulary.of(base.rules, reduced=reducible(own))
        for base, own in zip(bases, spaces, strict=True)
    ]
    shape = RelationalShape(
        step_width=max(step_width(own) for own in spaces),
        places=max(2, *(vocabulary.largest_arity for vocabulary in vocabularies)),
    )
    return _Together(
        [
            RelationalLearner(
                vocabulary, replace(shape, hints=hint_level(base.rules)), seed + number
            )
            for number, (vocabulary, base) in enumerate(zip(vocabularies, bases, strict=True))
        ]
    )
