"""``planner eval``: how a rule base's guides fare, side by side, on tasks not trained on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.inputs import (
    domain_option,
    is_wrong_file,
    json_option,
    load_problem,
    problem_files,
)
from planner.cli.limits import Amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.task import RuleBase, Task
    from planner.learn.evaluation.exam import Exam
    from planner.learn.tasks.examples import Base

__all__ = ["command"]


@click.command(
    "eval",
    epilog="Examples: planner eval rules/blocksworld; planner eval --model DIR task1.yaml "
    "task2.yaml; planner eval --domain domain.pddl p01.pddl p02.pddl --json",
)
@click.argument("places", nargs=-1, required=True, type=click.Path(exists=True))
@domain_option
@json_option
@click.option("--model", help="Folder, server or name, as in `solve`; `none` for no model.")
@click.option("--learned", type=click.Path(exists=True), help="Default: learned.yaml beside BASE.")
@click.option("--no-learned", is_flag=True, help="Leave learned rules out.")
@click.option("--tasks", "count", type=click.IntRange(min=1), default=6, show_default=True,
              help="Tasks generated for each seed.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--sizes", help="Objects of generated tasks, as 8,12; default: beyond training.")
@click.option("--expansions", type=click.IntRange(min=1), default=300, show_default=True)
@click.option("--cpu", type=Amount(min=0), default=1.0, show_default=True,
              help="CPU seconds; a run ends when expansions and seconds are spent.")  # fmt: skip
@click.option("--guides", help="Only these, separated by commas, such as heuristic,model.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Write a chart as SVG.")
def command(
    places: tuple[str, ...],
    domain: str | None,
    as_json: bool,
    model: str | None,
    learned: str | None,
    no_learned: bool,
    count: int,
    seeds: int,
    sizes: str | None,
    expansions: int,
    cpu: float,
    guides: str | None,
    plot: str | None,
) -> None:
    """Compare uniform, frequency, heuristic, learned rules and model on BASE or on tasks.

    With the one rule base BASE, tasks larger than those trained on are generated, others for each
    seed. With task files these are used, except those the model was trained on.
    """
    from planner.learn.evaluation.ablation import Bounds
    from planner.learn.evaluation.chart import ablation_chart
    from planner.learn.evaluation.entrants import entrants_of
    from planner.learn.evaluation.exam import examine
    from planner.learn.evaluation.exam_tasks import count_steps, fresh_tasks, space_for, unseen
    from planner.learned import use_learned

    if plot and not Path(plot).absolute().parent.is_dir():
        raise click.BadParameter(
            f"there is no folder {Path(plot).parent} to write it to", param_hint="--plot"
        )
    given = _tasks_named(places, domain)
    base = _base(places, given)
    first = given[0][1] if given else _any_task(base)
    with_rules, step_model, notes = use_learned(
        first, model, learned_rules=not no_learned, file=learned
    )
    report = dict(getattr(step_model, "report", {}) or {})
    if given:
        kept, left_out = unseen(given, report)
        if not kept:
            raise click.UsageError("the model was trained on every one of these tasks")
        tasks = {seed: kept for seed in range(seeds)}
        notes = (*notes, *left_out)
    else:
        tasks = fresh_tasks(base, count, range(seeds), report, _numbers(sizes))
    rules: RuleBase | None = with_rules.rules if with_rules.rules.control else None
    plain = next(task for own in tasks.values() for task in own)
    bounds = Bounds(expansions, cpu)
    counts = count_steps(base, space_for)
    entrants = entrants_of(space_for(plain), counts, step_model, rules, bounds)
    if guides:
        entrants = {name: entrants[name] for name in _known(guides.split(","), list(entrants))}
    exam = examine(tasks, entrants, bounds, space_for, step_model, notes)
    if plot:
        title = f"{base.rules.name or base.folder.name}: tasks solved"
        Path(plot).write_text(ablation_chart(exam.rows, bounds, title), encoding="utf-8")
    click.echo(_as_json(exam) if as_json else exam.render())


def _as_json(exam: Exam) -> str:
    import planner

    return json.dumps({"version": planner.__version__, **exam.to_json()}, indent=2)


def _tasks_named(places: Sequence[str], domain: str | None) -> list[tuple[Path, Task]]:
    """Task files; empty where the one place is a rule base."""
    if domain is None and len(places) == 1 and _is_base(Path(places[0])):
        return []
    named = places if domain is None else problem_files(places, domain)
    return [(Path(place), load_problem(place, domain)[0]) for place in named]


def _is_base(place: Path) -> bool:
    from planner.errors import RuleFileError
    from planner.io.load import load_task_checked

    if place.is_dir() or place.suffix == ".pddl":
        return place.is_dir()
    try:
        load_task_checked(place)
    except RuleFileError as error:
        return is_wrong_file(error)
    return False


def _base(places: Sequence[str], given: list[tuple[Path, Task]]) -> Base:
    from planner.learn.tasks.examples import base_of_tasks, load_base

    if not given:
        return load_base(places[0])
    plain = [(file, replace(task, rules=given[0][1].rules)) for file, task in given]
    return base_of_tasks(plain)


def _any_task(base: Base) -> Task:
    """A task of the base, to read what training left beside it."""
    from planner.kr.formulas import TRUE
    from planner.kr.task import Task

    return base.examples[0] if base.examples else Task(base.rules, "", {}, (), TRUE)


def _numbers(text: str | None) -> list[int]:
    if not text:
        return []
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise click.BadParameter("expected numbers as 8,12", param_hint="--sizes") from error
    if min(numbers) < 1:
        raise click.BadParameter(
            f"{min(numbers)} is no number of objects: a task has at least 1", param_hint="--sizes"
        )
    return numbers


def _known(names: Sequence[str], entrants: Sequence[str]) -> list[str]:
    from planner.diagnostics import suggest

    for name in names:
        if name.strip() not in entrants:
            hint = suggest(name, entrants)
            raise click.BadParameter(
                f"no guide `{name}` here; " + (f"{hint} " if hint else "")
                + f"there are {', '.join(entrants)}",
                param_hint="--guides",
            )  # fmt: skip
    return [name.strip() for name in names]
