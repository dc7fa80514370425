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
                | expression ("=" | "!=" | "<" | "<=" | ">" | ">=") expression
                | name ["(" term ("," term)* ")"]
    expression := product (("+" | "-") product)*
    product    := factor (("*" | "/" | "//" | "mod") factor)*
    factor     := variable | number | string | name | "(" expression ")"

Every ``?`` becomes a fresh variable ``_1``, ``_2``, ...; one that stands under ``not``, ``or`` or a
quantifier is closed by ``exists`` right around its atom, which is the same as innermost since it
occurs nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Literal, cast

from planner.diagnostics import Diagnostic, closest, suggest
from planner.errors import RuleFileError
from planner.io.anonymous import close_anonymous
from planner.io.lexer import Token, refuse, tokenize
from planner.io.positions import Place
from planner.io.source import source_of_text
from planner.io.yaml_nodes import Scalar
from planner.io.yaml_traps import comment_cut
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
from planner.kr.terms import (
    Arithmetic,
    Expression,
    FunctionTerm,
    Term,
    Text,
    TypedVariable,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.diagnostics import Span

__all__ = [
    "Cursor",
    "parse_atom",
    "parse_expression",
    "parse_formula",
    "read_arguments",
    "read_atom",
    "read_conjunction",
    "read_expression",
    "read_formula",
    "read_typed_variable",
]

MAX_DEPTH = 64
_LARGEST_NUMBER = 2**63
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_AGGREGATES = ("count", "sum", "min", "max")
_MODES = ("goal", "open", "ready")
_KEYWORDS = frozenset({"and", "or", "not", "forall", "exists", "true", "false", "if", "after"})
_TERM_KINDS = ("var", "anon", "number", "string", "name")


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
            raise _leftover(self, what)
        if self.errors:
            raise RuleFileError(self.errors)

    def descend(self) -> None:
        """Go one bracket deeper, within the limit."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"brackets and negations are nested more than {MAX_DEPTH} deep"
            raise refuse(self.place, "too-deep", message, self.token)


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
    source = source_of_text(text)
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
        _skip_part(cursor, start)
        return TRUE


def _skip_part(cursor: Cursor, start: int) -> None:
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


def _read_unary(cursor: Cursor) -> Formula:
    token = cursor.token
    if token.kind == "atom" and cursor.peek().kind not in _COMPARISONS and not _is_sum(cursor):
        cursor.index += 1
        return _simple_atom(token, cursor.place)
    if token.kind == "name" and token.text == "not":
        cursor.take()
        cursor.descend()
        body = _read_unary(cursor)
        cursor.depth -= 1
        return Not(body, cursor.span(token))
    return _read_primary(cursor)


def _is_sum(cursor: Cursor) -> bool:
    return cursor.peek().kind in ("+", "-", "*", "/", "//")


def _simple_atom(token: Token, place: Place) -> Atom:
    name, _, rest = token.text.partition("(")
    arguments = tuple(
        Variable(word[1:]) if word[0] == "?" else word
        for word in map(str.strip, rest[:-1].split(","))
    )
    return Atom(name, arguments, place.span(token.start, token.end))


def _read_primary(cursor: Cursor) -> Formula:
    token = cursor.token
    if token.kind == "(" and not _bracket_is_expression(cursor):
        return _read_bracket(cursor)
    if token.kind == "closure":
        return _read_closure(cursor)
    if token.kind == "name":
        following = cursor.peek()
        if token.text in ("forall", "exists") and following.kind == "(":
            return _read_quantifier(cursor)
        if token.text in _MODES and _starts_atom(following):
            return _read_modal(cursor)
        if token.text == "before" and following.kind == "(":
            return _read_before(cursor)
        if token.text in ("true", "false") and following.kind != "(":
            cursor.take()
            return TRUE if token.text == "true" else FALSE
        if following.kind not in _COMPARISONS and not _is_sum(cursor) and following.text != "mod":
            return read_atom(cursor)
    elif token.kind not in ("var", "anon", "number", "string", "(", "atom"):
        raise cursor.wrong("a formula is missing here", _operator_hint(token))
    return _read_comparison(cursor)


def _starts_atom(token: Token) -> bool:
    """Whether an atom comes after ``open``; else ``open`` itself was the atom."""
    others = ("and", "or", "if", "after", "mod")
    return token.kind == "atom" or (token.kind == "name" and token.text not in others)


def _operator_hint(token: Token) -> str:
    if token.text in ("+", "*", "/"):
        return "a sum stands only beside a comparison, as in `?n = ?a + 1`"
    return ""


def _bracket_is_expression(cursor: Cursor) -> bool:
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
                signs = (*_COMPARISONS, "+", "-", "*", "/", "//")
                return after.kind in signs or after.text == "mod"
    return False


def _read_bracket(cursor: Cursor) -> Formula:
    opening = cursor.take()
    cursor.descend()
    inner = read_formula(cursor)
    if not cursor.at(")"):
        raise _unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    return inner


def _unclosed(cursor: Cursor, opening: Token) -> RuleFileError:
    if cursor.token.kind == "end":
        error = cursor.wrong("")
        if error.diagnostics[0].code == "yaml-comment":
            return error
        return cursor.wrong("this bracket is never closed", "add a `)`", opening)
    return _leftover(cursor, "bracket")


def _leftover(cursor: Cursor, what: str) -> RuleFileError:
    token = cursor.token
    if token.kind == ")":
        return cursor.wrong("this bracket was never opened", "remove it, or add a `(`")
    if token.text == "if":
        return cursor.wrong("`if` is for effects; a rule has its condition in `if:`")
    if token.kind == ",":
        return cursor.wrong("a comma stands only between arguments", "write `and`")
    before = cursor.tokens[max(cursor.index - 1, 0)]
    if before.kind == "name" and token.kind in ("name", "atom"):
        word = closest(before.text, ["not", "and", "or", "goal", "open", "ready"])
        if word:
            message = f"`{before.text}` stands before an atom without an `and`"
            return cursor.wrong(message, f"did you mean `{word}`?", before)
    if token.kind in ("name", "atom", "var", "(", "closure"):
        close = suggest(token.text, ["and", "or"]) if token.kind == "name" else ""
        hint = close or "write `and` between two atoms"
        return cursor.wrong(f"the {what} ends before `{token.text}`", hint)
    return cursor.wrong(f"`{token.text}` does not belong here")


def _read_quantifier(cursor: Cursor) -> Formula:
    word = cursor.take()
    opening = cursor.take()
    cursor.descend()
    variables = []
    while _at_quantified(cursor):
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
        raise _unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    span = cursor.span(word)
    if word.text == "forall":
        return Forall(tuple(variables), condition, body, span)
    return Exists(tuple(variables), body, span)


def _at_quantified(cursor: Cursor) -> bool:
    if cursor.token.kind != "var":
        return False
    following = cursor.peek()
    return following.kind == "," or (following.kind == "-" and cursor.peek(2).kind == "name")


def read_typed_variable(cursor: Cursor) -> TypedVariable:
    """Read ``?x``, ``?x - block`` or ``?x - block|item``."""
    token = cursor.token
    if token.kind == "anon":
        raise cursor.wrong("a variable needs a name here", "write `?x`")
    if token.kind != "var":
        raise cursor.wrong("a variable is missing here", "as in `?x - block`")
    cursor.take()
    name = _variable_name(cursor, token)
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


def _variable_name(cursor: Cursor, token: Token) -> str:
    name = token.text[1:]
    if name[0] == "_" and name[1:].isdecimal():
        message = f"names such as `{token.text}` are kept for anonymous variables"
        raise cursor.wrong(message, "write `?`", token)
    return name


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
    arguments = _read_list(cursor, word, arithmetic=False)
    if len(arguments) != 2:
        message = "a closure takes two arguments"
        raise cursor.wrong(message, f"as in `{word.text}?x, ?y)`", word)
    first, second = cast("tuple[Term, Term]", arguments)
    return Closure(word.text[:-2], (first, second), cursor.span(word))


def read_atom(cursor: Cursor, *, arithmetic: bool = False) -> Atom:
    """Read a predicate with its arguments; with ``arithmetic`` these may be expressions."""
    token = cursor.token
    if token.kind == "atom":
        cursor.take()
        return _simple_atom(token, cursor.place)
    if token.kind != "name" or (token.text in _KEYWORDS and cursor.peek().kind != "("):
        raise cursor.wrong("an atom is missing here", "as in `on(?x, ?y)`")
    cursor.take()
    if not cursor.at("("):
        return Atom(token.text, (), cursor.span(token))
    arguments = read_arguments(cursor, token, arithmetic=arithmetic)
    return Atom(token.text, arguments, cursor.span(token))


def read_arguments(cursor: Cursor, word: Token, *, arithmetic: bool) -> tuple[Expression, ...]:
    """Read a bracket of arguments."""
    cursor.expect("(", f"the arguments of `{word.text}` are missing")
    return _read_list(cursor, word, arithmetic=arithmetic)


def _read_list(cursor: Cursor, word: Token, *, arithmetic: bool) -> tuple[Expression, ...]:
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
        return Variable(_variable_name(cursor, token))
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


def _read_comparison(cursor: Cursor) -> Formula:
    start = cursor.token
    left = read_expression(cursor)
    operator = cursor.token
    if operator.kind not in _COMPARISONS:
        raise _no_comparison(cursor, start)
    cursor.take()
    if cursor.at("=") and cursor.token.start == operator.end:
        raise cursor.wrong("equality is written with one `=`", "write `=`")
    if cursor.at(*_AGGREGATES) and cursor.peek().kind == "(":
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


def _read_aggregate(cursor: Cursor, start: Token, result: Term) -> Aggregate:
    word = cursor.take()
    opening = cursor.take()
    cursor.descend()
    terms: list[Expression] = []
    while _at_counted(cursor):
        terms.append(read_expression(cursor))
        cursor.expect(",", f"`{word.text}` needs a comma and a formula after its terms")
    if not terms:
        example = f"?n = {word.text}(?x, on(?x, ?y))"
        raise cursor.wrong(f"say what to {word.text} before the formula", f"as in `{example}`")
    body = read_formula(cursor)
    if not cursor.at(")"):
        raise _unclosed(cursor, opening)
    cursor.take()
    cursor.depth -= 1
    function = cast("Literal['count', 'sum', 'min', 'max']", word.text)
    return Aggregate(result, function, tuple(terms), body, cursor.span(start))


def _at_counted(cursor: Cursor) -> bool:
    """Whether a comma comes before any comparison: a term, and not yet the formula."""
    if cursor.token.kind not in ("var", "number", "("):
        return False
    level = 0
    for token in cursor.tokens[cursor.index :]:
        if token.kind == "(":
            level += 1
        elif token.kind == ")":
            level -= 1
        if level < 0 or token.kind in (*_COMPARISONS, "end") or token.text in ("and", "or", "not"):
            return False
        if token.kind == "," and level == 0:
            return True
    return False


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
            raise _unclosed(cursor, opening)
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
