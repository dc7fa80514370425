"""What a person or a program sees when a command fails: never a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import planner
from planner.cli.watch import Overdue
from planner.diagnostics import Severity
from planner.errors import (
    LimitError,
    ModelBudgetError,
    PlannerError,
    RuleFileError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.diagnostics import Diagnostic

__all__ = ["LIMIT_CODES", "diagnostic_as_json", "report_failure"]

LIMIT_CODES = {"memory": 22, "time": 23, "expansions": 24, "model_calls": 24, "interrupt": 130}
"""Exit codes by the reason of a limit, CONTRACT section 4."""

_USAGE = 2


def report_failure(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong on stderr, and on stdout as JSON under ``--json``; give the exit code."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _report_limit("interrupt", "interrupted", arguments)
    if isinstance(error, Overdue):
        said = "interrupted" if error.reason == "interrupt" else f"error: no {error.reason} left"
        return _report_limit(error.reason, f"{said}, while reading the files", arguments)
    if isinstance(error, click.ClickException):
        error.show()
        return _USAGE
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe went away; the shell's convention for SIGPIPE.
        sys.stderr.close()
        return 141
    if isinstance(error, MemoryError):
        return _report_limit("memory", "error: out of memory", arguments)
    if isinstance(error, ModelBudgetError):
        return _report_limit("model_calls", f"error: {error}", arguments)
    if isinstance(error, LimitError):
        return _report_limit("memory", f"error: {error}", arguments)
    if isinstance(error, PlannerError):
        message, code = str(error), error.exit_code
    elif isinstance(error, OSError):
        name = error.filename if error.filename is not None else ""
        message, code = f"{error.strerror or error}: {name}".rstrip(": "), 31
    else:
        message, code = _internal(error, verbose="-vv" in arguments), 70
    located = isinstance(error, RuleFileError)
    click.echo(message if located else f"error: {message}", err=True)
    if "--json" in arguments:
        warnings = [diagnostic_as_json(d) for d in _of(error, Severity.WARNING)]
        click.echo(_document("error", "", _rows(error, message), warnings))
    return code


def _report_limit(reason: str, message: str, arguments: Sequence[str]) -> int:
    click.echo(message, err=True)
    if "--json" in arguments:
        click.echo(_document("limit", reason, []))
    return LIMIT_CODES[reason]


def _document(
    status: str,
    reason: str,
    errors: list[dict[str, object]],
    warnings: Sequence[dict[str, object]] = (),
) -> str:
    """The JSON of a run without a result: the keys of one with a result, and nothing in them."""
    return json.dumps(
        {
            "schema_version": 1,
            "version": planner.__version__,
            "status": status,
            "reason": reason,
            "complete": False,
            "optimal": False,
            "plan": None,
            "cost": None,
            "plans": [],
            "answers": [],
            "lower_bound": None,
            "bound": None,
            "search": "",
            "seed": None,
            "notes": [],
            "statistics": None,
            "warnings": list(warnings),
            "errors": errors,
        }
    )


def _of(error: BaseException, severity: Severity) -> list[Diagnostic]:
    """The diagnostics that an error carries, of one severity."""
    if not isinstance(error, RuleFileError | UnsupportedError):
        return []
    return [d for d in error.diagnostics if d.severity is severity]


def _rows(error: BaseException, message: str) -> list[dict[str, object]]:
    if isinstance(error, RuleFileError | UnsupportedError) and error.diagnostics:
        return [diagnostic_as_json(d) for d in _of(error, Severity.ERROR)]
    code = type(error).__name__ if isinstance(error, PlannerError) else "internal"
    return [
        {
            "code": code,
            "message": message,
            "file": None,
            "line": None,
            "column": None,
            "suggestion": "",
        }
    ]


def diagnostic_as_json(diagnostic: Diagnostic) -> dict[str, object]:
    """A diagnostic in the form of CONTRACT section 4."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": diagnostic.span.file,
        "line": diagnostic.span.line,
        "column": diagnostic.span.column,
        "suggestion": diagnostic.suggestion,
    }


def _internal(error: BaseException, *, verbose: bool) -> str:
    """Keep the traceback in a report file, so that a person can send it and need not read it."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    if verbose:
        click.echo(text, err=True)
    with tempfile.NamedTemporaryFile(
        "w", prefix="planner-report-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(text)
    name = Path(report.name)
    return f"internal error ({type(error).__name__}: {error}); the details are in {name}"
