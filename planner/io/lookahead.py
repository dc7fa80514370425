"""What the next tokens of a formula are about to be, without reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.io.cursor import COMPARISONS, Cursor

if TYPE_CHECKING:
    from planner.io.lexer import Token

__all__ = [
    "at_counted",
    "at_quantified",
    "at_two_values",
    "bracket_end",
    "bracket_is_expression",
    "is_sum",
    "skip_part",
    "starts_atom",
]


def skip_part(cursor: Cursor, start: int) -> None:
    """Go to the next ``and`` or ``or`` outside all brackets, or to the end."""
    level = 0
    for index in range(start, len(cursor.tokens)):
        token = cursor.tokens[index]
        if token.kind in ("(", "closure"):
            level += 1
        elif token.kind == ")":
            level -= 1
        elif token.kind == "end" or (
            level == 0 and index > start and token.kind == "name" and token.text in ("and", "or")
        ):
            cursor.index = index
            return


def is_sum(cursor: Cursor) -> bool:
    """Whether an arithmetic sign comes after the next token."""
    return cursor.peek().kind in ("+", "-", "*", "/", "//")


def starts_atom(token: Token) -> bool:
    """Whether an atom comes after ``open``; else ``open`` itself was the atom."""
    others = ("and", "or", "if", "after", "mod")
    return token.kind == "atom" or (token.kind == "name" and token.text not in others)


def bracket_is_expression(cursor: Cursor) -> bool:
    """Whether the bracket here closes in front of a comparison or an arithmetic sign."""
    level = 0
    for index in range(cursor.index, len(cursor.tokens)):
        kind = cursor.tokens[index].kind
        if kind in ("(", "closure"):
            level += 1
        elif kind == ")":
            level -= 1
            if level == 0:
                after = cursor.tokens[index + 1]
                signs = (*COMPARISONS, "+", "-", "*", "/", "//")
                return after.kind in signs or after.text == "mod"
    return False


def at_quantified(cursor: Cursor) -> bool:
    """Whether a variable of a quantifier comes next, and not yet its formula."""
    if cursor.token.kind != "var":
        return False
    following = cursor.peek()
    return following.kind == "," or (following.kind == "-" and cursor.peek(2).kind == "name")


def at_counted(cursor: Cursor) -> bool:
    """Whether a comma comes before any comparison: a term, and not yet the formula."""
    if cursor.token.kind not in ("var", "number", "("):
        return False
    level = 0
    for token in cursor.tokens[cursor.index :]:
        if token.kind == "(":
            level += 1
        elif token.kind == ")":
            level -= 1
        if level < 0 or token.kind in (*COMPARISONS, "end") or token.text in ("and", "or", "not"):
            return False
        if token.kind == "," and level == 0:
            return True
    return False


def bracket_end(cursor: Cursor) -> int:
    """The place of the token that closes the bracket behind the next word, or the last place."""
    level = 0
    for index in range(cursor.index + 1, len(cursor.tokens) - 1):
        kind = cursor.tokens[index].kind
        if kind in ("(", "closure"):
            level += 1
        elif kind == ")":
            level -= 1
            if level == 0:
                return index
    return len(cursor.tokens) - 2


def at_two_values(cursor: Cursor) -> bool:
    """Whether two expressions with a comma between them come up to the bracket that closes here."""
    level, commas = 0, 0
    for token in cursor.tokens[cursor.index :]:
        if token.kind == "(":
            level += 1
        elif token.kind == ")":
            level -= 1
            if level < 0:
                return commas == 1
        elif token.kind == "," and level == 0:
            commas += 1
        elif token.kind not in ("var", "number", "+", "-", "*", "/", "//") and token.text != "mod":
            return False
    return False
