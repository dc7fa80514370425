"""``planner check``: read and lint rule bases and tasks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from planner.cli.inputs import is_wrong_file
from planner.diagnostics import Diagnostic, Severity, Span
from planner.errors import RuleFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["command"]


@click.command("check", epilog="Example: planner check rules/blocksworld")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
)
def command(paths: tuple[str, ...], style: str) -> None:
    """Check rule bases, tasks and PDDL files; folders are searched for them, - is YAML on stdin.

    Ends with 1 when there are errors, 0 when there are only warnings.
    """
    from planner.io.report import render

    files = [file for path in paths for file in _files(Path(path))]
    if not files:
        raise click.UsageError(f"no .yaml, .yml or .pddl file in {', '.join(paths)}")
    diagnostics = [d for file in files for d in _check(file)]
    # A rule base used by several tasks reports its problems once.
    unique = list(dict.fromkeys(diagnostics))
    errors = sum(d.severity is Severity.ERROR for d in unique)
    click.echo(render(unique, style), nl=not (style == "text" and not unique))
    if style == "text":
        numbers = [(len(files), "file"), (errors, "error"), (len(unique) - errors, "warning")]
        said = (f"{n} {word}" + "s" * (n != 1) for n, word in numbers)
        click.echo(", ".join(said), err=True)
    sys.exit(1 if errors else 0)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.suffix in {".yaml", ".yml", ".pddl"}]
        yield from sorted(found)
    else:
        yield path


def _check(file: Path) -> tuple[Diagnostic, ...]:
    from planner.errors import UnsupportedError

    try:
        return _warnings(file)
    except RuleFileError as error:
        return error.diagnostics
    except UnsupportedError as error:
        return error.diagnostics or (Diagnostic("unsupported", str(error), Span(str(file), 1, 1)),)


def _warnings(file: Path) -> tuple[Diagnostic, ...]:
    if str(file) == "-":
        return _warnings_of_text(sys.stdin.read())
    if file.suffix == ".pddl":
        from planner.io.pddl.load import load_pddl, load_pddl_domain_checked

        beside = file.with_name("domain.pddl")
        if file.name == "domain.pddl" or not beside.exists():
            return load_pddl_domain_checked(file)[1]
        return load_pddl(beside, file)[1]
    from planner.io.load import load_rules_checked, load_task_checked

    try:
        return load_task_checked(file)[1]
    except RuleFileError as error:
        if is_wrong_file(error):
            return load_rules_checked(file)[1]
        raise


def _warnings_of_text(text: str) -> tuple[Diagnostic, ...]:
    from planner.io.load import load_rules_text_checked, load_task_text

    try:
        load_task_text(text, name="<stdin>", folder=Path.cwd())
    except RuleFileError as error:
        if is_wrong_file(error):
            return load_rules_text_checked(text, name="<stdin>")[1]
        raise
    return ()
