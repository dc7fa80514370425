"""Located messages about files: where, what, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Diagnostic", "Severity", "Span", "closest", "slips_between", "suggest"]


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
    close = closest(name, known)
    return f"did you mean `{close}`?" if close else ""


def closest(name: str, known: Iterable[str]) -> str:
    """The known name with the fewest slips of the pen, or ``""`` when none is close.

    Of equally close names one of the same letters wins, then one with the same first letter, then
    the one that comes first.
    """
    best, best_key = "", (_allowed_slips(name) + 0.5, True, True)
    folded = _fold(name)
    for candidate in known:
        other = _fold(candidate)
        if abs(len(folded) - len(other)) > best_key[0]:
            continue
        slips = slips_between(folded, other, int(best_key[0]))
        key = (float(slips), sorted(folded) != sorted(other), folded[:1] != other[:1])
        if key < best_key and slips < max(len(folded), len(other)):
            best, best_key = candidate, key
    return best


def _fold(name: str) -> str:
    return name.lower().replace("_", "-")


def _allowed_slips(name: str) -> int:
    return max(1, min(len(name), 30) // 3)


def slips_between(first: str, second: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words.

    Optimal string alignment distance (Damerau 1964); ``limit + 1`` when it is larger.
    """
    above: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, start=1):
        two_above, above, row = above, row, [i]
        for j, b in enumerate(second, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and b == first[i - 2]:
                cost = min(cost, two_above[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
