"""Train a step model for a rule base: generate tasks, solve them, fit, and report."""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planner.errors import InputError
from planner.kr.task import Task
from planner.learn.checkpoints import drop_checkpoints
from planner.learn.fitting.vectors import VECTORS
from planner.learn.ingredients import ingredients
from planner.learn.kinds import KINDS, check_kind, learner_of, need_torch
from planner.learn.lessons.practice import larger_spaces, practise
from planner.learn.lessons.teacher import Teacher
from planner.learn.report import Report
from planner.learn.tasks.digest import digest
from planner.learn.tasks.examples import is_open_base, load_base
from planner.learn.tasks.generate import Generator
from planner.learn.tasks.unused import unused_parts
from planner.spaces.open_task import is_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.interfaces import StepModel, StepSpace
    from planner.learn.evaluation.evaluate import Solved
    from planner.learn.fitting.fit import Budget, Fitting
    from planner.learn.iterate import Round
    from planner.learn.lessons.curriculum import Collection
    from planner.learn.lessons.lesson import Learner
    from planner.learn.tasks.examples import Base

__all__ = ["train"]

_LOG = logging.getLogger(__name__)
_BEFORE_PRACTICE = 0.5  # part of the fit after which a model tries what it has learned
_HELD_OUT_SIZES, _HELD_OUT = (2, 4, 6), 5  # objects beyond the largest trained on; tasks of each
_SIZES, _OPEN_SIZES = 5, 3
_OPEN_HELD_OUT = (2, 1, 0)  # objects less than the largest, where actions compute


def train(
    rule_base: str | Path | Base,
    out: str | Path | None = None,
    kind: str = "relational",
    minutes: float | None = None,
    seed: int = 0,
    resume: bool = False,
    progress: Callable[[Fitting], None] | None = None,
    *,
    steps: int | None = None,
    sizes: int | None = None,
    tasks_per_size: int = 16,
    vectors: str = "none",
    rounds: int = 0,
    pretrained: str | Path | None = None,
) -> Report:
    """Fit a step model to tasks generated from a rule base, and save it.

    Args:
        rule_base: its file or folder; small tasks in its ``tasks/`` show what tasks look like.
            Or a `planner.learn.tasks.examples.Base`, such as that of PDDL training tasks.
        out: the model's folder; ``model`` beside the rule base when not given.
        kind: one of `planner.learn.kinds.KINDS`, or ``text``.
        minutes: CPU minutes of fitting, 1 without ``steps``; making the data comes on top.
        seed: draws tasks, order and first weights.
        resume: go on from the checkpoint in the model's folder.
        progress: told about every few seconds of fitting.
        steps: fit for this many steps, the same to the last bit each time; where ``minutes`` are
            given as well, whichever ends first.
        sizes: how many numbers of objects to train on, from the smallest example's up; 5 when not
            given, 3 where actions create or compute.
        tasks_per_size: tasks of each.
        vectors: what the embeddings of ``lstm``, ``gpt2`` and ``bert`` begin with, one of
            `planner.learn.fitting.vectors.VECTORS`.
        rounds: of expert iteration at most, after the first fit; each gets as much time again.
        pretrained: a folder of `planner.learn.fitting.pretrain` whose weights a relational model
            begins with.

    Raises:
        InputError: when the rule base has no actions or no task can be made from it.
        ModelError: when it cannot go on from the checkpoint, as after changed examples.
        MissingExtraError: when torch is not installed.
    """
    kind = "lstm" if kind == "text" else kind
    if vectors not in VECTORS:
        raise InputError(f"unknown word vectors `{vectors}`: there are {', '.join(VECTORS)}")
    if kind not in KINDS:
        raise InputError(f"unknown kind of model `{kind}`: there are {', '.join(KINDS)}")
    need_torch()
    from planner.learn.card import model_card
    from planner.learn.fitting.fit import Budget
    from planner.learn.lessons.curriculum import collect
    from planner.learned import rules_hash
    from planner.models.pretrained import save

    if pretrained is not None and kind != "relational":
        raise InputError("only relational models begin with pretrained weights")
    base = load_base(rule_base) if isinstance(rule_base, str | Path) else rule_base
    check_kind(kind, base, rounds)
    folder = Path(out) if out is not None else base.folder / "model"
    started = time.process_time()
    rng = random.Random(seed)
    generator = Generator(base.rules, base.examples, rng)
    first = base.smallest
    sizes = sizes or (_OPEN_SIZES if is_open_base(base) else _SIZES)
    teacher = None if base.teacher is None else Teacher(base.teacher)
    data = collect(
        generator, range(first, first + sizes), tasks_per_size, rng, base.lessons, teacher
    )
    held_out = _held_out(generator, first + sizes - 1, base.held_out, teacher)
    if not data.labelled:
        raise InputError(
            f"no task with a plan could be made from {base.rules.source}: "
            "put a few small tasks into its tasks/ folder"
        )
    spent = time.process_time() - started
    run = _Run(
        base,
        folder,
        kind,
        seed,
        vectors,
        data,
        held_out,
        spent,
        generator,
        rounds,
        teacher,
        pretrained,
        ingredients(base, sizes, tasks_per_size),
    )
    if not resume:
        drop_checkpoints(folder)
    if kind == "frequency":
        report, model = _count(run)
    else:
        budget = Budget(None if minutes is None else 60 * minutes, steps)
        report, model = _fit(run, budget, resume, progress)
    save(model, folder, rules_hash=rules_hash(base.rules.source))
    card = model_card(report, base.rules.name or base.folder.name)
    (folder / "README.md").write_text(card, encoding="utf-8")
    return report


