"""``planner convert``: PDDL to YAML and YAML to PDDL."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from planner.cli.inputs import domain_option, load_problem, show_warnings

__all__ = ["command"]


@click.command(
    "convert",
    epilog="Examples: planner convert p.pddl --domain d.pddl --to yaml --out folder; "
    "planner convert task.yaml --to pddl --out folder",
)
@click.argument("task", type=click.Path())
@domain_option
@click.option("--to", "target", type=click.Choice(["yaml", "pddl"]), help="Default: the other one.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder; without it, stdout.")
@click.option("--quiet", is_flag=True, help="No warnings.")
def command(
    task: str, domain: str | None, target: str | None, out: str | None, quiet: bool
) -> None:
    """Write TASK and its rules in the other language: two files, rules first.

    YAML: rules.yaml and task.yaml. PDDL: domain.pddl and problem.pddl.
    """
    problem, warnings = load_problem(task, domain)
    show_warnings(warnings, quiet)
    is_pddl = domain is not None or task.endswith(".pddl")
    target = target or ("yaml" if is_pddl else "pddl")
    if target == "pddl":
        from planner.io.pddl.dump import dump_pddl

        first, second = dump_pddl(problem)
        names = ("domain.pddl", "problem.pddl")
    else:
        from planner.io.dump import dump_rules, dump_task

        first, second = dump_rules(problem.rules), dump_task(problem, "rules.yaml")
        names = ("rules.yaml", "task.yaml")
    if out is None:
        click.echo(first, nl=False)
        if target == "yaml":
            click.echo("---")
        click.echo(second, nl=False)
        sys.exit(0)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(names, (first, second), strict=True):
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(folder / name)
