"""The grammar of formulas: recursive descent with a position for every message.

::

    formula    := conjunction ("or" conjunction)*
    conjunction:= unary ("and" unary)*
    unary      := "not" unary | primary
    primary    := "(" formula ")" | "true" | "false"
                | ("forall" | "exists") "(" (variable ["-" types] ",")+ [formula "->"] formula ")"
                | ("goal" | "open" | "ready") atom          the mode only before an atom
                | "before" "(" term "," term ")"
                | name "+(" term "," term ")"               the closure of a binary predicate
                | term "=" ("count" | "sum" | "min" | "max") "(" (expression ",")* formula ")"
                | term "=" ("min" | "max") "(" expression "," expression ")"      of two values
                | expression ("=" | "!=" | "<" | "<=" | ">" | ">=") expression
                | name ["(" term ("," term)* ")"]

Atoms and expressions have a grammar of their own in `planner.io.expression_grammar`.

Every ``?`` becomes a fresh variable ``_1``, ``_2``, ...; one that stands under ``not``, ``or`` or a
quantifier is closed by ``exists`` right around its atom, which is the same as innermost since it
occurs nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from planner.errors import RuleFileError
from planner.io.anonymous import close_anonymous
from planner.io.cursor import COMPARISONS, Cursor, unclosed
from planner.io.expression_grammar import (
    read_arguments,
    read_atom,
    read_expression,
    read_list,
    simple_atom,
    variable_name,
)
from planner.io.foreign_words import AGGREGATES, FOREIGN_WORDS, refuse_foreign_word
from planner.io.lookahead import (
    at_counted,
    at_quantified,
    at_two_values,
    bracket_is_expression,
    is_sum,
    skip_part,
    starts_atom,
)
from planner.io.nodes import Scalar
from planner.io.positions import Place
from planner.io.source import source_of_text
from planner.kr.formulas import (
    FALSE,
    TRUE,
    Aggregate,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    conjoin,
    disjoin,
)
from planner.kr.terms import Arithmetic, Expression, FunctionTerm, Term, TypedVariable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.io.lexer import Token

__all__ = [
    "parse_atom",
    "parse_expression",
    "parse_formula",
    "read_conjunction",
    "read_formula",
    "read_typed_variable",
]

_MODES = ("goal", "open", "ready")


def parse_formula(
    text: str,
    *,
    place: Place | None = None,
    fresh: Iterator[int] | None = None,
    existential: bool = False,
) -> Formula:
    """Read a formula.

    Args:
        text: the formula.
        place: where the text stands, for messages.
        fresh: numbers for anonymous variables.
        existential: close every ``?`` by ``exists``, as goals and preconditions want it; else those
            of the outermost conjunction stay free, as in the body of a rule.

    Raises:
        RuleFileError: with all syntax errors of the outermost conjunction.

    >>> str(parse_formula("on(?x, a)"))
    'on(?x, a)'
    """
    cursor = Cursor.over(text, place or _place_of(text), fresh)
    formula = read_formula(cursor)
    cursor.finish()
    return close_anonymous(formula, nested=existential) if cursor.anonymous else formula


def parse_atom(
    text: str, *, place: Place | None = None, fresh: Iterator[int] | None = None
) -> Atom:
    """Read one atom whose arguments may be arithmetic.

    Raises:
        RuleFileError: when it is anything else.
    """
    cursor = Cursor.over(text, place or _place_of(text), fresh)
    atom = read_atom(cursor, arithmetic=True)
    cursor.finish("atom")
    return atom


def parse_expression(text: str, *, place: Place | None = None) -> Expression:
    """Read a number, a variable, arithmetic, or the value of a functional predicate.

    Raises:
        RuleFileError: when it is anything else.
    """
    cursor = Cursor.over(text, place or _place_of(text))
    expression = read_expression(cursor, functions=True)
    cursor.finish("expression")
    return expression


def _place_of(text: str) -> Place:
    source = source_of_text(text, "<formula>")
    end = len(source.lines) - 1
    # A block scalar's text starts on the line below its sign.
    style = "|" if end else ""
    return Place(source, Scalar(text, -1 if end else 0, 0, end, len(source.lines[-1]), style))


def read_formula(cursor: Cursor) -> Formula:
    """Read a disjunction and stop at what does not belong to it."""
    outermost = cursor.depth == 0
    parts = [read_conjunction(cursor, recover=outermost)]
    while cursor.at("or"):
        cursor.take()
        parts.append(read_conjunction(cursor, recover=outermost))
    return disjoin(*parts)


def read_conjunction(cursor: Cursor, *, recover: bool = False) -> Formula:
    """Read literals joined by ``and``; with ``recover``, go on behind an error."""
    parts = [_read_part(cursor, recover)]
    while cursor.at("and"):
        cursor.take()
        parts.append(_read_part(cursor, recover))
    return parts[0] if len(parts) == 1 else conjoin(*parts)


def _read_part(cursor: Cursor, recover: bool) -> Formula:
    if not recover:
        return _read_unary(cursor)
    start = cursor.index
    try:
        return _read_unary(cursor)
    except RuleFileError as error:
        cursor.errors.extend(error.diagnostics)
        cursor.depth = 0
        skip_part(cursor, start)
        return TRUE


def _read_unary(cursor: Cursor) -> Formula:
    token = cursor.token
    if token.kind == "atom" and cursor.peek().kind not in COMPARISONS and not is_sum(cursor):
        cursor.index += 1
        return simple_atom(token, cursor.place)
    if token.kind == "name" and token.text == "not":
        cursor.take()
        cursor.descend()
        body = _read_unary(cursor)
        cursor.depth -= 1
        return Not(body, cursor.span(token))
    return _read_primary(cursor)


def _read_primary(cursor: Cursor) -> Formula:
    token = cursor.token
    if token.kind == "(" and not bracket_is_expression(cursor):
        return _read_bracket(cursor)
    if token.kind == "closure":
        return _read_closure(cursor)
    if token.kind == "name":
        following = cursor.peek()
        if token.text in ("forall", "exists") and following.kind == "(":
            return _read_quantifier(cursor)
        if token.text in _MODES and starts_atom(following):
            return _read_modal(cursor)
        if token.text == "before" and following.kind == "(":
            return _read_before(cursor)
        if token.text in ("true", "false") and following.kind != "(":
            cursor.take()
            return TRUE if token.text == "true" else FALSE
        if following.kind == "(" and token.text in FOREIGN_WORDS:
            refuse_foreign_word(cursor)
        if following.kind not in COMPARISONS and not is_sum(cursor) and following.text != "mod":
            return read_atom(cursor)
    elif token.kind not in ("var", "anon", "number", "string", "(", "atom"):
        raise cursor.wrong("a formula is missing here", _operator_hint(token))
    return _read_comparison(cursor)


def _operator_hint(token: Token) -> str:
    if token.text in ("+", "*", "/"):
        return "a sum stands only beside a comparison, as in `?n = ?a + 1`"
    return ""


def _read_bracket(cursor: Cursor) -> Formula:
    opening = cursor.take()
    cursor.descend()
    inner = read_formula(cursor)
    if not cursor.at(")"):
        raise unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    return inner


def _read_quantifier(cursor: Cursor) -> Formula:
    word = cursor.take()
    opening = cursor.take()
    cursor.descend()
    variables = []
    while at_quantified(cursor):
        variables.append(read_typed_variable(cursor))
        cursor.expect(",", f"`{word.text}` needs a comma and a formula after its variables")
    if not variables:
        example = f"{word.text}(?x - block, clear(?x))"
        raise cursor.wrong(f"`{word.text}` starts with its variables", f"as in `{example}`")
    condition: Formula = TRUE
    body = read_formula(cursor)
    if cursor.at("->"):
        arrow = cursor.take()
        if word.text == "exists":
            raise cursor.wrong("`exists` has no `->`", "write `and`", arrow)
        condition, body = body, read_formula(cursor)
    if not cursor.at(")"):
        raise unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    span = cursor.span(word)
    if word.text == "forall":
        return Forall(tuple(variables), condition, body, span)
    return Exists(tuple(variables), body, span)


def read_typed_variable(cursor: Cursor) -> TypedVariable:
    """Read ``?x``, ``?x - block`` or ``?x - block|item``."""
    token = cursor.token
    if token.kind == "anon":
        raise cursor.wrong("a variable needs a name here", "write `?x`")
    if token.kind != "var":
        raise cursor.wrong("a variable is missing here", "as in `?x - block`")
    cursor.take()
    name = variable_name(cursor, token)
    if not cursor.at("-"):
        return TypedVariable(name)
    cursor.take()
    types = [_read_name(cursor, "a type")]
    while cursor.at("|"):
        cursor.take()
        types.append(_read_name(cursor, "a type"))
    return TypedVariable(name, tuple(types))


def _read_name(cursor: Cursor, what: str) -> str:
    token = cursor.token
    if token.kind != "name":
        raise cursor.wrong(f"the name of {what} is missing here")
    return cursor.take().text


def _read_modal(cursor: Cursor) -> Modal:
    word = cursor.take()
    atom = read_atom(cursor)
    return Modal(cast("Literal['goal', 'open', 'ready']", word.text), atom, cursor.span(word))


def _read_before(cursor: Cursor) -> Formula:
    word = cursor.take()
    arguments = read_arguments(cursor, word, arithmetic=False)
    if len(arguments) != 2:
        raise cursor.wrong("`before` compares two objects", "as in `before(?a, ?b)`", word)
    return Comparison("before", arguments[0], arguments[1], cursor.span(word))


def _read_closure(cursor: Cursor) -> Closure:
    word = cursor.take()
    arguments = read_list(cursor, word, arithmetic=False)
    if len(arguments) != 2:
        message = "a closure takes two arguments"
        raise cursor.wrong(message, f"as in `{word.text}?x, ?y)`", word)
    first, second = cast("tuple[Term, Term]", arguments)
    return Closure(word.text[:-2], (first, second), cursor.span(word))


def _read_comparison(cursor: Cursor) -> Formula:
    start = cursor.token
    left = read_expression(cursor)
    operator = cursor.token
    if operator.kind not in COMPARISONS:
        raise _no_comparison(cursor, start)
    cursor.take()
    if cursor.at("=") and cursor.token.start == operator.end:
        raise cursor.wrong("equality is written with one `=`", "write `=`")
    if cursor.at(*AGGREGATES) and cursor.peek().kind == "(":
        if operator.kind != "=" or isinstance(left, Arithmetic | FunctionTerm):
            message = f"`{cursor.token.text}(...)` stands only after `?n =`"
            hint = f"bind it first: `?n = {cursor.token.text}(...) and ?n {operator.text} ...`"
            raise cursor.wrong(message, hint)
        return _read_aggregate(cursor, start, left)
    right = read_expression(cursor)
    kind = cast("Literal['=', '!=', '<', '<=', '>', '>=']", operator.kind)
    return Comparison(kind, left, right, cursor.span(start))


def _no_comparison(cursor: Cursor, start: Token) -> RuleFileError:
    if start.kind == "var" and cursor.token.kind == "(":
        return cursor.wrong("a variable cannot stand for a predicate", "", start)
    if start.kind == "number" and cursor.at("::"):
        message = "a probability belongs in front of a fact or the head of a rule"
        return cursor.wrong(message, "", start)
    return cursor.wrong(
        "a comparison is missing here", "as in `?n = ?a + 1` or `?a < ?b`",
        cursor.token if cursor.token.kind != "end" else start,
    )  # fmt: skip


def _read_aggregate(cursor: Cursor, start: Token, result: Term) -> Formula:
    word = cursor.take()
    opening = cursor.take()
    cursor.descend()
    if word.text in ("min", "max") and at_two_values(cursor):
        return _read_better(cursor, result, word.text, start)
    terms: list[Expression] = []
    while at_counted(cursor):
        terms.append(read_expression(cursor))
        cursor.expect(",", f"`{word.text}` needs a comma and a formula after its terms")
    if not terms:
        example = f"?n = {word.text}(?x, on(?x, ?y))"
        raise cursor.wrong(f"say what to {word.text} before the formula", f"as in `{example}`")
    body = read_formula(cursor)
    if not cursor.at(")"):
        raise unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    function = cast("Literal['count', 'sum', 'min', 'max']", word.text)
    return Aggregate(result, function, tuple(terms), body, cursor.span(start))


def _read_better(cursor: Cursor, result: Term, word: str, start: Token) -> Formula:
    """Read ``?a, ?b)`` of ``?n = min(?a, ?b)``, the less of two values, as a choice of the two."""
    first = read_expression(cursor)
    cursor.take()
    second = read_expression(cursor)
    cursor.take()
    cursor.depth -= 1
    span = cursor.span(start)
    sign: Literal["<=", ">="] = "<=" if word == "min" else ">="
    other: Literal["<", ">"] = ">" if word == "min" else "<"
    return disjoin(
        conjoin(Comparison(sign, first, second, span), Comparison("=", result, first, span)),
        conjoin(Comparison(other, first, second, span), Comparison("=", result, second, span)),
    )
