"""The grammar of effects.

::

    effects   := effect ("and" effect)* | simple "if" formula
    effect    := simple | "(" effects ")"
    simple    := ["not"] atom | "(" effects ")"
               | "forall" "(" variables "," [formula "->"] effects ")"
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.anonymous import close_anonymous
from planner.io.cursor import Cursor
from planner.io.expression_grammar import read_atom
from planner.io.formula_grammar import read_formula, read_typed_variable
from planner.kr.formulas import TRUE, Atom, Formula, conjoin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.positions import Place
    from planner.kr.actions import Effect

__all__ = ["parse_effects", "read_made_atom"]


def parse_effects(text: str, place: Place, fresh: Iterator[int]) -> tuple[Effect, ...]:
    """Read what an action does.

    Raises:
        RuleFileError: for anything that is not a list of effects.
    """
    cursor = Cursor.over(text, place, fresh)
    effects = _read_effects(cursor)
    if cursor.at("or"):
        raise cursor.wrong("an effect cannot be a choice", "write two actions")
    cursor.finish("effect")
    return tuple(effects)


def _read_effects(cursor: Cursor) -> list[Effect]:
    start = cursor.token
    effects = _read_simple(cursor)
    if cursor.at("if"):
        return _conditional(cursor, effects)
    while cursor.at("and"):
        cursor.take()
        effects += _read_simple(cursor)
        if cursor.at("if"):
            message = "it is unclear how many of these effects the `if` is about"
            cursor.take()
            hint = "write `(p and q) if c`, or `p and (q if c)`"
            span = cursor.span(start)
            raise RuleFileError([Diagnostic("ambiguous-if", message, span, hint)])
    return effects


def _conditional(cursor: Cursor, effects: list[Effect]) -> list[Effect]:
    cursor.take()
    condition = _read_condition(cursor)
    return [replace(e, condition=conjoin(condition, e.condition)) for e in effects]


def _read_condition(cursor: Cursor) -> Formula:
    """Read a formula whose anonymous variables are existential in it."""
    before, cursor.anonymous = cursor.anonymous, False
    condition = read_formula(cursor)
    if cursor.anonymous:
        condition = close_anonymous(condition, nested=True)
    cursor.anonymous = before
    return condition


def _read_simple(cursor: Cursor) -> list[Effect]:
    # Heads of rules are read with this module, too, where there may be no actions.
    from planner.kr.actions import Effect

    token = cursor.token
    if token.kind == "(":
        cursor.take()
        cursor.descend()
        inner = _read_effects(cursor)
        cursor.expect(")", "a `)` is missing here")
        cursor.depth -= 1
        return inner
    if token.kind == "name" and token.text == "forall" and cursor.peek().kind == "(":
        return _read_forall(cursor)
    if token.kind == "name" and token.text == "not":
        cursor.take()
        if cursor.at("("):
            raise cursor.wrong("negate the effects one by one", "write `not p and not q`")
        return [Effect(read_made_atom(cursor), positive=False)]
    return [Effect(read_made_atom(cursor))]


def read_made_atom(cursor: Cursor) -> Atom:
    """Read an atom of an effect or a head; it may compute, and must name its variables."""
    token = cursor.token
    before, cursor.anonymous = cursor.anonymous, False
    if token.kind == "closure":
        raise cursor.wrong("a closure follows from its predicate", "name the predicate itself")
    atom = read_atom(cursor, arithmetic=True)
    if cursor.anonymous:
        message = "`?` may not stand in a head or an effect: which value is meant?"
        hint = "name the variable, and bind it in the condition"
        raise RuleFileError([Diagnostic("anonymous", message, cursor.span(token), hint)])
    cursor.anonymous = before
    if cursor.token.kind in ("=", "!=", "<", "<=", ">", ">="):
        hint = "write `value(?x, ?n + 1) and not value(?x, ?n)`"
        raise cursor.wrong("an effect or a head is an atom, not a comparison", hint)
    return atom


def _read_forall(cursor: Cursor) -> list[Effect]:
    cursor.take()
    cursor.expect("(", "`forall` needs a bracket")
    cursor.descend()
    variables = [read_typed_variable(cursor)]
    cursor.expect(",", "`forall` needs a comma and effects after its variables")
    while cursor.token.kind == "var":
        variables.append(read_typed_variable(cursor))
        cursor.expect(",", "`forall` needs a comma and effects after its variables")
    guard: Formula = TRUE
    if _has_guard(cursor):
        guard = _read_condition(cursor)
        cursor.expect("->", "an `->` is missing here")
    effects = _read_effects(cursor)
    cursor.expect(")", "a `)` is missing here")
    cursor.depth -= 1
    return [
        replace(e, condition=conjoin(guard, e.condition), variables=(*variables, *e.variables))
        for e in effects
    ]


def _has_guard(cursor: Cursor) -> bool:
    level = 0
    for token in cursor.tokens[cursor.index :]:
        if token.kind in ("(", "closure"):
            level += 1
        elif token.kind == ")":
            level -= 1
        if level < 0:
            return False
        if level == 0 and token.kind == "->":
            return True
    return False