@dataclass(frozen=True, slots=True)
class _Run:
    """A training whose data are made.

    Attributes:
        held_out: spaces of tasks to check with, and the most steps a plan of each may take.
        data_s: CPU seconds that took.
        ingredients: fingerprints of what the data are made from.
    """

    base: Base
    folder: Path
    kind: str
    seed: int
    vectors: str
    data: Collection
    held_out: list[tuple[StepSpace, int]]
    data_s: float
    generator: Generator
    rounds: int = 0
    teacher: Teacher | None = None
    pretrained: str | Path | None = None
    ingredients: Mapping[str, str] = field(default_factory=dict)

    @property
    def largest(self) -> int:
        """Objects of the largest generated task."""
        return max(size for size, count in self.data.tasks.items() if count)

    def _shown(self) -> list[StepSpace]:
        """Spaces of the author's examples and of larger tasks; those of open tasks tell nothing."""
        if is_open_base(self.base):
            return []
        examples = [self.generator.space_of(task) for task in self.base.examples]
        return [*examples, *(space for space, _ in self.held_out)]

    def report(self, fitted: Fitting, model: StepModel) -> Report:
        """What was done, and how the model fares on the held-out tasks."""
        return Report(
            folder=self.folder,
            kind=self.kind,
            seed=self.seed,
            tasks=dict(sorted(self.data.tasks.items())),
            states=self.data.state_count,
            held_out=tuple(_follow_all(model, self.held_out)),
            data_s=self.data_s,
            fit_s=fitted.cpu_s,
            steps=fitted.steps,
            loss=fitted.loss,
            examples=self.base.files,
            vectors=self.vectors,
            unused=unused_parts(self.base.rules, self.data.labelled, self._shown()),
            fingerprints=tuple(digest(space.task) for space, _ in self.data.labelled),
        )


def _count(run: _Run) -> tuple[Report, StepModel]:
    """The frequency model."""
    from planner.learn.fitting.fit import Fitting
    from planner.learn.fitting.frequency_learner import count_best_steps

    model = count_best_steps(run.data.labelled)
    report = run.report(Fitting(loss=0.0), model)
    return report, replace(model, report=report.to_json())


def _fit(
    run: _Run, budget: Budget, resume: bool, progress: Callable[[Fitting], None] | None
) -> tuple[Report, StepModel]:
    """A network, fitted within a budget."""
    from planner.learn.fitting.fit import fit

    learner = learner_of(run.kind, run.base, run.data, run.seed)
    lessons = [
        lesson for space, states in run.data.labelled for lesson in learner.lessons(space, states)
    ]
    if run.pretrained is not None:
        from planner.learn.fitting.foundation import Foundation
        from planner.learn.fitting.relational_learner import RelationalLearner

        assert isinstance(learner, RelationalLearner)
        Foundation.load(run.pretrained).begin(learner.network, run.seed)
    if run.vectors != "none":
        _begin_with(learner, run.vectors, lessons)

    def fit_once(number: int, part: Budget = budget, name: str = "") -> Fitting:
        return fit(
            learner,
            lessons,
            part,
            seed=run.seed + number,
            check=lambda: _share(_follow_all(learner.model({}), run.held_out)),
            check_every_s=max(5.0, (budget.seconds or 0) / 6),
            folder=run.folder / "training" / (name or (f"round-{number}" if number else "")),
            resume=resume,
            progress=progress,
            data=run.ingredients,
        )

    teacher = run.teacher
    before, after = budget.split(1.0 if teacher is None else _BEFORE_PRACTICE)
    fitted = fit_once(0, before)
    if teacher is not None and not fitted.stopped_early:
        # A generator of its own: what is drawn must depend on the seed alone.
        rng = random.Random(f"{run.seed} practice")
        spaces = [*run.data.followed, *larger_spaces(run.base, rng)]
        for space, states in practise(learner.model({}), spaces, teacher, rng):
            lessons += learner.lessons(space, states)
        fitted = fitted.then(fit_once(0, after, "practice"))
    done: tuple[Round, ...] = ()
    if run.rounds:
        done, fitted = _iterate(run, learner, lessons, fit_once, fitted)
    report = replace(run.report(fitted, learner.model({})), rounds=done)
    return report, learner.model(report.to_json())


