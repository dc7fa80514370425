"""Diagnostics as text for people, JSON for programs and SARIF for code-scanning tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from planner import __version__
from planner.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.diagnostics import Diagnostic, Span

__all__ = ["as_record", "render", "to_json", "to_sarif", "to_text"]

Record: TypeAlias = "dict[str, str | int]"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(diagnostics: Sequence[Diagnostic], style: str) -> str:
    """Write diagnostics in a style: ``text``, ``json`` or ``sarif``."""
    writers = {"text": to_text, "json": to_json, "sarif": to_sarif}
    return writers[style](diagnostics)


def to_text(diagnostics: Sequence[Diagnostic]) -> str:
    """Each message with its line and a caret."""
    return "\n\n".join(d.render() for d in diagnostics)


def as_record(diagnostic: Diagnostic) -> Record:
    """The keys that programs rely on."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "suggestion": diagnostic.suggestion,
    }


def to_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Errors and warnings in lists of their own, each entry as `as_record` gives it."""
    errors = [as_record(d) for d in diagnostics if d.severity is Severity.ERROR]
    warnings = [as_record(d) for d in diagnostics if d.severity is Severity.WARNING]
    report = {"schema_version": 1, "errors": errors, "warnings": warnings}
    return json.dumps(report, indent=2, ensure_ascii=False)


def to_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """SARIF 2.1.0 (OASIS 2020), one run."""
    codes = list(dict.fromkeys(d.code for d in diagnostics))
    driver = {"name": "planner", "version": __version__, "rules": [{"id": code} for code in codes]}
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(d, codes) for d in diagnostics],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(diagnostic: Diagnostic, codes: list[str]) -> dict[str, object]:
    text = diagnostic.message
    if diagnostic.suggestion:
        text += f" ({diagnostic.suggestion})"
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity.value,
        "message": {"text": text},
        "locations": [_location(diagnostic.span)],
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_location(span), "message": {"text": note}} for span, note in diagnostic.related
        ]
    return result


def _location(span: Span) -> dict[str, object]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endColumn": span.column + span.length,
    }
    artifact = {"uri": span.file.replace("\\", "/")}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
