"""``planner validate``: check a plan independently of the search."""

from __future__ import annotations

import json
import sys

import click

import planner
from planner.cli.failure import diagnostic_as_json
from planner.cli.inputs import domain_option, json_option, load_problem, read_text, show_warnings

__all__ = ["command"]


@click.command(
    "validate", epilog="Example: planner validate rules/gripper/tasks/balls-2.yaml plan.txt"
)
@click.argument("task", type=click.Path())
@click.argument("plan", type=click.Path())
@domain_option
@json_option
@click.option("--quiet", is_flag=True, help="No warnings.")
def command(task: str, plan: str, domain: str | None, as_json: bool, quiet: bool) -> None:
    """Check PLAN against TASK; name the first failing step and the missing facts."""
    from planner.kr.terms import show_constant
    from planner.plan import parse_plan
    from planner.validate import validate

    problem, warnings = load_problem(task, domain)
    show_warnings(warnings, quiet)
    verdict = validate(problem, parse_plan(read_text(plan), plan))
    if as_json:
        failed = None if verdict.failed_step is None else verdict.failed_step + 1
        document = {
            "schema_version": 1,
            "version": planner.__version__,
            "status": "valid" if verdict.ok else "invalid",
            "valid": verdict.ok,
            "cost": float(verdict.cost),
            "failed_step": failed,
            "missing": list(verdict.missing),
            "message": verdict.message,
            "warnings": [diagnostic_as_json(w) for w in warnings],
            "errors": [],
        }
        click.echo(json.dumps(document))
    elif verdict.ok:
        click.echo(f"plan valid, cost {show_constant(verdict.cost)}")
    else:
        click.echo(f"plan not valid: {verdict.message}")
    sys.exit(0 if verdict.ok else 1)
