"""``planner schema``: JSON Schemas for editors."""

from __future__ import annotations

import json

import click

__all__ = ["command"]


@click.command("schema", epilog="Example: planner schema rules > rules.schema.json")
@click.argument("kind", type=click.Choice(["rules", "task"]))
def command(kind: str) -> None:
    """Print the JSON Schema of rule bases or of tasks, for completion in editors."""
    from planner.io.schema import json_schema

    click.echo(json.dumps(json_schema(kind), indent=2))
