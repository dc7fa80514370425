"""Where a word of a formula stands, found back from the span of the formula."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["NOWHERE", "Findings", "Origin", "locate"]

NOWHERE = Span("<python>", 1, 1)
"""The place of what was built in Python and not read from a file."""


@dataclass(frozen=True)
class Origin:
    """What a reader knows beside the values it has read.

    Attributes:
        places: where types and objects are declared, by kind and name.
        broken: names whose declaration could not be read; nothing is said about them.
        damaged: spans of rules, actions and goals of which a part could not be read; what is
            missing there would only be an echo.
    """

    places: Mapping[tuple[str, str], Span] = field(default_factory=dict)
    broken: Collection[str] = ()
    damaged: Collection[Span | None] = ()


def locate(span: Span | None, word: str) -> Span:
    """The first occurrence of a word inside a span's line, or the span where there is none."""
    if span is None:
        return NOWHERE
    start = span.column - 1
    pattern = rf"(?<![\w?-]){re.escape(word)}(?![\w-])"
    match = re.compile(pattern).search(span.excerpt, start, start + max(span.length, len(word)))
    if match is None:
        return span
    return Span(span.file, span.line, match.start() + 1, len(word), span.excerpt)


class Findings:
    """Diagnostics in the order they are found."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        suggestion: str = "",
        related: Iterable[tuple[Span | None, str]] = (),
    ) -> None:
        """Note an error; related places that are nowhere are left out."""
        self._note(code, message, span, suggestion, related, Severity.ERROR)

    def warn(
        self,
        code: str,
        message: str,
        span: Span | None,
        suggestion: str = "",
        related: Iterable[tuple[Span | None, str]] = (),
    ) -> None:
        """Note a warning."""
        self._note(code, message, span, suggestion, related, Severity.WARNING)

    def _note(
        self,
        code: str,
        message: str,
        span: Span | None,
        suggestion: str,
        related: Iterable[tuple[Span | None, str]],
        severity: Severity,
    ) -> None:
        places = tuple((place, note) for place, note in related if place is not None)
        found = Diagnostic(code, message, span or NOWHERE, suggestion, severity, places)
        self.found.append(found)
