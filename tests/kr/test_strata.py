"""Strata of rules, and the cycles that have none."""

from planner.diagnostics import Span
from planner.kr.formulas import TRUE, Aggregate, And, Atom, Exists, Forall, Not
from planner.kr.rules import Rule
from planner.kr.strata import NegativeCycle, Stratification, stratify
from planner.kr.terms import TypedVariable, Variable

X, Y = Variable("x"), Variable("y")


def p(name: str) -> Atom:
    return Atom(name, (X,))


def test_negation_and_aggregates_lift_the_level() -> None:
    rules = [
        Rule(p("c"), And((p("a"), Not(p("b"))))),
        Rule(p("b"), p("a")),
        Rule(p("d"), Aggregate(X, "count", (Y,), Atom("c", (Y,)))),
    ]

    result = stratify(rules)

    assert isinstance(result, Stratification)
    assert dict(result.level) == {"b": 0, "c": 1, "d": 2}
    assert result.components == (("b",), ("c",), ("d",))


def test_mutual_recursion_is_one_component_in_declaration_order() -> None:
    rules = [Rule(p("even"), p("odd")), Rule(p("odd"), p("even")), Rule(p("top"), p("odd"))]

    result = stratify(rules)

    assert isinstance(result, Stratification)
    assert result.components == (("even", "odd"), ("top",))


def test_a_cycle_through_negation_is_shown_with_its_rules() -> None:
    lines = [Span("rules.yaml", line, 1) for line in (1, 2, 3)]
    rules = [
        Rule(p("win"), And((p("move"), Not(p("lose")))), span=lines[0]),
        Rule(p("lose"), p("stuck"), span=lines[1]),
        Rule(p("stuck"), p("win"), span=lines[2]),
    ]

    result = stratify(rules)

    assert isinstance(result, NegativeCycle)
    assert result.predicates == ("win", "lose", "stuck")
    assert [rule.span for rule in result.rules] == lines
    assert str(result) == "win -> not lose -> stuck -> win"


def test_a_predicate_that_denies_itself() -> None:
    result = stratify([Rule(p("a"), Exists((TypedVariable("y"),), Not(p("a"))))])

    assert isinstance(result, NegativeCycle)
    assert str(result) == "a -> not a"


def test_the_body_of_forall_may_recurse_its_guard_may_not() -> None:
    every = (TypedVariable("y"),)
    guard, healthy = Atom("needs", (X, Y)), Atom("healthy", (Y,))

    fine = stratify([Rule(p("healthy"), Forall(every, guard, healthy))])
    refused = stratify([Rule(p("healthy"), Forall(every, healthy, guard))])

    assert isinstance(fine, Stratification)
    assert isinstance(refused, NegativeCycle)


def test_double_negation_is_no_negation() -> None:
    assert isinstance(stratify([Rule(p("a"), Not(Not(p("a"))))]), Stratification)


def test_long_chains_do_not_recurse_in_python() -> None:
    rules = [Rule(Atom(f"p{i}"), Atom(f"p{i + 1}")) for i in range(5_000)]

    result = stratify(rules)

    assert isinstance(result, Stratification)
    assert result.components[0] == ("p4999",)
    assert stratify([Rule(Atom("f"), TRUE)]) is not None
