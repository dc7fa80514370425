"""PDDL text as nested groups of words, with the place of every word on request.

PDDL is case-insensitive: words come out in lower case, excerpts as the file has them. Words carry
no position; the place of the i-th item of a group is found by scanning again from where the group
starts, which costs time only for messages and for the few things whose place is kept.
"""

from __future__ import annotations

import re
import string
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.diagnostics import Span

if TYPE_CHECKING:
    from planner.io.pddl.report import Report

__all__ = ["DEPTH_LIMIT", "Group", "Node", "Source", "parse_groups"]

DEPTH_LIMIT = 100
"""Deepest nesting that is read; later passes recurse, and no real file goes beyond 25."""

# A question mark begins a new word even without a blank before it: `aircraft?a` is two words.
_WORD = r"\?[^\s()?]*|[^\s()?]+"
_TOKEN = re.compile(rf"\(([^()]*+)\)|(\()|(\))|({_WORD})")
_PLAIN = re.compile(rf"[()]|{_WORD}")
_WORDS = re.compile(_WORD)
_GLUED = re.compile(r"[^\s()]\?")
_COMMENT = re.compile(r";[^\n]*")
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(slots=True)
class Group:
    """What stands between a pair of parentheses.

    Attributes:
        start: offset of the opening parenthesis.
    """

    start: int
    items: list[Node] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The first item when it is a word, else ``""``."""
        first = self.items[0] if self.items else ""
        return first if isinstance(first, str) else ""


Node: TypeAlias = "str | Group"


class Source:
    """The text of one file and the places in it."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.text = text
        # ASCII only: other letters may change their length, and with it every offset.
        lowered = text.translate(_TO_LOWER)
        self.lowered = _COMMENT.sub(lambda m: " " * len(m[0]), lowered)
        self._scanned: tuple[Group | None, list[int]] = (None, [])
        self._line_starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def span_at(self, offset: int, length: int = 1) -> Span:
        """The place of an offset, cut to one line."""
        line = bisect_right(self._line_starts, offset)
        start = self._line_starts[line - 1]
        end = self.text.find("\n", start)
        excerpt = self.text[start : end if end >= 0 else len(self.text)].rstrip("\r")
        column = offset - start + 1
        room = max(1, len(excerpt) - column + 1)
        return Span(self.file, line, column, max(1, min(length, room)), excerpt)

    def span(self, group: Group, index: int | None = None) -> Span:
        """The place of a group, or of one of its items."""
        if index is None or index >= len(group.items):
            return self.span_at(group.start)
        item = group.items[index]
        if isinstance(item, Group):
            return self.span_at(item.start)
        return self.span_at(self._offset(group, index), len(item))

    def _offset(self, group: Group, index: int) -> int:
        # The places of one group are kept: a group with many errors is scanned once.
        if self._scanned[0] is not group:
            self._scanned = (group, self._offsets(group))
        offsets = self._scanned[1]
        return offsets[index] if index < len(offsets) else group.start

    def _offsets(self, group: Group) -> list[int]:
        found: list[int] = []
        depth = 0
        for match in _PLAIN.finditer(self.lowered, group.start + 1):
            if match[0] == ")":
                if depth == 0:
                    break
                depth -= 1
                continue
            if depth == 0:
                found.append(match.start())
            if match[0] == "(":
                depth += 1
        return found


def parse_groups(source: Source, report: Report) -> list[Group]:
    """Read the top-level groups; parentheses that do not match and words outside are errors."""
    text = source.lowered
    split = _WORDS.findall if _GLUED.search(text) else str.split
    top: list[Node] = []
    current = top
    opened: list[tuple[int, list[Node]]] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastindex
        if kind == 1:
            current.append(Group(match.start(), list(split(match[1]))))
        elif kind == 2:
            if len(opened) >= DEPTH_LIMIT:
                span = source.span_at(match.start())
                report.error("too-deep", f"nested deeper than {DEPTH_LIMIT} levels", span)
                return []
            group = Group(match.start())
            current.append(group)
            opened.append((match.start(), current))
            current = group.items
        elif kind == 3:
            if not opened:
                span = source.span_at(match.start())
                report.error("parenthesis", "this `)` closes nothing", span)
                return [item for item in top if isinstance(item, Group)]
            current = opened.pop()[1]
        else:
            current.append(match[4])
    if opened:
        span = source.span_at(opened[-1][0])
        report.error("parenthesis", "this `(` is never closed", span)
    return _only_groups(top, source, report)


def _only_groups(top: list[Node], source: Source, report: Report) -> list[Group]:
    groups = [item for item in top if isinstance(item, Group)]
    if len(groups) < len(top):
        offset = next((m for m in _WORDS.finditer(source.lowered)), None)
        for match in _TOKEN.finditer(source.lowered):
            if match.lastindex == 4:
                offset = match
                break
            if match.lastindex == 2:
                break
        assert offset is not None
        report.error(
            "stray-word",
            f"`{offset[0]}` stands outside of any parentheses",
            source.span_at(offset.start(), len(offset[0])),
        )
    return groups
