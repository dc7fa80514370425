"""The grammar of formulas: what it reads, and where it says it went wrong."""

from __future__ import annotations

import pytest

from planner.errors import RuleFileError
from planner.io.formula_grammar import parse_atom, parse_expression, parse_formula
from planner.io.formula_writer import write_expression, write_formula
from planner.io.load import load_rules_text
from planner.kr.formulas import Aggregate, And, Atom, Closure, Comparison, Exists, Modal, Not, show
from planner.kr.terms import Arithmetic, FunctionTerm, Text, TypedVariable, Variable

X, Y = Variable("x"), Variable("y")


@pytest.mark.parametrize(
    "text",
    [
        "on(?x, a)",
        "handempty and not on(?x, ?y)",
        "not (p and q)",
        "p and (q or r and s)",
        "forall(?x - block|item, ?y, on(?x, ?y) -> clear(?y))",
        "exists(?x - block, ?x = ?y)",
        "?n = ?a + 1 and ?n != (?a - 2) * ?b",
        "?n = count(?x, ?y, on(?x, ?y) and p(?x))",
        "?s = sum(?c * 2, price(?x, ?c))",
        "3 = min(?c, price(?x, ?c))",
        "?x mod 2 = 1 and ?x // 2 < 0.5",
        "?x >= -1.5 and ?y <= 1/3",
        "before(?x, ?y)",
        "goal on(?x, ?y) and open handempty and ready p(?x)",
        "on+(?x, b)",
        'label(a, "a \\"b\\" c: # d")',
        "true or false",
        "walk(?x) and order and string(?x) and count(a) and on",
    ],
)
def test_what_is_read_is_written_the_same(text: str) -> None:
    assert write_formula(parse_formula(text)) == text


def test_words_are_operators_only_where_they_can_be() -> None:
    formula = parse_formula("open and goal and ready(?x) and open goal(?x)")

    assert formula == And(
        (Atom("open"), Atom("goal"), Atom("ready", (X,)), Modal("open", Atom("goal", (X,))))
    )


def test_an_anonymous_variable_is_closed_inside_the_innermost_negation() -> None:
    formula = parse_formula("p(?, ?x) and not on(?, ?x)")

    inner = Exists((TypedVariable("_2"),), Atom("on", (Variable("_2"), X)))
    assert formula == And((Atom("p", (Variable("_1"), X)), Not(inner)))


def test_goals_close_every_anonymous_variable() -> None:
    formula = parse_formula("p(?, ?x)", existential=True)

    assert formula == Exists((TypedVariable("_1"),), Atom("p", (Variable("_1"), X)))


def test_closures_and_minus_depend_on_blanks() -> None:
    assert parse_formula("on+(?x, ?y)") == Closure("on", (X, Y))
    assert parse_expression("?x - 1") == Arithmetic("-", X, 1)
    assert parse_atom("pick-up(b-1)") == Atom("pick-up", ("b-1",))


def test_a_cost_reads_a_functional_predicate() -> None:
    expression = parse_expression("distance(?x, ?y) * 2")

    assert expression == Arithmetic("*", FunctionTerm("distance", (X, Y)), 2)
    assert write_expression(expression) == "distance(?x, ?y) * 2"


def test_a_comparison_may_start_with_a_bracket() -> None:
    assert parse_formula("(?x) = ?y") == Comparison("=", X, Y)
    assert parse_formula('"a b" = ?x') == Comparison("=", Text("a b"), X)


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("p(?x) q(?y)", 7, "`and`"),
        ("p(?x) adn q(?y)", 7, "`and`"),
        ("p(?x", 1, "`)`"),
        ("p(?x))", 6, "`(`"),
        ("(p and q", 1, "`)`"),
        ("p and", 5, ""),
        ("p(?x, )", 7, ""),
        ("p(?x ?y)", 6, "commas"),
        ("?x == ?y", 5, "`=`"),
        ("?x -1 = ?y", 4, "` - 1`"),
        ("p & q", 3, "`and`"),
        ("!p", 1, "`not`"),
        ("p(q(?x))", 3, ""),
        ("p(?x + 1)", 6, "compute first"),
        ("forall(clear(?x))", 8, "`forall(?x - block"),
        ("?n < count(?x, p(?x))", 6, "bind it first"),
        ("?n = count(p(?x))", 12, "`?n = count(?x"),
        ("p(?_1)", 3, "`?`"),
        ("? = 3", 1, ""),
        ("p(99999999999999999999)", 3, ""),
        ("0.8::p(a)", 1, ""),
        ("p('a')", 3, "double"),
        ("p, q", 2, "`and`"),
    ],
)
def test_an_error_points_at_the_culprit(text: str, column: int, hint: str) -> None:
    with pytest.raises(RuleFileError) as caught:
        parse_formula(text)

    (error, *_) = caught.value.diagnostics
    assert error.span.column == column
    assert hint in error.suggestion


def test_reading_goes_on_behind_an_error() -> None:
    with pytest.raises(RuleFileError) as caught:
        parse_formula("p(?x ?y) and q and r(?x,) and (s t)")

    assert [d.span.column for d in caught.value.diagnostics] == [6, 25, 34]


@pytest.mark.parametrize(
    ("scalar", "line", "column"),
    [
        ("bad q(?x)", 4, 13),
        ('"bad q(?x)"', 4, 14),
        ("'label(?x, \"it''s\") and bad q(?x)'", 4, 37),
        ('"label(?x, \\"a\\\\u0041\\") and bad q(?x)"', 4, 42),
        ("p(?x) and\n        bad q(?x)", 5, 13),
        ('"p(?x) and\n\n        bad q(?x)"', 6, 13),
        ("|\n        p(?x) and\n        bad q(?x)", 6, 13),
        (">\n        p(?x) and\n        bad q(?x)", 6, 13),
        (">-\n        p(?x)\n\n        and bad q(?x)", 7, 17),
    ],
)
def test_positions_are_exact_in_every_kind_of_scalar(scalar: str, line: int, column: int) -> None:
    head = (
        "predicates: [p(object), q(object), bad, 'label(object, string)']\nconstants: [a]\nrules:\n"
    )

    with pytest.raises(RuleFileError) as caught:
        load_rules_text(f"{head}  - if: {scalar}\n    then: p(?x)\n")

    (error,) = [d for d in caught.value.diagnostics if d.code == "syntax"]
    assert (error.span.line, error.span.column) == (line, column)
    assert error.span.excerpt[column - 1 :].startswith("q(?x)")


def test_depth_is_limited() -> None:
    with pytest.raises(RuleFileError, match="deep"):
        parse_formula("(" * 100 + "p" + ")" * 100)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("?n = min(?a, ?b - 1)", "(?a <= ?b - 1 and ?n = ?a) or (?a > ?b - 1 and ?n = ?b - 1)"),
        ("3 = max((?a + 1) * 2, 7)", "((?a + 1) * 2 >= 7 and 3 = (?a + 1) * 2) or "
         "((?a + 1) * 2 < 7 and 3 = 7)"),
    ],
)  # fmt: skip
def test_the_less_and_the_greater_of_two_values(written: str, same: str) -> None:
    assert show(parse_formula(f"p(?a, ?b) and ({written})")) == show(
        parse_formula(f"p(?a, ?b) and ({same})")
    )


def test_a_formula_in_an_aggregate_is_no_value() -> None:
    assert isinstance(parse_formula("?n = min(?a, p(?a))"), Aggregate)
    assert isinstance(parse_formula("?n = min(?a, ?b, p(?a, ?b))"), Aggregate)