def _iterate(
    run: _Run,
    learner: Learner[Any],
    lessons: list[Any],
    fit_once: Callable[[int], Fitting],
    fitted: Fitting,
) -> tuple[tuple[Round, ...], Fitting]:
    """Rounds of expert iteration until the solve rate is flat; the best weights stay.

    Returns:
        The rounds, and the fit so far with theirs as one.
    """
    from planner.learn.fitting.fit import copied_weights
    from planner.learn.fitting.text_learner import TextLearner
    from planner.learn.iterate import Round, harvest, is_flat, solved_share

    yardstick = _tasks_of(run, "yardstick", [run.largest + more for more in (4, 8, 12, 16)], 4)
    done = [Round(0, 0, 0, 0, 0, solved_share(learner.model({}), yardstick))]
    best = copied_weights(learner.network)
    for number in range(1, run.rounds + 1):
        if is_flat([one.solved for one in done]):
            break
        sizes = [run.largest + 2 * number + more for more in (0, 2, 4)]
        found = harvest(learner.model({}), _tasks_of(run, f"round {number}", sizes, 4))
        for space, states in found.labelled:
            # Text models have no loss for steps of which only some are known to be wrong.
            usable = [s for s in states if not (s.refuting and isinstance(learner, TextLearner))]
            lessons += learner.lessons(space, usable)
        fitted = fitted.then(fit_once(number))
        solved = solved_share(learner.model({}), yardstick)
        if solved >= max(one.solved for one in done):
            best = copied_weights(learner.network)
        kept = sum(any(not s.refuting for s in states) for _, states in found.labelled)
        done.append(Round(number, found.tasks, kept, found.easy, found.refuted, solved))
        _LOG.info("%s", done[-1].render())
    learner.network.load_state_dict(best)
    return tuple(done), fitted


def _tasks_of(run: _Run, name: str, sizes: Sequence[int], count: int) -> list[StepSpace]:
    """Spaces of generated tasks; what is drawn depends on the seed and the name alone."""
    generator = Generator(run.base.rules, run.base.examples, random.Random(f"{run.seed} {name}"))
    generator.banned.update(digest(space.task) for space, _ in run.data.labelled)
    return [generator.space_of(t) for size in sizes for t in generator.tasks(size, count)]


def _begin_with(learner: Learner[Any], vectors: str, lessons: list[Any]) -> None:
    """Word vectors for models that read words."""
    from planner.learn.fitting.text_learner import TextLearner

    if not isinstance(learner, TextLearner):
        raise InputError("word vectors are for models that read words: lstm, gpt2 and bert")
    learner.begin_with(vectors, lessons)


def _held_out(
    generator: Generator, largest: int, given: Sequence[Task], teacher: Teacher | None
) -> list[tuple[StepSpace, int]]:
    """Spaces of tasks larger than those trained on, or of those given for that, with bounds.

    Where a teacher has a plan, one that is a quarter longer does not count.
    """
    # Where actions compute, the steps of a state grow with the square of its objects.
    sizes = [largest + more for more in _HELD_OUT_SIZES]
    if is_open(Task(generator.rules)):
        sizes = [max(2, largest - less) for less in _OPEN_HELD_OUT]
    tasks = list(given) or [task for size in sizes for task in generator.tasks(size, _HELD_OUT)]
    spaces = [generator.space_of(task) for task in tasks]
    return [(space, _most_steps(space, teacher)) for space in spaces]


def _most_steps(space: StepSpace, teacher: Teacher | None) -> int:
    plan = None if teacher is None else teacher.plan(space, space.initial())
    return 10 * len(space.task.objects) + 20 if plan is None else len(plan) * 5 // 4 + 2


def _follow_all(model: Any, held_out: Sequence[tuple[StepSpace, int]]) -> list[Solved]:
    from planner.learn.evaluation.evaluate import solve_rate

    return solve_rate(model, [space for space, _ in held_out], [most for _, most in held_out])


def _share(rows: Sequence[Solved]) -> float:
    tasks = sum(row.tasks for row in rows)
    return sum(row.solved for row in rows) / tasks if tasks else 1.0
