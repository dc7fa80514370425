"""YAML text to nodes with positions, from libyaml's events.

PyYAML's two loaders accept different documents, its constructors turn names into booleans and
dates, and its composer overflows the stack on deep nesting; so nodes are composed here, scalars
stay strings, and every bound is checked on the event stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.nodes import Mapping, Node, Scalar, Sequence
from planner.io.yaml_traps import (
    explain_alias,
    explain_anchor,
    explain_tag,
    explain_yaml_error,
    mark_of,
)

try:
    from yaml.cyaml import CSafeLoader
except ImportError as error:  # pragma: no cover - wheels of PyYAML carry libyaml
    raise ImportError(
        "planner reads YAML with libyaml only, and this PyYAML was built without it: "
        "reinstall it with `pip install --force-reinstall --only-binary :all: pyyaml`"
    ) from error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.problems import Problems
    from planner.io.source import Source

__all__ = [
    "MAX_ALIASES",
    "MAX_DEPTH",
    "MAX_NODES",
    "compose",
]

MAX_DEPTH = 64
MAX_NODES = 1_000_000
MAX_ALIASES = 100
_PROPERTIES = re.compile(r"(?:[&!]\S*\s*)+")


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been met; a mapping's children alternate key and value."""

    children: list[Node]
    line: int
    column: int
    flow: bool
    is_mapping: bool
    anchor: str
    nodes: int


def compose(source: Source, problems: Problems) -> Node | None:
    """Compose the one document of a file; ``None`` for an empty file.

    Duplicate keys, tags and keys that are not strings are noted in ``problems`` and left out.

    Raises:
        RuleFileError: for text that is not YAML, and for files beyond the limits.
    """
    return _Composer(source, problems).compose()


class _Composer:
    """One pass over the events of one file."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._nodes = 0
        self._aliases = 0
        self._root: Node | None = None
        self._has_tabs = "\t" in source.text

    def compose(self) -> Node | None:
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "a second YAML document starts here; write one file each"
                    raise self._refuse("several-documents", message, event)
        return self._root

    def _events(self) -> Iterator[yaml.Event]:
        parser = CSafeLoader(self._source.text)
        try:
            event = parser.get_event()
            while event is not None:
                yield event
                event = parser.get_event()
        except yaml.MarkedYAMLError as error:
            raise RuleFileError([explain_yaml_error(self._source, error)]) from error
        except yaml.YAMLError as error:
            message = f"this is not YAML: {error}"
            raise RuleFileError([Diagnostic("yaml", message, self._source.span(0, 0))]) from error

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        line, column = mark_of(event)
        end = event.end_mark
        assert end is not None, "libyaml marks every event"
        if event.tag is not None and event.tag != "!":
            self._problems.add([explain_tag(self._source, event)])
        if event.value and (event.anchor is not None or event.tag is not None):
            line, column = self._behind_properties(line, column)
        elif self._has_tabs:
            self._check_tab(line, column)
        node = Scalar(event.value, line, column, end.line, end.column, event.style or "")
        self._count(1, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, 1)
            trap = explain_anchor(self._source, event)
            if trap is not None:
                self._problems.add([trap])
        self._place(node)

    def _check_tab(self, line: int, column: int) -> None:
        """Refuse a tab between a key or a dash and its value: other readers of YAML do, too."""
        # A value left out at the end of the file stands behind its last line.
        before = self._source.lines[line][:column] if line < len(self._source.lines) else ""
        if before.endswith("\t"):
            message = "a tab stands before this value; some readers of YAML refuse that"
            start = len(before.rstrip())
            self._problems.error(
                "yaml-tab", message, self._source.span(line, start), "write a blank"
            )

    def _behind_properties(self, line: int, column: int) -> tuple[int, int]:
        """Where a scalar's own text starts, behind its anchor and its tag."""
        rest = self._source.text[self._source.index(line, column) :]
        properties = _PROPERTIES.match(rest)
        shift = properties.end() if properties is not None else 0
        return self._source.position(self._source.index(line, column) + shift)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._stack) >= MAX_DEPTH:
            message = f"collections are nested more than {MAX_DEPTH} deep"
            raise self._refuse("too-deep", message, event)
        if event.tag is not None and event.tag != "!":
            self._problems.add([explain_tag(self._source, event)])
        self._count(1, event)
        line, column = mark_of(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        flow, anchor = bool(event.flow_style), event.anchor or ""
        self._stack.append(_Open([], line, column, flow, is_mapping, anchor, self._nodes))

    def _close(self) -> None:
        opened = self._stack.pop()
        node: Node
        if opened.is_mapping:
            node = Mapping(self._pairs(opened), opened.line, opened.column, opened.flow)
        else:
            node = Sequence(tuple(opened.children), opened.line, opened.column, opened.flow)
        if opened.anchor:
            self._anchors[opened.anchor] = (node, self._nodes - opened.nodes + 1)
        self._place(node)

    def _pairs(self, opened: _Open) -> tuple[tuple[Scalar, Node], ...]:
        pairs: dict[str, tuple[Scalar, Node]] = {}
        children = opened.children
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                message = "a key must be text; a key may not be a list or a mapping"
                span = self._source.span(key.line, key.column)
                self._problems.error("bad-key", message, span, "quote the whole entry")
            elif key.value in pairs:
                first = pairs[key.value][0]
                message = (
                    f"the key `{key.value}` stands here twice (first on line {first.line + 1})"
                )
                span = self._source.span(key.line, key.column, len(key.value))
                self._problems.error("duplicate-key", message, span, "merge the two entries")
            else:
                pairs[key.value] = (key, value)
        return tuple(pairs.values())

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._aliases += 1
        found = self._anchors.get(event.anchor or "")
        if found is None:
            raise RuleFileError([explain_alias(self._source, event)])
        if self._aliases > MAX_ALIASES:
            message = f"more than {MAX_ALIASES} aliases"
            raise self._refuse("too-many-aliases", message, event)
        node, size = found
        # An alias is read again wherever it stands, so it counts with all that it repeats.
        self._count(size, event)
        self._place(node)

    def _count(self, nodes: int, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            message = f"the file has more than {MAX_NODES:,} values"
            raise self._refuse("too-many-nodes", message, event)

    def _place(self, node: Node) -> None:
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self._root = node

    def _refuse(self, code: str, message: str, event: yaml.Event) -> RuleFileError:
        return RuleFileError([Diagnostic(code, message, self._source.span(*mark_of(event)))])
