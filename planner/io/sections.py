"""Typed access to YAML nodes: texts, lists of texts, mappings with known keys.

Each function notes what is wrong and returns something harmless, so that reading goes on and all
errors of a file are reported at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from planner.diagnostics import closest
from planner.errors import RuleFileError
from planner.io.formula_grammar import parse_formula
from planner.io.nodes import Mapping, Node, Scalar, Sequence
from planner.io.positions import Place
from planner.io.yaml_traps import find_trap
from planner.kr.formulas import TRUE, Formula, conjoin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from planner.diagnostics import Span
    from planner.io.problems import Problems
    from planner.io.source import Source

__all__ = ["Reading"]

_Value = TypeVar("_Value")
_NUMBER_LIKE = re.compile(r"[-+]?(\d[\d_]*)(\.\d*)?([eE][-+]?\d+)?|0[xo][0-9a-fA-F]+")

# Words of PDDL and of everyday speech for keys of ours.
_OTHER_WORDS = {
    "if": (
        "precondition",
        "preconditions",
        "pre",
        "condition",
        "conditions",
        "when",
        "body",
        "requires",
        "premise",
        "premises",
    ),
    "then": (
        "effect",
        "effects",
        "head",
        "result",
        "post",
        "conclude",
        "conclusion",
        "consequence",
        "implies",
    ),
    "text": ("description", "label"),
    "init": ("initial", "start", "state"),
    "goal": ("target", "query"),
    "parameters": ("params", "args", "arguments", "vars"),
}


def _meant(key: str, known: Collection[str]) -> str:
    """The key that another word for it stands for, or ``""``."""
    return next((k for k, words in _OTHER_WORDS.items() if key in words and k in known), "")


@dataclass(frozen=True, slots=True)
class Reading:
    """One file being read, and where its problems go.

    ``quoted`` gathers the names of objects that need quotation marks in formulas.
    """

    source: Source
    problems: Problems
    quoted: set[str] = field(default_factory=set)

    def place(self, scalar: Scalar) -> Place:
        """Where the text of a scalar stands."""
        return Place(self.source, scalar, self.quoted)

    def span(self, node: Node) -> Span:
        """Where a node stands."""
        if isinstance(node, Scalar):
            return self.place(node).whole()
        return self.source.span(node.line, node.column)

    def text(self, node: Node, what: str) -> Scalar | None:
        """A node as a text; notes an error and gives ``None`` for anything else."""
        if isinstance(node, Scalar) and not node.is_null:
            return node
        kind = "nothing"
        span = self.span(node)
        if isinstance(node, Scalar) and self.problems.has_error_on(span.file, span.line):
            self.problems.leave_out()
            return None
        if isinstance(node, Sequence):
            kind = "a list"
        elif isinstance(node, Mapping):
            kind = "a mapping"
        line = self.source.lines[node.line] if node.line < len(self.source.lines) else ""
        trap = find_trap(line) if kind != "nothing" else None
        message = f"{what} must be a text, and this is {kind}"
        if trap is None:
            self.problems.error("not-a-text", message, span)
        else:
            fixed = f"write `{trap[1]}`"
            self.problems.error("yaml-trap", f"{message}: {trap[0]}", span, fixed)
        return None

    def texts(self, node: Node, what: str) -> list[Scalar]:
        """A text or a list of texts."""
        if not isinstance(node, Sequence):
            text = self.text(node, what)
            return [] if text is None else [text]
        if node.flow and self._is_split(node):
            return []
        found = [self.text(item, what) for item in node.items]
        return [text for text in found if text is not None]

    def _is_split(self, node: Sequence) -> bool:
        """Note the trap of atoms inside ``[...]`` that YAML has split at their commas."""
        texts = [item.value for item in node.items if isinstance(item, Scalar) and not item.style]
        if not any(text.count("(") != text.count(")") for text in texts):
            return False
        trap = find_trap(self.source.lines[node.line])
        message = "inside `[...]` YAML splits atoms at their commas"
        fixed = f"write `{trap[1]}`" if trap is not None else "write one atom a line, after `- `"
        self.problems.error("yaml-trap", message, self.span(node), fixed)
        return True

    def is_cut(self, node: Node) -> bool:
        """Note the trap of keys inside ``{...}`` that YAML has split at their commas."""
        if not isinstance(node, Mapping) or not node.flow:
            return False
        keys = [key for key, _ in node.pairs if not key.style]
        cut = next((key for key in keys if key.value.count("(") > key.value.count(")")), None)
        if cut is None:
            return False
        message = "inside `{...}` YAML splits keys at their commas"
        fixed = "write one a line, without the curly brackets, or put quotes around the key"
        self.problems.error("yaml-trap", message, self.span(cut), fixed)
        return True

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The entries of a list; nothing for an empty value."""
        if isinstance(node, Sequence):
            return node.items
        if not (isinstance(node, Scalar) and node.is_null):
            message = f"{what} must be a list"
            hint = "start each with `- `"
            if isinstance(node, Mapping) and node.pairs and not node.flow:
                key, value = node.pairs[0]
                if isinstance(value, Mapping):
                    hint = f"write `- name: {key.value}` and its keys below it"
            self.problems.error("not-a-list", message, self.span(node), hint)
        return ()

    def pairs(self, node: Node, what: str) -> tuple[tuple[Scalar, Node], ...]:
        """The entries of a mapping; nothing for an empty value."""
        if isinstance(node, Mapping):
            return node.pairs
        if not (isinstance(node, Scalar) and node.is_null):
            message = f"{what} must be a mapping"
            self.problems.error("not-a-mapping", message, self.span(node), "write `key: value`")
        return ()

    def fields(
        self, node: Node, known: Collection[str], what: str
    ) -> dict[str, tuple[Scalar, Node]]:
        """The entries of a mapping whose keys are fixed; an unknown key is an error."""
        found: dict[str, tuple[Scalar, Node]] = {}
        pairs = self.pairs(node, what)
        keys = {key.value for key, _ in pairs}
        for key, value in pairs:
            if key.value in known:
                found[key.value] = (key, value)
                continue
            close = _meant(key.value.lower(), known) or closest(key.value, known)
            hint = f"did you mean `{close}`?" if close else f"known keys: {', '.join(known)}"
            self.problems.error(
                "unknown-key", f"{what} has no key `{key.value}`", self.span(key), hint
            )
            if close and close not in keys:
                # Read as what was meant, so that the key is not reported missing as well.
                found[close] = (key, value)
        return found

    def parse(self, parser: Callable[[str, Place], _Value], scalar: Scalar) -> _Value | None:
        """Apply a grammar to a text; its errors are noted and give ``None``."""
        try:
            return parser(scalar.value, self.place(scalar))
        except RuleFileError as error:
            self.problems.add(error.diagnostics)
            return None

    def formula(
        self, node: Node, what: str, fresh: Iterator[int], *, existential: bool = False
    ) -> Formula:
        """A formula, or a list of formulas read as their conjunction."""

        def parser(text: str, place: Place) -> Formula:
            return parse_formula(text, place=place, fresh=fresh, existential=existential)

        if isinstance(node, Scalar) and not node.is_null:
            return self.parse(parser, node) or TRUE
        parts = [self.parse(parser, text) for text in self.texts(node, what)]
        return conjoin(*(part for part in parts if part is not None))

    def flag(self, node: Node, what: str) -> bool:
        """``true`` or ``false``."""
        if isinstance(node, Scalar) and not node.style:
            if node.value in ("true", "True", "TRUE"):
                return True
            if node.value in ("false", "False", "FALSE"):
                return False
        message = f"{what} must be `true` or `false`"
        self.problems.error("not-a-flag", message, self.span(node), "write `true`")
        return False

    def integer(self, node: Node, what: str) -> int:
        """A whole number of at most nine digits."""
        if isinstance(node, Scalar) and not node.style and re.fullmatch(r"-?\d{1,9}", node.value):
            return int(node.value)
        self.problems.error("not-a-number", f"{what} must be a whole number", self.span(node))
        return 0

    def name(self, scalar: Scalar, what: str) -> str | None:
        """A name for a thing: any text when quoted, a plain word when not."""
        value = scalar.value
        span = self.span(scalar)
        if value[:1] == "_" and value[1:].isdecimal():
            message = f"names such as `{value}` are kept for objects that actions create"
            self.problems.error("reserved-name", message, span)
        elif scalar.style:
            if value.strip():
                return value
            self.problems.error("bad-name", f"{what} needs a name", span)
        elif _NUMBER_LIKE.fullmatch(value):
            message = f"the name of {what} looks like a number"
            self.problems.error("bad-name", message, span, f'write `"{value}"`')
        elif re.fullmatch(r"\w+(-+\w+)*", value):
            return value
        else:
            hint = "a comma is missing, or quote the name" if " " in value else "quote the name"
            self.problems.error("bad-name", f"`{value}` is not the name of {what}", span, hint)
        return None
