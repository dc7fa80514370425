"""The grammar of the steps of control rules, and of orders over goals.

::

    step  := name ["(" terms ")"] | "walk" [name] [variable] "from" term "to" term
    order := atom "after" atom ["if" formula]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from planner.io.cursor import Cursor
from planner.io.expression_grammar import read_atom
from planner.io.formula_grammar import read_formula
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import TRUE, Atom, Formula
from planner.kr.terms import Term, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.io.positions import Place

__all__ = ["parse_order", "parse_step"]


def parse_step(text: str, place: Place, fresh: Iterator[int]) -> StepPattern | WalkPattern:
    """Read a step of a control rule.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place, fresh)
    word = cursor.token
    if word.text == "walk" and _is_walk(cursor):
        return _read_walk(cursor)
    atom = read_atom(cursor)
    cursor.finish("step")
    return StepPattern(atom.predicate, cast("tuple[Term, ...]", atom.arguments))


def _is_walk(cursor: Cursor) -> bool:
    """Whether ``walk`` is the word and not an action of that name."""
    following = cursor.peek()
    return following.kind == "var" or (
        following.kind == "name" and (cursor.peek(2).kind == "var" or cursor.peek(2).text == "from")
    )


def _read_walk(cursor: Cursor) -> WalkPattern:
    """Read ``walk ?v from ?a to ?b``, with the moving predicate before ``?v`` or in its place."""
    cursor.take()
    predicate = cursor.take().text if cursor.token.kind == "name" else ""
    mover = None if predicate and cursor.at("from") else _read_place_term(cursor)
    cursor.expect("from", "a walk is written `walk ?v from ?a to ?b`")
    start = _read_place_term(cursor)
    cursor.expect("to", "a walk is written `walk ?v from ?a to ?b`")
    pattern = WalkPattern(mover, start, _read_place_term(cursor), predicate)
    cursor.finish("walk")
    return pattern


def _read_place_term(cursor: Cursor) -> Term:
    token = cursor.token
    if token.kind == "var":
        cursor.take()
        return Variable(token.text[1:])
    if token.kind == "name":
        return cursor.take().text
    raise cursor.wrong("a variable or an object is missing here", "as in `walk ?v from ?a to ?b`")


def parse_order(text: str, place: Place, fresh: Iterator[int]) -> tuple[Atom, Atom, Formula, Span]:
    """Read ``on(?x, ?y) after on(?y, ?z) if up(?y, ?x)``.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place, fresh)
    start = cursor.token
    later = read_atom(cursor)
    cursor.expect("after", "an order is written `on(?x, ?y) after on(?y, ?z)`")
    earlier = read_atom(cursor)
    condition: Formula = TRUE
    if cursor.at("if"):
        cursor.take()
        condition = read_formula(cursor)
    cursor.finish("order")
    return later, earlier, condition, cursor.span(start)
