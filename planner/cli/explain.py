"""``planner explain``: why a fact holds, or why it does not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from planner.cli.inputs import (
    domain_option,
    facts_of_tables,
    facts_options,
    json_option,
    load_subject,
    read_text,
    show_warnings,
)
from planner.cli.limits import ends_at_limit, limit_options, meter_of
from planner.kr.formulas import TRUE

if TYPE_CHECKING:
    from planner.kr.task import Task

__all__ = ["command"]


@click.command(
    "explain",
    epilog='Example: planner explain rules/blocksworld/tasks/tower.yaml "above(a, c)"',
)
@click.argument("task", type=click.Path())
@click.argument("fact", required=False)
@domain_option
@click.option("--plan", type=click.Path(), help="Explain in the state after this plan's steps.")
@click.option("--step", type=click.IntRange(min=0), help="After this many steps; default all.")
@click.option("--joins", is_flag=True, help="Show how the engine joins each rule.")
@click.option(
    "--proofs",
    type=click.IntRange(1, 1000),
    default=1,
    metavar="K",
    help="Show up to K proofs, the lowest first; or K smallest sets of missing facts.",
)
@click.option(
    "--most-probable",
    is_flag=True,
    help="Show the most probable world in which FACT and the task's evidence hold.",
)
@click.option("--dot", is_flag=True, help="Print the proof as a DOT graph.")
@facts_options
@limit_options
@json_option
@click.option("--quiet", is_flag=True, help="No warnings.")
def command(
    task: str,
    fact: str | None,
    domain: str | None,
    plan: str | None,
    step: int | None,
    joins: bool,
    proofs: int,
    most_probable: bool,
    dot: bool,
    tables: tuple[str, ...],
    no_header: bool,
    time_s: float | None,
    cpu_s: float | None,
    memory_mb: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the proof of FACT in TASK, or the rule that comes nearest to deriving it.

    TASK may be a rule base. FACT may be any formula; with variables, its first answer is proved,
    or with --proofs the first K. Without FACT the goal of a task without actions is explained. Ends
    with 0 when the fact holds and 1 when it does not; with 22, 23 or 130 when memory, time or
    Ctrl-C ended the work.
    """
    from planner.reasons import explain_fact, explain_goal, join_report

    meter = meter_of(time_s, cpu_s, memory_mb)
    with ends_at_limit(meter, {"errors": []} if as_json else None):
        subject, warnings = load_subject(task, domain)
        show_warnings(warnings, quiet)
        if joins:
            click.echo(join_report(subject))
            if fact is None:
                return
        text = None if plan is None else read_text(plan)
        if tables and (text is not None or most_probable or fact is None):
            raise click.UsageError("--facts is for one FACT, without --plan and --most-probable")
        facts = facts_of_tables(subject, tables, has_header=not no_header)
        if most_probable:
            holds, shown = True, _most_probable(subject, fact)
        elif fact is not None:
            holds, shown = explain_fact(
                subject,
                fact,
                plan_text=text,
                step=step,
                proofs=proofs,
                dot=dot,
                as_json=as_json,
                meter=meter,
                facts=facts,
            )
        elif not subject.is_deduction or subject.goal == TRUE or text is not None:
            raise click.UsageError("name the fact to explain, such as 'on(a, b)'")
        else:
            holds, shown = explain_goal(
                subject, proofs=proofs, dot=dot, as_json=as_json, meter=meter
            )
    click.echo(shown)
    sys.exit(0 if holds else 1)


def _most_probable(task: Task, fact: str | None) -> str:
    """The most probable world in which the fact holds, as text."""
    from planner.chances import most_probable_text
    from planner.io.formula_grammar import parse_formula

    evidence = None if fact is None else parse_formula(fact, existential=True)
    return most_probable_text(task, evidence)
