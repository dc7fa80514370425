"""The grammar of signatures, and of the schemas of actions.

::

    schema    := name ["(" variable ["-" types] ("," ...)* ")"]
    signature := name ["(" types ("," types)* ")"]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.io.cursor import Cursor
from planner.io.expression_grammar import read_atom
from planner.io.formula_grammar import read_typed_variable
from planner.kr.terms import ANY_TYPE, TypedVariable, Variable

if TYPE_CHECKING:
    from planner.diagnostics import Span
    from planner.io.positions import Place

__all__ = ["Schema", "Signature", "parse_schema", "parse_signature", "parse_variables"]


@dataclass(frozen=True, slots=True)
class Schema:
    """An action's name and parameters, each parameter with its place."""

    name: str
    parameters: tuple[TypedVariable, ...]
    span: Span
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A predicate's name and argument types, each place with where it was read."""

    name: str
    types: tuple[tuple[str, ...], ...]
    span: Span
    spans: tuple[Span, ...]


def parse_schema(text: str, place: Place) -> Schema:
    """Read ``stack(?x - block, ?y - block)``.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place)
    name = cursor.token
    if name.kind == "atom":
        return _schema_of_atom(cursor)
    if name.kind != "name":
        raise cursor.wrong("the name of an action is missing here", "as in `stack(?x - block)`")
    cursor.take()
    parameters: list[TypedVariable] = []
    spans: list[Span] = []
    if cursor.at("("):
        cursor.take()
        while not cursor.at(")"):
            _read_parameter(cursor, parameters, spans)
            if not cursor.at(")"):
                cursor.expect(",", "a `,` or `)` is missing here")
        cursor.take()
    cursor.finish("schema")
    return Schema(name.text, tuple(parameters), cursor.span(name), tuple(spans))


def _schema_of_atom(cursor: Cursor) -> Schema:
    """A schema whose parameters have no types reads as one atom."""
    token = cursor.token
    atom = read_atom(cursor)
    cursor.finish("schema")
    for argument in atom.arguments:
        if not isinstance(argument, Variable):
            message = f"a parameter is a variable, `{argument}` is not"
            raise cursor.wrong(message, f"write `?{argument}`", token)
    parameters = tuple(TypedVariable(a.name) for a in atom.arguments if isinstance(a, Variable))
    span = cursor.span(token)
    return Schema(atom.predicate, parameters, span, (span,) * len(parameters))


def _read_parameter(cursor: Cursor, parameters: list[TypedVariable], spans: list[Span]) -> None:
    start = cursor.token
    parameters.append(read_typed_variable(cursor))
    spans.append(cursor.span(start))


def parse_variables(text: str, place: Place) -> tuple[tuple[TypedVariable, Span], ...]:
    """Read ``?x - block, ?y``.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place)
    parameters: list[TypedVariable] = []
    spans: list[Span] = []
    _read_parameter(cursor, parameters, spans)
    while cursor.at(","):
        cursor.take()
        _read_parameter(cursor, parameters, spans)
    cursor.finish("list of variables")
    return tuple(zip(parameters, spans, strict=True))


def parse_signature(text: str, place: Place) -> Signature:
    """Read ``on(block, block)``.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place)
    name = cursor.token
    word = name.text.partition("(")[0]
    if name.kind == "atom":
        # Types that are plain names read as one atom; its tokens are read again one by one.
        inside = Cursor.over(name.text[len(word) :], place)
        shift = name.start + len(word)
        moved = [t._replace(start=t.start + shift, end=t.end + shift) for t in inside.tokens[:-1]]
        cursor.tokens[:1] = [name._replace(kind="name", text=word, end=shift), *moved]
        name = cursor.token
    if name.kind != "name":
        raise cursor.wrong("the name of a predicate is missing here", "as in `on(block, block)`")
    cursor.take()
    types: list[tuple[str, ...]] = []
    spans: list[Span] = []
    if cursor.at("("):
        cursor.take()
        while not cursor.at(")"):
            start = cursor.token
            types.append(_read_types(cursor))
            spans.append(cursor.span(start))
            if not cursor.at(")"):
                cursor.expect(",", "a `,` or `)` is missing here")
        cursor.take()
    cursor.finish("signature")
    return Signature(word, tuple(types), place.span(name.start, name.end), tuple(spans))


def _read_types(cursor: Cursor) -> tuple[str, ...]:
    names = []
    while True:
        token = cursor.token
        if token.kind in ("var", "anon"):
            hint = "as in `on(block, block)`, without `?x -`"
            raise cursor.wrong("a signature lists types, not variables", hint)
        if token.kind != "name":
            raise cursor.wrong("the name of a type is missing here", f"`{ANY_TYPE}` takes any")
        names.append(cursor.take().text)
        if not cursor.at("|"):
            return tuple(names)
        cursor.take()
