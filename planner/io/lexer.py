"""Formula text to tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.yaml_traps import comment_cut

if TYPE_CHECKING:
    from planner.io.positions import Place

__all__ = ["MAX_FORMULA", "Token", "refuse", "tokenize"]

MAX_FORMULA = 200_000

_WORD = r"\w*(?:-+\w+)*"
_PLAIN = rf"[^\W\d_]{_WORD}"
_TERM = rf"\s*\??{_PLAIN}\s*"
# Words that mean something of their own before a bracket; they take the slower road below.
_SPECIAL = r"(?!(?:not|and|or|forall|exists|before|if|after|mod|count|sum|min|max)\s*\()"

# The first alternative reads a whole atom of variables and names at once: nearly all atoms of
# real rule bases are such, and one match is ten times faster than its tokens.
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<atom>{_SPECIAL}{_PLAIN}\({_TERM}(?:,{_TERM})*\))
    |(?P<var>\?(?=[\w]){_WORD})
    |(?P<anon>\?)
    |(?P<closure>[^\W\d]{_WORD}\+\()
    |(?P<number>-?\d+(?:\.\d+|/\d+)?(?![\w.]|-\w))
    |(?P<name>\w{_WORD})
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<op>->|<=|>=|!=|//|::|[=<>+*/\-(),|;])
    |(?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)

_HINTS = {
    "&": "write `and`",
    "∧": "write `and`",
    "∨": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "¬": "write `not`",
    "'": 'strings are written with double quotation marks, `"..."`',
    ".": "numbers are written `0.5`; a name has no `.`",
    ":": "one `:` means nothing in a formula; a probability is written `0.8::p(a)`",
    "[": "arguments stand in round brackets",
    "]": "arguments stand in round brackets",
    "{": "arguments stand in round brackets",
    "}": "arguments stand in round brackets",
}


class Token(NamedTuple):
    """A word of a formula; ``kind`` is the name of a group of the pattern, for operators the
    operator itself. ``start`` and ``end`` count from 0 in the formula."""

    kind: str
    text: str
    start: int
    end: int


def refuse(place: Place, code: str, message: str, token: Token, hint: str = "") -> RuleFileError:
    """The error for a token."""
    span = place.span(token.start, max(token.end, token.start + 1))
    return RuleFileError([Diagnostic(code, message, span, hint)])


def tokenize(text: str, place: Place) -> list[Token]:
    """Split a formula; the last token is of kind ``end``.

    Raises:
        RuleFileError: at the first character that starts no word.
    """
    if len(text) > MAX_FORMULA:
        message = f"a formula may have at most {MAX_FORMULA:,} characters"
        raise refuse(place, "too-large", message, Token("", "", 0, 1))
    tokens: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _bad_character(text, position, place)
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        token = Token(kind, text[start:end], start, end)
        if kind == "op":
            token = token._replace(kind=token.text)
            if token.text == "-":
                _check_minus(text, token, place)
        elif kind == "number" and token.text[0] == "-" and tokens and _is_operand(tokens[-1]):
            message = "binary minus needs a blank on both sides"
            raise refuse(place, "minus", message, token, f"write ` - {token.text[1:]}`")
        tokens.append(token)
        position = end
        if kind == "end":
            return tokens


def _is_operand(token: Token) -> bool:
    return token.kind in ("var", "number", "name", ")", "atom")


def _check_minus(text: str, token: Token, place: Place) -> None:
    before, after = text[: token.start], text[token.end :]
    if before and after and (not before[-1].isspace() or not after[0].isspace()):
        message = "binary minus needs a blank on both sides"
        raise refuse(place, "minus", message, token, "write ` - `")


def _bad_character(text: str, position: int, place: Place) -> RuleFileError:
    start = len(text) - len(text[position:].lstrip())
    character = text[start]
    token = Token("", character, start, start + 1)
    if character == '"':
        token = token._replace(end=len(text))
        cut = comment_cut(place.source.lines[place.scalar.end_line])
        if cut is not None:
            message = "YAML reads ` #` as a comment, which cuts this string"
            return refuse(place, "yaml-comment", message, token, f"write `{cut}`")
        return refuse(place, "syntax", "this string is never closed", token, 'add a `"`')
    message = f"`{character}` has no meaning in a formula"
    return refuse(place, "syntax", message, token, _HINTS.get(character, ""))
