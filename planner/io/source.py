"""The text of a rule file, with its lines, as the place every message points into."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, Span
from planner.errors import RuleFileError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "Source", "read_source", "source_of_text"]

MAX_BYTES = 16 * 2**20
_LONGEST_EXCERPT = 400

# libyaml ends a line at each of these, so its line numbers count them all.
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# YAML allows tab, line feed, carriage return and next line; everything else below a blank is out.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Source:
    """One file read into memory.

    Attributes:
        name: the path as the user gave it, or ``<string>``.
        line_starts: index into ``text`` of the first character of each line.
    """

    name: str
    text: str
    line_starts: tuple[int, ...] = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """A span from a line and a column counted from 0; a very long line is not excerpted."""
        excerpt = self.lines[line] if line < len(self.lines) else ""
        if len(excerpt) > _LONGEST_EXCERPT:
            excerpt = ""
        return Span(self.name, line + 1, column + 1, max(1, length), excerpt)

    def span_at(self, index: int, length: int = 1) -> Span:
        """A span from an index into the text."""
        line, column = self.position(index)
        return self.span(line, column, length)

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, counted from 0, of an index into the text."""
        line = bisect_right(self.line_starts, index) - 1
        return line, index - self.line_starts[line]

    def index(self, line: int, column: int) -> int:
        """Index into the text of a line and column counted from 0."""
        if line >= len(self.line_starts):
            return len(self.text)
        return min(self.line_starts[line] + column, len(self.text))


def source_of_text(text: str, name: str = "<string>") -> Source:
    """Wrap a text, refusing what no rule file may contain.

    Raises:
        RuleFileError: for control characters, lone surrogates and texts over `MAX_BYTES`.
    """
    # A byte order mark is legal in front of the text and nowhere else.
    text = text.removeprefix("\ufeff")
    starts = [0]
    lines = []
    for match in _LINE_BREAK.finditer(text):
        lines.append(text[starts[-1] : match.start()])
        starts.append(match.end())
    lines.append(text[starts[-1] :])
    source = Source(name, text, tuple(starts), tuple(lines))
    if len(text) > MAX_BYTES:
        raise _refuse(source, "too-large", f"the file is longer than {MAX_BYTES:,} characters", 0)
    bad = _FORBIDDEN.search(text)
    if bad is not None:
        code = f"U+{ord(bad[0]):04X}"
        message = f"the character {code} is not allowed in a rule file"
        raise _refuse(source, "bad-character", message, bad.start())
    return source


def read_source(path: str | Path) -> Source:
    """Read a file as UTF-8.

    Raises:
        RuleFileError: when the file cannot be read, is too large or is not UTF-8.
    """
    name = str(path)
    empty = Source(name, "", (0,), ("",))
    try:
        with BufferedReader(FileIO(path)) as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refuse(empty, "unreadable-file", f"cannot read `{name}`: {reason}", 0) from error
    if len(data) > MAX_BYTES:
        raise _refuse(empty, "too-large", f"the file is longer than {MAX_BYTES:,} bytes", 0)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source_of_text(_FORBIDDEN.sub(" ", data[: error.start].decode("utf-8")), name)
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise _refuse(before, "not-utf-8", message, len(before.text)) from error
    return source_of_text(text, name)


def _refuse(source: Source, code: str, message: str, index: int) -> RuleFileError:
    span = source.span_at(min(index, len(source.text)))
    # The excerpt may hold the very character that terminals choke on.
    clean = _FORBIDDEN.sub("\ufffd", span.excerpt)
    span = Span(span.file, span.line, span.column, span.length, clean)
    return RuleFileError([Diagnostic(code, message, span)])
