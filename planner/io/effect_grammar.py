"""The small grammars beside formulas: effects, heads and facts, schemas, signatures, control steps.

::

    effects   := effect ("and" effect)* | simple "if" formula
    effect    := simple | "(" effects ")"
    simple    := ["not"] atom | "(" effects ")"
               | "forall" "(" variables "," [formula "->"] effects ")"
    head      := [probability "::"] atom ("and" atom)*
               | probability "::" atom (";" probability "::" atom)+
    schema    := name ["(" variable ["-" types] ("," ...)* ")"]
    signature := name ["(" types ("," types)* ")"]
    step      := name ["(" terms ")"] | "walk" [name] [variable] "from" term "to" term
    order     := atom "after" atom ["if" formula]
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from planner.diagnostics import Diagnostic
from planner.errors import RuleFileError
from planner.io.anonymous import close_anonymous
from planner.io.cursor import Cursor
from planner.io.expression_grammar import read_atom
from planner.io.formula_grammar import read_formula, read_typed_variable
from planner.kr.actions import Effect
from planner.kr.control import StepPattern, WalkPattern
from planner.kr.formulas import TRUE, Atom, Formula, conjoin
from planner.kr.terms import ANY_TYPE, Term, TypedVariable, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span
    from planner.io.positions import Place

__all__ = [
    "Head",
    "Schema",
    "Signature",
    "parse_effects",
    "parse_head",
    "parse_order",
    "parse_schema",
    "parse_signature",
    "parse_step",
    "parse_variables",
]


@dataclass(frozen=True, slots=True)
class Head:
    """Atoms in front of which a probability may stand.

    Attributes:
        others: alternatives to the one atom, of which at most one comes true.
    """

    atoms: tuple[Atom, ...]
    probability: Fraction | None
    others: tuple[tuple[Fraction, Atom], ...] = ()


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
    before, cursor.anonymous = cursor.anonymous, False
    condition = read_formula(cursor)
    if cursor.anonymous:
        condition = close_anonymous(condition, nested=True)
    cursor.anonymous = before
    return [replace(e, condition=conjoin(condition, e.condition)) for e in effects]


def _read_simple(cursor: Cursor) -> list[Effect]:
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
        return [Effect(_read_made_atom(cursor), positive=False)]
    return [Effect(_read_made_atom(cursor))]


def _read_made_atom(cursor: Cursor) -> Atom:
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
        before, cursor.anonymous = cursor.anonymous, False
        guard = read_formula(cursor)
        if cursor.anonymous:
            guard = close_anonymous(guard, nested=True)
        cursor.anonymous = before
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


def parse_head(text: str, place: Place) -> Head:
    """Read the head of a rule or a fact: atoms, with a probability in front or not.

    Raises:
        RuleFileError: for anything else.
    """
    cursor = Cursor.over(text, place)
    probability = None
    if cursor.peek().kind == "::":
        probability = _read_probability(cursor)
    atoms = [_read_head_atom(cursor)]
    while cursor.at("and"):
        cursor.take()
        atoms.append(_read_head_atom(cursor))
    if cursor.at("or"):
        hint = "write rules that say what is certain, or chances: `0.6::p(a); 0.4::p(b)`"
        raise cursor.wrong("a head or a fact cannot be a choice", hint)
    others = _read_alternatives(cursor, probability, len(atoms))
    cursor.finish("atom")
    return Head(tuple(atoms), probability, others)


def _read_alternatives(
    cursor: Cursor, probability: Fraction | None, count: int
) -> tuple[tuple[Fraction, Atom], ...]:
    """Read ``; 0.3::p(b)`` after the first alternative; all of them add up to at most 1."""
    found: list[tuple[Fraction, Atom]] = []
    start = cursor.token
    while cursor.at(";"):
        if probability is None or count > 1:
            message = "each alternative is one atom with a probability"
            raise cursor.wrong(message, "as in `0.6::p(a); 0.3::p(b)`")
        cursor.take()
        if cursor.peek().kind != "::":
            message = "this alternative has no probability"
            raise cursor.wrong(message, "as in `0.6::p(a); 0.3::p(b)`")
        chance = _read_probability(cursor)
        found.append((chance, _read_head_atom(cursor)))
    total = sum((chance for chance, _ in found), start=probability or Fraction(0))
    if total > 1:
        shown = f"{float(total):.6g}"
        message = f"the probabilities of these alternatives add up to {shown}, more than 1"
        raise cursor.wrong(message, "at most one of them comes true", start)
    return tuple(found)


def _read_head_atom(cursor: Cursor) -> Atom:
    if cursor.token.kind == "name" and cursor.token.text == "not" and cursor.peek().kind != "(":
        message = "a head or a fact cannot be negated"
        raise cursor.wrong(message, "leave it out: what is not stated is false")
    return _read_made_atom(cursor)


def _read_probability(cursor: Cursor) -> Fraction:
    token = cursor.take()
    if token.kind != "number":
        raise cursor.wrong("a probability is a number", "as in `0.8::p(a)`", token)
    cursor.take()
    try:
        value = Fraction(token.text)
    except ZeroDivisionError:
        value = Fraction(2)
    if not 0 <= value <= 1 or len(token.text) > 40:
        raise cursor.wrong("a probability lies between 0 and 1", "", token)
    return value


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
            raise cursor.wrong("a signature lists types, not variables", "as in `on(block, block)`")
        if token.kind != "name":
            raise cursor.wrong("the name of a type is missing here", f"`{ANY_TYPE}` takes any")
        names.append(cursor.take().text)
        if not cursor.at("|"):
            return tuple(names)
        cursor.take()


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
