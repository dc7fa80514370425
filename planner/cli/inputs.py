"""Options that several commands share, and the reading of what they name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from planner.errors import InputError, PlanFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.diagnostics import Diagnostic
    from planner.engine.facts import Facts
    from planner.errors import RuleFileError
    from planner.kr.task import RuleBase, Task

__all__ = [
    "domain_option",
    "facts_of_tables",
    "facts_options",
    "is_wrong_file",
    "json_option",
    "load_base",
    "load_problem",
    "load_subject",
    "problem_files",
    "read_text",
    "show_warnings",
]

# A decorated command's callback: click gives it any signature.
_Callback = TypeVar("_Callback", bound="Callable[..., Any]")


def domain_option(function: _Callback) -> _Callback:
    """``--domain D.pddl``: the task file is then a PDDL problem."""
    return click.option(
        "--domain",
        type=click.Path(exists=True, dir_okay=False),
        help="PDDL domain; the task is then a PDDL problem.",
    )(function)


def json_option(function: _Callback) -> _Callback:
    """``--json``: one JSON document on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
        function
    )


def facts_options(function: _Callback) -> _Callback:
    """``--facts PREDICATE=FILE`` and ``--no-header``: tables whose rows are facts."""
    for option in (
        click.option(
            "--no-header", is_flag=True, help="The first lines of these files are facts, too."
        ),
        click.option(
            "--facts",
            "tables",
            multiple=True,
            metavar="PREDICATE=FILE",
            help="A CSV or TSV file whose rows are facts; may be repeated.",
        ),
    ):
        function = option(function)
    return function


def facts_of_tables(task: Task, tables: Sequence[str], *, has_header: bool) -> Facts | None:
    """The facts of a task with those of tables beside them, ``None`` without tables.

    Raises:
        InputError: for a predicate that is not declared, or a file that does not fit it.
        click.UsageError: where the option is not ``PREDICATE=FILE``, or ``--no-header`` has no
            tables to speak of.
    """
    if not tables:
        if not has_header:
            raise click.UsageError("--no-header is for tables: name one with --facts")
        return None
    from planner.diagnostics import suggest
    from planner.tables.database import Database

    if task.rules.is_uncertain:
        raise click.UsageError("--facts is for rules without probabilities")
    database = Database(task)
    for table in tables:
        name, sign, path = table.partition("=")
        if not name or not sign or not path:
            raise click.UsageError(f"--facts takes PREDICATE=FILE, such as edge=edges.tsv: {table}")
        if name not in task.rules.predicates:
            known = ", ".join(task.rules.predicates) or "none"
            hint = suggest(name, task.rules.predicates) or f"there are: {known}"
            raise InputError(f"--facts {table}: the predicate `{name}` is not declared; {hint}")
        database.add(name, path, has_header=has_header)
    return database.facts


def is_wrong_file(error: RuleFileError) -> bool:
    """Whether a file was refused as a task because it is a rule base, or the other way round."""
    return any(diagnostic.code == "wrong-file" for diagnostic in error.diagnostics)


def load_problem(
    path: str, domain: str | None, *, needs_goal: bool = True
) -> tuple[Task, tuple[Diagnostic, ...]]:
    """Read a YAML task, or a PDDL problem with its domain; warnings come second.

    A single ``.pddl`` problem without ``--domain`` takes ``domain.pddl`` beside it. Unless
    ``needs_goal``, a YAML task may lack its ``goal:``.

    Raises:
        RuleFileError: for anything the files get wrong.
        click.UsageError: when a PDDL problem comes without a domain.
    """
    if domain is None and path.endswith(".pddl"):
        beside = Path(path).with_name("domain.pddl")
        if not beside.exists():
            raise click.UsageError(f"{path} is PDDL: name its domain with --domain D.pddl")
        domain = str(beside)
    if domain is not None:
        from planner.io.pddl.load import load_pddl

        return load_pddl(domain, path)
    from planner.io.load import load_task_checked, load_task_text

    if path == "-":
        text = sys.stdin.read()
        folder = Path.cwd()
        return load_task_text(text, name="<stdin>", folder=folder, needs_goal=needs_goal), ()
    return load_task_checked(path, needs_goal=needs_goal)


def problem_files(places: Sequence[str], domain: str) -> list[str]:
    """Files of PDDL problems; a folder stands for all ``*.pddl`` in it except the domain's.

    Raises:
        click.UsageError: for a folder without problems.
    """
    found = list[str]()
    for place in places:
        if not Path(place).is_dir():
            found.append(place)
            continue
        inside = sorted(Path(place).glob("*.pddl"))
        problems = [str(file) for file in inside if not file.samefile(domain)]
        if not problems:
            raise click.UsageError(
                f"{place} is a folder without PDDL problems (*.pddl) beside the domain"
            )
        found += problems
    return found


def load_base(path: str) -> RuleBase:
    """Read a rule base from its file, or from ``rules.yaml`` in the folder named."""
    from planner.io.load import load_rules

    place = Path(path)
    return load_rules(place / "rules.yaml" if place.is_dir() else place)


def load_subject(path: str, domain: str | None) -> tuple[Task, tuple[Diagnostic, ...]]:
    """What a question is about: a task, whose goal may be missing, or a rule base.

    A rule base, or a folder with one, is a task without objects of its own. Warnings come second.

    Raises:
        RuleFileError: for anything the files get wrong.
    """
    from planner.errors import RuleFileError
    from planner.kr.task import Task

    if Path(path).is_dir():
        return Task(load_base(path)), ()
    try:
        return load_problem(path, domain, needs_goal=False)
    except RuleFileError as error:
        if not is_wrong_file(error):
            raise
        return Task(load_base(path)), ()


def read_text(path: str) -> str:
    """The text of a file, or of stdin for ``-``.

    Raises:
        PlanFileError: when it is not UTF-8.
    """
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PlanFileError(f"{path} is not UTF-8 text: byte {error.start}") from error


def show_warnings(warnings: tuple[Diagnostic, ...], quiet: bool) -> None:
    """Print warnings to stderr."""
    for warning in () if quiet else warnings:
        click.echo(warning.render(), err=True)
