"""Located messages about files: where, what, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Diagnostic", "Severity", "Span", "suggest"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line of a file.

    Attributes:
        file: the path as the user gave it, or ``<string>``.
        line: first line, counted from 1.
        column: first column, counted from 1 in characters.
        length: characters covered on that line, at least 1.
        excerpt: the text of the line, or ``""`` when it is not at hand.
    """

    file: str
    line: int
    column: int
    length: int = 1
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(Enum):
    """Errors refuse the file; warnings do not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One located message.

    Attributes:
        code: stable short code, such as ``unknown-predicate``.
        message: one sentence without the place.
        span: the place in a file.
        suggestion: what to write instead, or ``""``.
        related: other places that matter, each with a word on why.
    """

    code: str
    message: str
    span: Span
    suggestion: str = ""
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Span, str], ...] = ()

    def render(self) -> str:
        """Show the message with its place, the line and a caret under the culprit."""
        lines = [
            f"{self.severity.value}[{self.code}]: {self.message}",
            f"  --> {self.span}",
        ]
        if self.span.excerpt:
            number = str(self.span.line)
            # Tabs are kept in the padding so that the caret stays under its character.
            before = self.span.excerpt[: self.span.column - 1]
            padding = "".join("\t" if c == "\t" else " " for c in before)
            carets = "^" * max(1, min(self.span.length, len(self.span.excerpt) - len(before)))
            hint = f" {self.suggestion}" if self.suggestion else ""
            lines += [
                f"{' ' * len(number)} |",
                f"{number} | {self.span.excerpt}",
                f"{' ' * len(number)} | {padding}{carets}{hint}",
            ]
        elif self.suggestion:
            lines.append(f"  = {self.suggestion}")
        lines += [f"  = {note}: {span}" for span, note in self.related]
        return "\n".join(lines)


def suggest(name: str, known: Iterable[str]) -> str:
    """Offer the closest known name as a sentence, or ``""`` when nothing is close.

    >>> suggest("reachble", ["reachable", "road"])
    'did you mean `reachable`?'
    """
    candidates = list(known)
    close = get_close_matches(name, candidates, n=1, cutoff=0.6)
    if not close:
        folded = {c.lower().replace("-", "_"): c for c in candidates}
        same = folded.get(name.lower().replace("-", "_"))
        close = [same] if same else []
    return f"did you mean `{close[0]}`?" if close else ""
