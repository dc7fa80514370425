"""``planner query``: the answers to a question about a rule base or a task."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from planner.cli.inputs import json_option, load_base, load_problem, show_warnings
from planner.kr.terms import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.probability.infer import ProbableAnswer
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["command"]

_NO_ANSWER = 11


@click.command(
    "query",
    epilog="Example: planner query rules/kinship/tasks/ancestors.yaml 'ancestor(?x, ?y)'",
)
@click.argument("base", type=click.Path())
@click.argument("goal")
@click.option("--given", multiple=True, help="Evidence, for probabilities; may be repeated.")
@click.option(
    "--method",
    type=click.Choice(["auto", "exact", "bounds", "sampling"]),
    default="auto",
    help="How probabilities are found; `auto` takes the first of the others that suffices.",
)
@click.option("--samples", type=click.IntRange(min=1), default=10_000, help="Worlds to sample.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the sampling.")
@click.option("--profile", is_flag=True, help="Show what each rule cost.")
@json_option
@click.option("--quiet", is_flag=True, help="No warnings.")
def command(
    base: str,
    goal: str,
    given: tuple[str, ...],
    method: Literal["auto", "exact", "bounds", "sampling"],
    samples: int,
    seed: int,
    profile: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Answer GOAL, a formula, from the facts and rules of BASE, a rule base or a task.

    Where facts or rules carry probabilities, so do the answers. Ends with 0 when there is an
    answer and 11 when there is none.
    """
    from planner.chances import probable_answers

    task = _asked(_load(base, quiet), goal, given)
    if profile:
        from planner.engine.profile import profile_report

        click.echo(profile_report(task), err=as_json)
    if task.rules.is_uncertain:
        found = probable_answers(task, method=method, samples=samples, seed=seed)
        bindings: Sequence[Mapping[str, Constant]] = [answer.binding for answer in found]
        click.echo(_json(bindings, found) if as_json else _probable_text(found))
    else:
        if given:
            raise click.UsageError("--given is for rules or facts with probabilities")
        from planner.engine.forward import saturate

        bindings = saturate(task).query(task.goal)
        click.echo(_json(bindings) if as_json else _text(bindings))
    sys.exit(0 if bindings else _NO_ANSWER)


def _load(path: str, quiet: bool) -> Task:
    """A task, or a rule base as a task without objects of its own."""
    from planner.errors import RuleFileError
    from planner.kr.task import Task

    if Path(path).is_dir():
        return Task(load_base(path))
    try:
        task, warnings = load_problem(path, None)
    except RuleFileError as error:
        if all(diagnostic.code != "wrong-file" for diagnostic in error.diagnostics):
            raise
        return Task(load_base(path))
    show_warnings(warnings, quiet)
    return task


def _asked(task: Task, goal: str, given: Sequence[str]) -> Task:
    """The task with another goal and more evidence.

    Raises:
        RuleFileError: when the formulas do not fit the rule base.
    """
    from planner.diagnostics import Severity
    from planner.errors import RuleFileError
    from planner.io.formula_grammar import parse_formula
    from planner.kr.check import check_task

    evidence = tuple(parse_formula(text, existential=True) for text in given)
    asked = replace(task, goal=parse_formula(goal, existential=True), given=task.given + evidence)
    # What the files themselves get wrong was told when they were read.
    known = {(d.code, d.message) for d in check_task(task)}
    errors = tuple(
        d
        for d in check_task(asked)
        if d.severity is Severity.ERROR and (d.code, d.message) not in known
    )
    if errors:
        raise RuleFileError(errors)
    return asked


def _text(bindings: Sequence[Mapping[str, Constant]]) -> str:
    lines = [_binding(binding) for binding in bindings]
    return "\n".join([*lines, f"{len(lines)} answer{'s' if len(lines) != 1 else ''}"])


def _probable_text(found: Sequence[ProbableAnswer]) -> str:
    lines: list[str] = []
    for answer in found:
        shown = f"{answer.probability:.6f}  {_binding(answer.binding)}"
        if answer.method != "exact":
            shown += f"  (between {answer.lower:.6f} and {answer.upper:.6f}, {answer.method})"
        lines.append(shown)
    return "\n".join([*lines, f"{len(lines)} possible answer{'s' if len(lines) != 1 else ''}"])


def _binding(binding: Mapping[str, Constant]) -> str:
    from planner.kr.terms import show_constant

    return ", ".join(f"?{n} = {show_constant(v)}" for n, v in binding.items()) or "yes"


def _json(bindings: Sequence[Mapping[str, Constant]], found: Sequence[ProbableAnswer] = ()) -> str:
    import planner

    document: dict[str, object] = {
        "schema_version": 1,
        "version": planner.__version__,
        "status": "solved" if bindings else "unsolvable",
        "answers": [{n: _plain(v) for n, v in b.items()} for b in bindings],
        "errors": [],
    }
    if found:
        keys = ("probability", "lower", "upper", "method")
        document["probabilities"] = [{k: getattr(answer, k) for k in keys} for answer in found]
    return json.dumps(document)


def _plain(value: Constant) -> str | int | float:
    if isinstance(value, Fraction):
        return float(value)
    return value.value if isinstance(value, Text) else value
