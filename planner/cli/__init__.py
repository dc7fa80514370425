"""The command line, one file per command.

stdout carries the result only; progress, warnings and errors go to stderr. Exit codes are those of
`planner.errors` and `planner.cli.output`.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

import planner

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "main"]

_COMMANDS = (
    "solve",
    "validate",
    "check",
    "explain",
    "query",
    "train",
    "eval",
    "trace",
    "convert",
    "schema",
    "init",
    "warm",
)


class _LazyGroup(click.Group):
    """Imports a command's module when the command is named, so that ``--version`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"planner.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], _COMMANDS, 1)
            ctx.fail(f"no command `{args[0]}`" + (f"; did you mean `{near[0]}`?" if near else ""))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: planner solve rules/blocksworld/tasks/three-blocks.yaml",
)
@click.version_option(planner.__version__, prog_name="planner")
def cli() -> None:
    """Rules in, checked plans out.

    A rule base in YAML (predicates, facts, rules, actions) and a task give a plan, a proof or the
    answers to a query; every step is checked by an independent validator.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code."""
    import signal

    from planner.cli.watch import Overdue, disarm, end_politely

    # Threads that spin at barriers cost small matrix products up to thirty times their work; the
    # variables must be set before NumPy is loaded, and what the user set stays.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        signal.signal(signal.SIGTERM, end_politely)
    code: object
    try:
        code = cli.main(argv, prog_name="planner", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    except click.exceptions.Exit as exit_:
        code = exit_.exit_code
    except (Exception, KeyboardInterrupt, Overdue) as error:
        disarm()  # what went wrong is told, whatever the time
        from planner.cli.failure import report_failure

        code = report_failure(error, argv)
    code = code if isinstance(code, int) else 0
    if arguments is None and argv[:1] == ["solve"]:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> NoReturn:
    """End the process at once: taking a large heap apart can take a second, and helps nobody."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = 141
    os._exit(code)
