"""Everything `planner eval` reports: solve rates, ablations, and how the model reads plans."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from planner.errors import MissingExtraError
from planner.learn.evaluation.ablation import Bounds, ablate, compete, render_ablations
from planner.learn.evaluation.evaluate import follow
from planner.learn.evaluation.likelihood import choices_along, measure
from planner.learn.improve import improve_plan
from planner.learn.lessons.label import explore
from planner.search.improve.replay import cost_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import Task
    from planner.learn.evaluation.ablation import Ablation, Entrant, Trial
    from planner.learn.evaluation.likelihood import Likelihood

__all__ = ["Exam", "SizeRow", "examine"]

_EXPLORED = 2_000  # states of a task whose best steps are worked out exactly


@dataclass(frozen=True, slots=True)
class SizeRow:
    """How one entrant fares on tasks of one number of objects, within either bound."""

    guide: str
    size: int
    tasks: int
    solved: int


@dataclass(frozen=True, slots=True)
class Exam:
    """The results of an evaluation.

    Attributes:
        likelihood: what the model thinks of the best-known plans; ``None`` without a model.
        repeated: whether each seed has the same tasks, such as those of files.
        bleu: of the plans that follow the model, against the best-known plans, both in words;
            ``None`` without such plans, or without sacrebleu.
    """

    bounds: Bounds
    seeds: tuple[int, ...]
    trials: tuple[Trial, ...]
    rows: tuple[Ablation, ...]
    sizes: tuple[SizeRow, ...]
    likelihood: Likelihood | None
    bleu: float | None
    notes: tuple[str, ...] = ()
    repeated: bool = False

    def render(self) -> str:
        """Text for a person."""
        runs, tasks = {(t.seed, t.task) for t in self.trials}, {t.task for t in self.trials}
        counted = f"{len(tasks)} tasks with each of the" if self.repeated else f"{len(runs)} tasks,"
        parts = [
            f"{counted} seeds {', '.join(map(str, self.seeds))}; shares solved with 95 % bootstrap "
            "intervals over tasks and seeds",
            render_ablations(self.rows, self.bounds),
            _render_sizes(self.sizes),
        ]
        if self.likelihood is not None:
            parts.append(_render_likelihood(self.likelihood, self.bleu))
        return "\n\n".join([*parts, *self.notes])

    def to_json(self) -> dict[str, object]:
        """Everything but the plans' steps, as plain values."""
        return {
            "schema_version": 1,
            "bounds": asdict(self.bounds),
            "seeds": list(self.seeds),
            "ablations": [asdict(row) for row in self.rows],
            "sizes": [asdict(row) for row in self.sizes],
            "likelihood": None if self.likelihood is None else asdict(self.likelihood),
            "bleu": self.bleu,
            "trials": [_told(trial) for trial in self.trials],
            "notes": list(self.notes),
        }


def examine(
    tasks: Mapping[int, Sequence[Task]],
    entrants: Mapping[str, Entrant],
    bounds: Bounds,
    space_of: Callable[[Task], StepSpace],
    model: StepModel | None = None,
    notes: Sequence[str] = (),
) -> Exam:
    """Run every entrant on every task, and ask the model about the best plan of each.

    Args:
        tasks: by seed.
        entrants: by name.
        bounds: of each run.
        space_of: makes the step space of a task.
        model: whose reading of plans is measured.
        notes: sentences that the report ends with.
    """
    # What is loaded or compiled once, kernels above all, is no part of any trial.
    for own in list(tasks.values())[:1]:
        list(compete(own[:1], entrants, Bounds(1, 0.0), space_of))
    trials: list[Trial] = []
    for seed, own in tasks.items():
        trials += compete(own, entrants, bounds, space_of, seed)
    plans = _best_plans(tasks, trials, space_of)
    repeated = _is_repeated(tasks)
    best = {key: cost_of(space, plan) for key, (space, plan) in plans.items()}
    choices, pairs = [], []
    if model is not None:
        for space, plan in plans.values():
            choices += choices_along(space, model, plan, explore(space, _EXPLORED))
            followed = follow(space, model, 4 * len(plan) + 20)
            if followed is not None:
                pairs.append((_in_words(space, followed), _in_words(space, plan)))
    return Exam(
        bounds,
        tuple(tasks),
        tuple(trials),
        tuple(ablate(trials, bounds, best, repeated=repeated)),
        tuple(_by_size(trials, bounds)),
        measure(choices),
        _bleu(pairs),
        tuple(notes),
        repeated,
    )


