"""Plans, results and errors as JSON, for the pipe between two processes."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import planner.errors
from planner.diagnostics import Diagnostic, Severity, Span
from planner.errors import PlannerError, RuleFileError, UnsupportedError
from planner.kr.terms import Text
from planner.plan import Plan, Step
from planner.result import Result, Statistics
from planner.search.result import Status

if TYPE_CHECKING:
    from planner.kr.task import Task
    from planner.kr.terms import Constant

__all__ = [
    "decode_error",
    "decode_plan",
    "decode_result",
    "encode_error",
    "encode_plan",
    "encode_result",
]

# What JSON holds is `Any` until it is looked at.
_Json = dict[str, Any]

_PLAIN = (
    "reason", "complete", "optimal", "bound", "search", "seed", "unreachable",
)  # fmt: skip
"""Fields of a result that JSON holds as they are."""


def encode_plan(plan: Plan) -> list[_Json]:
    """A plan as rows."""
    return [
        {
            "name": step.name,
            "arguments": [_encode_constant(argument) for argument in step.arguments],
            "cost": str(step.cost),
            "text": step.text,
            "created": list(step.created),
        }
        for step in plan
    ]


def decode_plan(rows: list[_Json]) -> Plan:
    """A plan of its rows."""
    return Plan(
        tuple(
            Step(
                row["name"],
                tuple(_decode_constant(argument) for argument in row["arguments"]),
                Fraction(row["cost"]),
                row["text"],
                tuple(row["created"]),
            )
            for row in rows
        )
    )


def _encode_constant(constant: Constant) -> str | int | _Json:
    match constant:
        case Fraction():
            return {"number": str(constant)}
        case Text():
            return {"text": constant.value}
        case _:
            return constant


def _decode_constant(code: str | int | _Json) -> Constant:
    if not isinstance(code, dict):
        return code
    return Fraction(code["number"]) if "number" in code else Text(code["text"])


def encode_result(result: Result) -> _Json:
    """A result of a search; answers of queries are not among what is sent."""
    return {
        **{name: getattr(result, name) for name in _PLAIN},
        "status": result.status.value,
        "plan": None if result.plan is None else encode_plan(result.plan),
        "others": [encode_plan(plan) for plan in result.others],
        "lower_bound": None if result.lower_bound is None else str(result.lower_bound),
        "notes": list(result.notes),
        "statistics": asdict(result.statistics),
    }


def decode_result(task: Task, code: _Json) -> Result:
    """A result for a task."""
    bound = code["lower_bound"]
    return Result(
        task,
        Status(code["status"]),
        plan=None if code["plan"] is None else decode_plan(code["plan"]),
        others=tuple(decode_plan(plan) for plan in code["others"]),
        lower_bound=None if bound is None else Fraction(bound),
        notes=tuple(code["notes"]),
        statistics=Statistics(**code["statistics"]),
        **{name: code[name] for name in _PLAIN},
    )


def encode_error(error: PlannerError) -> _Json:
    """An error with what it says of files."""
    diagnostics = getattr(error, "diagnostics", ())
    message = str(error).partition("\n")[0] if diagnostics else str(error)
    return {
        "kind": type(error).__name__,
        "message": message,
        "diagnostics": [_encode_diagnostic(diagnostic) for diagnostic in diagnostics],
    }


def decode_error(code: _Json) -> PlannerError:
    """The error, of its own class."""
    kind = getattr(planner.errors, code["kind"], PlannerError)
    found = [_decode_diagnostic(diagnostic) for diagnostic in code["diagnostics"]]
    if kind is RuleFileError:
        return RuleFileError(found)
    if kind is UnsupportedError:
        return UnsupportedError(code["message"], found)
    # An error that takes more than a message keeps its exit code.
    error = PlannerError(code["message"])
    error.exit_code = kind.exit_code
    return error


def _encode_diagnostic(diagnostic: Diagnostic) -> _Json:
    return {**asdict(diagnostic), "severity": diagnostic.severity.value}


def _decode_diagnostic(code: _Json) -> Diagnostic:
    related = tuple((Span(**span), note) for span, note in code["related"])
    return Diagnostic(
        code["code"],
        code["message"],
        Span(**code["span"]),
        code["suggestion"],
        Severity(code["severity"]),
        related,
    )
