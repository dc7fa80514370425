"""``planner explain``: why a fact holds, or why it does not."""

from __future__ import annotations

import sys

import click

from planner.cli.inputs import domain_option, json_option, load_problem, read_text, show_warnings

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
    as_json: bool,
    quiet: bool,
) -> None:
    """Show the proof of FACT in TASK, or the rule that comes nearest to deriving it.

    Ends with 0 when the fact holds and 1 when it does not.
    """
    from planner.reasons import explain_fact, join_report

    problem, warnings = load_problem(task, domain)
    show_warnings(warnings, quiet)
    if joins:
        click.echo(join_report(problem))
        if fact is None:
            return
    if most_probable:
        from planner.chances import most_probable_text
        from planner.io.formula_grammar import parse_formula

        evidence = None if fact is None else parse_formula(fact, existential=True)
        click.echo(most_probable_text(problem, evidence))
        return
    if fact is None:
        raise click.UsageError("name the fact to explain, such as 'on(a, b)'")
    text = None if plan is None else read_text(plan)
    holds, shown = explain_fact(
        problem, fact, plan_text=text, step=step, proofs=proofs, dot=dot, as_json=as_json
    )
    click.echo(shown)
    sys.exit(0 if holds else 1)
