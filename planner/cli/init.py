"""``planner init``: a starter project that solves, to be changed by its owner."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]

_RULES = """\
rulebase: errands
types: {place: object, person: object, parcel: object}
predicates:
  road(place, place): "a road leads from {0} to {1}"
  at(person, place): "{0} is at {1}"
  lies(parcel, place): "{0} lies at {1}"
  carries(person, parcel): "{0} carries {1}"
  connected(place, place): "one can drive between {0} and {1}"
rules:
  - if: road(?a, ?b)
    then: connected(?a, ?b)
  - if: road(?a, ?b)
    then: connected(?b, ?a)
actions:
  drive(?p - person, ?from - place, ?to - place):
    if: at(?p, ?from) and connected(?from, ?to)
    then: at(?p, ?to) and not at(?p, ?from)
    text: "{p} drives from {from} to {to}"
  pick-up(?p - person, ?x - parcel, ?where - place):
    if: at(?p, ?where) and lies(?x, ?where)
    then: carries(?p, ?x) and not lies(?x, ?where)
    text: "{p} picks up {x} at {where}"
  put-down(?p - person, ?x - parcel, ?where - place):
    if: at(?p, ?where) and carries(?p, ?x)
    then: lies(?x, ?where) and not carries(?p, ?x)
    text: "{p} puts {x} down at {where}"
"""

_TASK = """\
task: first
rules: ../rules.yaml
objects:
  place: [home, market, station]
  person: [ada]
  parcel: [letter]
init:
  - at(ada, home)
  - lies(letter, market)
  - road(home, market)
  - road(market, station)
goal: lies(letter, station)
"""


@click.command("init", epilog="Example: planner init errands")
@click.argument("folder", type=click.Path(file_okay=False))
def command(folder: str) -> None:
    """Make FOLDER with a small rule base and a task, ready to solve and to change.

    Files that exist are never overwritten.
    """
    root = Path(folder)
    files = {
        root / "rules.yaml": f"# yaml-language-server: $schema=schema/rules.schema.json\n{_RULES}",
        root / "tasks" / "first.yaml": (
            f"# yaml-language-server: $schema=../schema/task.schema.json\n{_TASK}"
        ),
        root / "schema" / "rules.schema.json": _schema("rules"),
        root / "schema" / "task.schema.json": _schema("task"),
    }
    existing = [str(path) for path in files if path.exists()]
    if existing:
        raise click.UsageError(f"these files exist already: {', '.join(existing)}")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(path)
    click.echo(f"try: planner solve {root / 'tasks' / 'first.yaml'}", err=True)


def _schema(kind: str) -> str:
    import json

    from planner.io.schema import json_schema

    return json.dumps(json_schema(kind), indent=2) + "\n"
