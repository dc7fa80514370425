"""``planner query``: the answers to a question about a rule base or a task."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from planner.cli.failure import diagnostic_as_json
from planner.cli.inputs import (
    facts_of_tables,
    facts_options,
    json_option,
    load_subject,
    show_warnings,
)
from planner.cli.limits import ends_at_limit, limit_options, meter_of
from planner.cli.output import answer_as_json, answer_line, probability_as_json, probable_line
from planner.kr.formulas import atoms_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.engine.facts import Facts
    from planner.engine.probability.infer import ProbableAnswer
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = ["command"]

_NO_ANSWER = 11
_NO_DOCUMENT: dict[str, object] = {"answers": [], "warnings": [], "errors": []}


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
@click.option(
    "--max-answers", type=click.IntRange(min=1), help="Show no more; there may be more to count."
)
@facts_options
@limit_options
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
    max_answers: int | None,
    tables: tuple[str, ...],
    no_header: bool,
    time_s: float | None,
    cpu_s: float | None,
    memory_mb: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Answer GOAL, a formula, from the facts and rules of BASE, a rule base or a task.

    Where facts or rules carry probabilities, so do the answers. Where the goal names objects, only
    what it needs is derived. Ends with 0 when there is an answer and 11 when there is none; with
    22, 23 or 130 and without answers when memory, time or Ctrl-C ended the work.
    """
    meter = meter_of(time_s, cpu_s, memory_mb)
    with ends_at_limit(meter, _NO_DOCUMENT if as_json else None):
        loaded, warnings = load_subject(base, None)
        show_warnings(warnings, quiet)
        facts = facts_of_tables(loaded, tables, has_header=not no_header)
        task = _asked(loaded, goal, given, facts)
        if given and not task.rules.is_uncertain:
            raise click.UsageError("--given is for rules or facts with probabilities")
        found: Sequence[ProbableAnswer] = ()
        if task.rules.is_uncertain:
            from planner.chances import probable_answers

            found = probable_answers(task, method=method, samples=samples, seed=seed, meter=meter)
            bindings: Sequence[Mapping[str, Constant]] = [one.binding for one in found]
        else:
            from planner.engine.magic.ask import answer_task

            bindings = answer_task(task, meter=meter, facts=facts).bindings
        if profile:
            from planner.engine.profile import profile_report

            click.echo(profile_report(task, meter, facts), err=as_json)
    count = len(bindings)
    bindings, found = bindings[:max_answers], found[:max_answers]
    if as_json:
        shown = [diagnostic_as_json(warning) for warning in warnings]
        click.echo(json.dumps({**_document(bindings, found, count), "warnings": shown}))
    else:
        click.echo(_probable_text(found, count) if found else _text(bindings, count))
    sys.exit(0 if count else _NO_ANSWER)


def _asked(task: Task, goal: str, given: Sequence[str], facts: Facts | None) -> Task:
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
    found = [d for d in check_task(asked) if (d.code, d.message) not in known]
    if facts is not None:
        # Tables bring objects that no file declares, and numbers that name things.
        terms = {term for atom, _ in atoms_of(asked.goal) for term in atom.arguments}
        constants = [term for term in terms if isinstance(term, str | int)]
        if all(facts.symbols.find(constant) is not None for constant in constants):
            found = [d for d in found if d.code not in ("unknown-object", "type")]
    errors = tuple(d for d in found if d.severity is Severity.ERROR)
    if errors:
        raise RuleFileError(errors)
    return asked


def _text(bindings: Sequence[Mapping[str, Constant]], count: int) -> str:
    return "\n".join([*map(answer_line, bindings), _total(count, len(bindings), "answer")])


def _probable_text(found: Sequence[ProbableAnswer], count: int) -> str:
    lines = map(probable_line, found)
    return "\n".join([*lines, _total(count, len(found), "possible answer")])


def _total(count: int, shown: int, noun: str) -> str:
    first = f", the first {shown} of them shown" if shown < count else ""
    return f"{count} {noun}{'s' if count != 1 else ''}{first}"


def _document(
    bindings: Sequence[Mapping[str, Constant]], found: Sequence[ProbableAnswer], count: int
) -> dict[str, object]:
    document: dict[str, object] = {
        **_head("solved" if count else "unsolvable"),
        "reason": "",
        "complete": len(bindings) == count,
        "count": count,
        "answers": [answer_as_json(binding) for binding in bindings],
        "errors": [],
    }
    if found:
        document["probabilities"] = [probability_as_json(answer) for answer in found]
    return document


def _head(status: str) -> dict[str, object]:
    import planner

    return {"schema_version": 1, "version": planner.__version__, "status": status}