def _is_repeated(tasks: Mapping[int, Sequence[Task]]) -> bool:
    """Whether every seed has the same tasks."""
    first, *others = tasks.values()
    return bool(others) and all(list(own) == list(first) for own in others)


def _best_plans(
    tasks: Mapping[int, Sequence[Task]],
    trials: Sequence[Trial],
    space_of: Callable[[Task], StepSpace],
) -> dict[tuple[int, int], tuple[StepSpace, list[int]]]:
    """The cheapest plan that any entrant found for each task, shortened."""
    found: dict[tuple[int, int], Trial] = {}
    for trial in trials:
        key = trial.seed, trial.task
        if trial.steps is not None and (key not in found or trial.cost < found[key].cost):
            found[key] = trial
    plans = {}
    for (seed, number), trial in found.items():
        space = trial.space or space_of(tasks[seed][number])
        plans[seed, number] = space, improve_plan(space, trial.steps or ())
    return plans


def _by_size(trials: Sequence[Trial], bounds: Bounds) -> list[SizeRow]:
    found: dict[tuple[str, int], dict[tuple[int, int], bool]] = {}
    for trial in trials:
        own = found.setdefault((trial.entrant, trial.size), {})
        key = trial.seed, trial.task
        own[key] = own.get(key, False) or trial.is_within_either(bounds)
    return [SizeRow(name, size, len(own), sum(own.values())) for (name, size), own in found.items()]


def _told(trial: Trial) -> dict[str, object]:
    """A trial with the length of its plan instead of the steps."""
    shown = [field.name for field in fields(trial) if field.name not in ("steps", "space")]
    length = None if trial.steps is None else len(trial.steps)
    return {**{name: getattr(trial, name) for name in shown}, "length": length}


def _in_words(space: StepSpace, plan: Sequence[int]) -> str:
    steps = [space.describe(step) for step in plan]
    return "\n".join(step.text or str(step) for step in steps)


def _bleu(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Corpus BLEU (Papineni et al. 2002) of (followed, best known)."""
    if not pairs:
        return None
    try:
        from sacrebleu import corpus_bleu
    except ImportError as error:
        raise MissingExtraError("sacrebleu", "learn") from error
    written, wanted = zip(*pairs, strict=True)
    return float(corpus_bleu(list(written), [list(wanted)]).score)


def _render_sizes(rows: Sequence[SizeRow]) -> str:
    sizes = sorted({row.size for row in rows})
    names = dict.fromkeys(row.guide for row in rows)
    cells = {(row.guide, row.size): f"{row.solved}/{row.tasks}" for row in rows}
    lines = ["solved by objects   " + " ".join(f"{size:>6}" for size in sizes)]
    lines += [
        f"{name:<19} " + " ".join(f"{cells.get((name, size), '-'):>6}" for size in sizes)
        for name in names
    ]
    return "\n".join(lines)


def _render_likelihood(found: Likelihood, bleu: float | None) -> str:
    lines = [
        f"the model on {found.states} states of best-known plans: perplexity of a step "
        f"{found.perplexity:.2f}, top-1 accuracy {100 * found.top_1:.1f} % (all best steps known "
        f"for {100 * found.exact:.0f} %)"
        + (f", BLEU of plan texts {bleu:.1f}" if bleu is not None else ""),
        f"expected calibration error {found.calibration_error:.3f}; "
        + ", ".join(
            f"{b.confidence:.2f} sure: {b.right:.2f} right of {b.count}" for b in found.bins
        ),
    ]
    return "\n".join(lines)
