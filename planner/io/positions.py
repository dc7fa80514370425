"""From an offset in a YAML scalar back to its line and column, through quotes and folding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from planner.diagnostics import Span
    from planner.io.nodes import Scalar
    from planner.io.source import Source

__all__ = ["Place"]

_ESCAPE_LENGTH = {"x": 4, "u": 6, "U": 10}


@dataclass(slots=True)
class Place:
    """Where the text of one scalar stands.

    A plain scalar on one line is the common case and costs an addition; for all others the raw
    text is walked beside the value, which is done only when a span is asked for.

    Attributes:
        quoted: names of objects that stand between quotation marks, as they would not read as
            names without.
    """

    source: Source
    scalar: Scalar
    quoted: Collection[str] = ()
    _indices: list[int] | None = field(default=None, repr=False, compare=False)

    def span(self, start: int, end: int) -> Span:
        """The span of ``value[start:end]``, cut at the end of its first line."""
        scalar = self.scalar
        if scalar.line == scalar.end_line and scalar.style not in ("|", ">"):
            # Without escapes the value is as long as what stands in the file.
            quotes = len(scalar.style)
            if scalar.end_column - scalar.column == len(scalar.value) + 2 * quotes:
                column = scalar.column + quotes + start
                return self.source.span(scalar.line, column, end - start)
        if self._indices is None:
            self._indices = _raw_indices(self.source, scalar)
        indices = self._indices
        first = indices[min(start, len(indices) - 1)]
        last = indices[min(max(start, end - 1), len(indices) - 1)]
        line, column = self.source.position(first)
        last_line, last_column = self.source.position(last)
        width = len(self.source.lines[line]) - column
        length = last_column - column + 1 if last_line == line else width
        return self.source.span(line, column, length)

    def whole(self) -> Span:
        """The span of the scalar as it is written, quotation marks included."""
        scalar = self.scalar
        if scalar.style in ("|", ">"):
            return self.span(0, len(scalar.value.rstrip()))
        if scalar.line == scalar.end_line:
            length = scalar.end_column - scalar.column
        else:
            length = len(self.source.lines[scalar.line]) - scalar.column
        return self.source.span(scalar.line, scalar.column, length)


def _raw_indices(source: Source, scalar: Scalar) -> list[int]:
    """Index into the source of each character of the value, and one more for its end."""
    text = source.text
    raw = source.index(scalar.line, scalar.column)
    end = source.index(scalar.end_line, scalar.end_column)
    if scalar.style in ("|", ">"):
        raw = source.index(scalar.line + 1, 0)
    elif scalar.style:
        raw += 1
    indices = []
    for character in scalar.value:
        if character.isspace() and (raw >= end or text[raw] != "\\"):
            indices.append(min(raw, end))
            # Folding turns a run of breaks and indentation into one blank or break.
            if raw < end and text[raw] in " \t" and character in " \t" and not _ends(text, raw):
                raw += 1
            else:
                raw = _skip_blank(text, raw, end)
            continue
        raw = _skip_blank(text, raw, end) if not character.isspace() else raw
        indices.append(min(raw, end))
        raw += _raw_length(text, raw, scalar.style)
    indices.append(min(raw, max(end - 1, 0)) if indices else raw)
    return indices


def _ends(text: str, raw: int) -> bool:
    """Whether only blanks stand between here and the end of the line."""
    while raw < len(text) and text[raw] in " \t":
        raw += 1
    return raw >= len(text) or text[raw] in "\r\n"


def _skip_blank(text: str, raw: int, end: int) -> int:
    while raw < end and text[raw] in " \t\r\n":
        raw += 1
    return raw


def _raw_length(text: str, raw: int, style: str) -> int:
    if style == '"' and text.startswith("\\", raw):
        return _ESCAPE_LENGTH.get(text[raw + 1 : raw + 2], 2)
    if style == "'" and text.startswith("''", raw):
        return 2
    return 1
