"""Formulas: their parts, and what is asked of them: variables, atoms, substitution, their text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from planner.kr.syntax import (
    FALSE,
    TRUE,
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Exists,
    Forall,
    Formula,
    Modal,
    Not,
    Or,
)
from planner.kr.terms import (
    Arithmetic,
    Expression,
    FunctionTerm,
    Term,
    TypedVariable,
    Variable,
    show_expression,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


__all__ = [
    "FALSE",
    "TRUE",
    "Aggregate",
    "And",
    "Atom",
    "Closure",
    "Comparison",
    "Exists",
    "Forall",
    "Formula",
    "Modal",
    "Not",
    "Or",
    "atoms_of",
    "conjoin",
    "conjuncts",
    "disjoin",
    "expression_variables",
    "free_variables",
    "show",
    "substitute",
    "substitute_expression",
]


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """The parts of a conjunction, nested conjunctions flattened."""
    if isinstance(formula, And):
        return tuple(part for inner in formula.parts for part in conjuncts(inner))
    return (formula,)


def conjoin(*formulas: Formula) -> Formula:
    """The conjunction, flattened, and not wrapped when it has a single part."""
    parts = tuple(part for formula in formulas for part in conjuncts(formula))
    return parts[0] if len(parts) == 1 else And(parts)


def disjoin(*formulas: Formula) -> Formula:
    """The disjunction, not wrapped when it has a single part."""
    return formulas[0] if len(formulas) == 1 else Or(tuple(formulas))


def expression_variables(expression: Expression) -> Iterator[str]:
    """Names of the variables of an expression, left to right, repeated where they recur."""
    match expression:
        case Variable(name):
            yield name
        case Arithmetic(_, left, right):
            yield from expression_variables(left)
            yield from expression_variables(right)
        case FunctionTerm(_, arguments):
            for argument in arguments:
                yield from expression_variables(argument)
        case _:
            return


def free_variables(formula: Formula) -> dict[str, None]:
    """Names of the free variables, in order of first occurrence (a dict used as ordered set).

    All variables of an aggregate count as free except those that its body shares with nothing
    outside; as that needs the context, an aggregate reports its result and all variables of its
    body, and callers intersect with what the rest of the rule binds.
    """
    found: dict[str, None] = {}
    _collect_free(formula, frozenset(), found)
    return found


def _collect_free(formula: Formula, bound: frozenset[str], found: dict[str, None]) -> None:
    def note(*expressions: Expression) -> None:
        for expression in expressions:
            for name in expression_variables(expression):
                if name not in bound:
                    found.setdefault(name)

    match formula:
        case Atom(_, arguments):
            note(*arguments)
        case Closure(_, pair):
            note(*pair)
        case Modal(_, atom):
            note(*atom.arguments)
        case Comparison(_, left, right):
            note(left, right)
        case Aggregate(result, _, terms, body):
            note(result, *terms)
            _collect_free(body, bound, found)
        case Not(body):
            _collect_free(body, bound, found)
        case And(parts) | Or(parts):
            for part in parts:
                _collect_free(part, bound, found)
        case Forall(variables, condition, body):
            inner = bound | {v.name for v in variables}
            _collect_free(condition, inner, found)
            _collect_free(body, inner, found)
        case Exists(variables, body):
            _collect_free(body, bound | {v.name for v in variables}, found)
        case _:
            assert_never(formula)


def atoms_of(formula: Formula) -> Iterator[tuple[Atom, bool]]:
    """Every atom inside a formula with its polarity (True where it stands positively).

    Atoms of closures, modal atoms and aggregates are included; an aggregate's body counts as
    negative, since it must be complete before it is read.
    """
    yield from _atoms_of(formula, True)


def _atoms_of(formula: Formula, positive: bool) -> Iterator[tuple[Atom, bool]]:
    match formula:
        case Atom():
            yield formula, positive
        case Closure(predicate, pair, span):
            yield Atom(predicate, pair, span), positive
        case Modal(_, atom):
            yield atom, positive
        case Comparison():
            return
        case Aggregate(_, _, _, body):
            for atom, _ in _atoms_of(body, True):
                yield atom, False
        case Not(body):
            yield from _atoms_of(body, not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _atoms_of(part, positive)
        case Forall(_, condition, body):
            yield from _atoms_of(condition, not positive)
            yield from _atoms_of(body, positive)
        case Exists(_, body):
            yield from _atoms_of(body, positive)
        case _:
            assert_never(formula)


def substitute_expression(expression: Expression, binding: Mapping[str, Expression]) -> Expression:
    """Replace variables by name, in one pass."""
    match expression:
        case Variable(name):
            return binding.get(name, expression)
        case Arithmetic(operator, left, right):
            return Arithmetic(
                operator,
                substitute_expression(left, binding),
                substitute_expression(right, binding),
            )
        case FunctionTerm(predicate, arguments):
            return FunctionTerm(
                predicate,
                tuple(_as_term(substitute_expression(a, binding)) for a in arguments),
            )
        case _:
            return expression


def _as_term(expression: Expression) -> Term:
    assert not isinstance(expression, Arithmetic | FunctionTerm), "a term was expected"
    return expression


def substitute(formula: Formula, binding: Mapping[str, Expression]) -> Formula:
    """Replace free variables by name; quantified variables shadow the binding."""
    match formula:
        case Atom(_, arguments):
            return replace(
                formula, arguments=tuple(substitute_expression(a, binding) for a in arguments)
            )
        case Closure(_, (first, second)):
            pair = (
                _as_term(substitute_expression(first, binding)),
                _as_term(substitute_expression(second, binding)),
            )
            return replace(formula, arguments=pair)
        case Modal(_, atom):
            inner = substitute(atom, binding)
            assert isinstance(inner, Atom)
            return replace(formula, atom=inner)
        case Comparison(_, left, right):
            return replace(
                formula,
                left=substitute_expression(left, binding),
                right=substitute_expression(right, binding),
            )
        case Aggregate(result, _, terms, body):
            return replace(
                formula,
                result=_as_term(substitute_expression(result, binding)),
                terms=tuple(substitute_expression(t, binding) for t in terms),
                body=substitute(body, binding),
            )
        case Not(body):
            return replace(formula, body=substitute(body, binding))
        case And(parts):
            return replace(formula, parts=tuple(substitute(p, binding) for p in parts))
        case Or(parts):
            return replace(formula, parts=tuple(substitute(p, binding) for p in parts))
        case Forall(variables, condition, body):
            kept = _without(binding, variables)
            return replace(
                formula, condition=substitute(condition, kept), body=substitute(body, kept)
            )
        case Exists(variables, body):
            return replace(formula, body=substitute(body, _without(binding, variables)))
        case _:
            assert_never(formula)


def _without(
    binding: Mapping[str, Expression], variables: tuple[TypedVariable, ...]
) -> Mapping[str, Expression]:
    shadowed = {v.name for v in variables}
    return {name: value for name, value in binding.items() if name not in shadowed}


def show(formula: Formula) -> str:
    """Write a formula in the grammar of rule files; reading it back gives an equal formula.

    >>> x = Variable("x")
    >>> show(And((Atom("on", (x, "a")), Not(Atom("clear", (x,))))))
    'on(?x, a) and not clear(?x)'
    """
    match formula:
        case Atom():
            return str(formula)
        case Closure(predicate, (first, second)):
            return f"{predicate}+({show_expression(first)}, {show_expression(second)})"
        case Modal(mode, atom):
            return f"{mode} {atom}"
        case Comparison("before", left, right):
            return f"before({show_expression(left)}, {show_expression(right)})"
        case Comparison(operator, left, right):
            return f"{show_expression(left)} {operator} {show_expression(right)}"
        case Aggregate(result, function, terms, body):
            inner = ", ".join([*(show_expression(t) for t in terms), show(body)])
            return f"{show_expression(result)} = {function}({inner})"
        case Not(body):
            return f"not {_bracket(body)}"
        case And(()):
            return "true"
        case Or(()):
            return "false"
        case And(parts):
            return " and ".join(_bracket(p) if isinstance(p, And | Or) else show(p) for p in parts)
        case Or(parts):
            return " or ".join(_bracket(p) if isinstance(p, Or) else show(p) for p in parts)
        case Forall(variables, condition, body):
            guard = "" if condition == TRUE else f"{_bracket(condition)} -> "
            return f"forall({_show_variables(variables)}, {guard}{show(body)})"
        case Exists(variables, body):
            return f"exists({_show_variables(variables)}, {show(body)})"
        case _:
            assert_never(formula)


def _bracket(formula: Formula) -> str:
    text = show(formula)
    compound = isinstance(formula, And | Or) and formula.parts
    return f"({text})" if compound else text


def _show_variables(variables: tuple[TypedVariable, ...]) -> str:
    return ", ".join(
        f"?{v.name}" if v.types == ("object",) else f"?{v.name} - {'|'.join(v.types)}"
        for v in variables
    )
