"""A place in the tokens of a formula, and the errors that every grammar shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic, closest
from planner.errors import RuleFileError
from planner.io.lexer import Token, refuse, tokenize
from planner.io.yaml_traps import comment_cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.io.positions import Place

__all__ = ["COMPARISONS", "MAX_DEPTH", "Cursor", "leftover", "unclosed"]

MAX_DEPTH = 64
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(slots=True)
class Cursor:
    """The tokens of one formula and how far they are read.

    Attributes:
        fresh: numbers for anonymous variables, shared by the formulas of one rule or action.
        anonymous: whether a ``?`` was met.
        errors: problems from which reading went on.
    """

    tokens: list[Token]
    place: Place
    fresh: Iterator[int] = field(default_factory=lambda: count(1))
    index: int = 0
    depth: int = 0
    anonymous: bool = False
    errors: list[Diagnostic] = field(default_factory=list)

    @staticmethod
    def over(text: str, place: Place, fresh: Iterator[int] | None = None) -> Cursor:
        """Start at the beginning of a text."""
        return Cursor(tokenize(text, place), place, fresh or count(1))

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.index]

    def peek(self, ahead: int = 1) -> Token:
        """A token further on."""
        return self.tokens[min(self.index + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        """The next token, and go past it."""
        token = self.tokens[self.index]
        if token.kind != "end":
            self.index += 1
        return token

    def at(self, *texts: str) -> bool:
        """Whether the next token is one of these operators or words."""
        token = self.tokens[self.index]
        return token.text in texts and token.kind not in ("string", "end")

    def expect(self, text: str, message: str) -> Token:
        """Take an operator that must come here."""
        if not self.at(text):
            raise self.wrong(message)
        return self.take()

    def span(self, start: Token) -> Span:
        """From the start of a token to the end of the last one taken."""
        return self.place.span(start.start, self.tokens[max(self.index - 1, 0)].end)

    def wrong(self, message: str, hint: str = "", token: Token | None = None) -> RuleFileError:
        """The error for the next token, or for the one named."""
        token = token or self.token
        if token.kind == "end":
            cut = comment_cut(self.place.source.lines[self.place.scalar.end_line])
            if cut is not None:
                message = f"{message}; YAML reads ` #` as a comment, which cuts this formula"
                return refuse(self.place, "yaml-comment", message, token, f"write `{cut}`")
            last = self.tokens[max(self.index - 1, 0)]
            token = Token("end", "", max(last.end - 1, 0), last.end)
        return refuse(self.place, "syntax", message, token, hint)

    def finish(self, what: str = "formula") -> None:
        """Check that nothing is left.

        Raises:
            RuleFileError: for what is left, or with the errors gathered on the way.
        """
        if self.token.kind != "end" and not self.errors:
            raise leftover(self, what)
        if self.errors:
            raise RuleFileError(self.errors)

    def descend(self) -> None:
        """Go one bracket deeper, within the limit."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"brackets and negations are nested more than {MAX_DEPTH} deep"
            raise refuse(self.place, "too-deep", message, self.token)


def leftover(cursor: Cursor, what: str) -> RuleFileError:
    """The error for a token behind the end of a thing."""
    token = cursor.token
    if token.kind == ")":
        return cursor.wrong("this bracket was never opened", "remove it, or add a `(`")
    if token.text == "if":
        return cursor.wrong("`if` is for effects; a rule has its condition in `if:`")
    if token.kind == ";":
        message = "`;` stands only between alternatives, as in `0.6::p(a); 0.3::p(b)`"
        return cursor.wrong(message, "write `and` or `or`, or a list entry of its own")
    if token.kind == ",":
        return cursor.wrong("a comma stands only between arguments", "write `and`")
    before = cursor.tokens[max(cursor.index - 1, 0)]
    if before.kind == "name" and token.kind in ("name", "atom"):
        word = closest(before.text, ["not", "and", "or", "goal", "open", "ready"])
        if word:
            message = f"`{before.text}` stands before an atom without an `and`"
            return cursor.wrong(message, f"did you mean `{word}`?", before)
    if token.kind in ("name", "atom", "var", "(", "closure"):
        close = closest(token.text, ["and", "or"]) if token.kind == "name" else ""
        hint = f"did you mean `{close}`?" if close else "write `and` between two atoms"
        return cursor.wrong(f"the {what} ends before `{token.text}`", hint)
    return cursor.wrong(f"`{token.text}` does not belong here")


def unclosed(cursor: Cursor, opening: Token) -> RuleFileError:
    """The error for a bracket that does not end where it should."""
    if cursor.token.kind == "end":
        error = cursor.wrong("")
        if error.diagnostics[0].code == "yaml-comment":
            return error
        return cursor.wrong("this bracket is never closed", "add a `)`", opening)
    return leftover(cursor, "bracket")
