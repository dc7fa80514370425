"""The grammar of atoms and of what stands in them: terms and arithmetic.

::

    atom       := name ["(" [argument ("," argument)*] ")"]
    expression := product (("+" | "-") product)*
    product    := factor (("*" | "/" | "//" | "mod") factor)*
    factor     := variable | number | string | name | "(" expression ")"
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal, cast

from planner.io.cursor import MAX_DEPTH, Cursor, unclosed
from planner.io.lexer import Token, refuse
from planner.kr.formulas import Atom
from planner.kr.terms import Arithmetic, Expression, FunctionTerm, Term, Text, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.positions import Place

__all__ = [
    "read_arguments",
    "read_atom",
    "read_expression",
    "read_list",
    "simple_atom",
    "variable_name",
]

_LARGEST_NUMBER = 2**63
_KEYWORDS = frozenset({"and", "or", "not", "forall", "exists", "true", "false", "if", "after"})
_TERM_KINDS = ("var", "anon", "number", "string", "name")


def read_atom(cursor: Cursor, *, arithmetic: bool = False) -> Atom:
    """Read a predicate with its arguments; with ``arithmetic`` these may be expressions."""
    token = cursor.token
    if token.kind == "atom":
        cursor.take()
        return simple_atom(token, cursor.place)
    if token.kind != "name" or (token.text in _KEYWORDS and cursor.peek().kind != "("):
        raise cursor.wrong("an atom is missing here", "as in `on(?x, ?y)`")
    cursor.take()
    if not cursor.at("("):
        return Atom(token.text, (), cursor.span(token))
    arguments = read_arguments(cursor, token, arithmetic=arithmetic)
    return Atom(token.text, arguments, cursor.span(token))


def simple_atom(token: Token, place: Place) -> Atom:
    """The atom of a token that holds a whole one: its arguments are variables and names."""
    name, _, rest = token.text.partition("(")
    arguments = tuple(
        Variable(word[1:]) if word[0] == "?" else word
        for word in map(str.strip, rest[:-1].split(","))
    )
    return Atom(name, arguments, place.span(token.start, token.end))


def read_arguments(cursor: Cursor, word: Token, *, arithmetic: bool) -> tuple[Expression, ...]:
    """Read a bracket of arguments."""
    cursor.expect("(", f"the arguments of `{word.text}` are missing")
    return read_list(cursor, word, arithmetic=arithmetic)


def read_list(cursor: Cursor, word: Token, *, arithmetic: bool) -> tuple[Expression, ...]:
    """Read arguments up to the closing bracket, the opening one being taken."""
    arguments: list[Expression] = []
    if cursor.at(")"):
        cursor.take()
        return ()
    while True:
        arguments.append(_read_argument(cursor, arithmetic=arithmetic))
        if cursor.at(","):
            cursor.take()
        elif cursor.at(")"):
            cursor.take()
            return tuple(arguments)
        elif cursor.token.kind == "end":
            error = cursor.wrong("")
            if error.diagnostics[0].code == "yaml-comment":
                raise error
            raise cursor.wrong(f"the bracket after `{word.text.rstrip('(')}` is never closed",
                               "add a `)`", word)  # fmt: skip
        elif not arithmetic and cursor.token.kind in ("+", "-", "*", "/", "//"):
            message = "arithmetic is not allowed in an argument here"
            raise cursor.wrong(message, "compute first: `?n = ?a + 1 and p(?n)`")
        else:
            raise cursor.wrong("a `,` or `)` is missing here", "arguments are parted by commas")


def _read_argument(cursor: Cursor, *, arithmetic: bool) -> Expression:
    token = cursor.token
    if token.kind == "anon":
        cursor.take()
        cursor.anonymous = True
        return Variable(f"_{next(cursor.fresh)}")
    if token.kind == "atom" or (token.kind == "name" and cursor.peek().kind == "("):
        message = f"`{token.text.partition('(')[0]}(...)` cannot be an argument"
        raise cursor.wrong(message, "an argument is a variable, an object, a number or a string")
    if arithmetic:
        return read_expression(cursor)
    if token.kind not in _TERM_KINDS:
        raise cursor.wrong("an argument is missing here")
    return _read_term(cursor)


def _read_term(cursor: Cursor) -> Term:
    token = cursor.take()
    if token.kind == "var":
        return Variable(variable_name(cursor, token))
    if token.kind == "number":
        return _number(cursor, token)
    if token.kind == "string":
        value = _unescape(token.text[1:-1])
        return value if value in cursor.place.quoted else Text(value)
    if token.kind == "anon":
        raise cursor.wrong("`?` stands only as an argument of an atom", "name the variable", token)
    return token.text


def _number(cursor: Cursor, token: Token) -> int | Fraction:
    if len(token.text) > 40:
        raise cursor.wrong("this number has too many digits", "", token)
    try:
        value = Fraction(token.text)
    except ZeroDivisionError:
        raise cursor.wrong("a number cannot be divided by 0", "", token) from None
    if abs(value.numerator) >= _LARGEST_NUMBER or value.denominator >= _LARGEST_NUMBER:
        raise cursor.wrong("numbers must fit into 64 bits", "", token)
    return int(value) if value.denominator == 1 else value


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    characters = iter(text)
    return "".join(next(characters, "") if c == "\\" else c for c in characters)


def read_expression(cursor: Cursor, *, functions: bool = False) -> Expression:
    """Read a sum; with ``functions`` values of functional predicates may stand in it."""
    left = _read_product(cursor, functions)
    for _ in _operators(cursor, ("+", "-")):
        operator = cast("Literal['+', '-']", cursor.take().kind)
        left = Arithmetic(operator, left, _read_product(cursor, functions))
    return left


def _operators(cursor: Cursor, signs: tuple[str, ...]) -> Iterator[int]:
    """Go on while one of these signs comes, within the limit."""
    taken = 0
    while cursor.at(*signs):
        taken += 1
        if taken > MAX_DEPTH:
            message = f"a sum or a product may have at most {MAX_DEPTH} signs"
            raise refuse(cursor.place, "too-deep", message, cursor.token)
        yield taken


def _read_product(cursor: Cursor, functions: bool) -> Expression:
    left = _read_factor(cursor, functions)
    for _ in _operators(cursor, ("*", "/", "//", "mod")):
        operator = cast("Literal['*', '/', '//', 'mod']", cursor.take().text)
        left = Arithmetic(operator, left, _read_factor(cursor, functions))
    return left


def _read_factor(cursor: Cursor, functions: bool) -> Expression:
    token = cursor.token
    if token.kind == "(":
        opening = cursor.take()
        cursor.descend()
        inner = read_expression(cursor, functions=functions)
        if not cursor.at(")"):
            raise unclosed(cursor, opening)
        cursor.take()
        cursor.depth -= 1
        return inner
    if token.kind == "atom" or (token.kind == "name" and cursor.peek().kind == "("):
        return _read_function(cursor, functions)
    if token.kind not in _TERM_KINDS:
        raise cursor.wrong("a value is missing here", "a variable, an object, a number or a string")
    return _read_term(cursor)


def _read_function(cursor: Cursor, functions: bool) -> Expression:
    token = cursor.token
    if not functions:
        name = token.text.partition("(")[0]
        message = f"`{name}(...)` is not a value here"
        raise cursor.wrong(message, f"bind its value first: `{name}(..., ?n) and ?n = ...`")
    atom = read_atom(cursor)
    return FunctionTerm(atom.predicate, cast("tuple[Term, ...]", atom.arguments))


def variable_name(cursor: Cursor, token: Token) -> str:
    """The name of a variable, which must not be one of those kept for ``?``."""
    name = token.text[1:]
    if name[0] == "_" and name[1:].isdecimal():
        message = f"names such as `{token.text}` are kept for anonymous variables"
        raise cursor.wrong(message, "write `?`", token)
    return name
