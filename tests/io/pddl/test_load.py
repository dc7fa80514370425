"""PDDL in: what is read, what is refused and where."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from planner.errors import InputError, RuleFileError, UnsupportedError
from planner.io.pddl.load import load_pddl, load_pddl_domain_checked, parse_pddl
from planner.kr.actions import Effect
from planner.kr.formulas import And, Atom, Comparison, Exists, Forall, Not, Or
from planner.kr.rules import Rule
from planner.kr.terms import FunctionTerm, TypedVariable, Variable

if TYPE_CHECKING:
    from pathlib import Path

    from planner.kr.actions import ActionSchema
    from planner.kr.task import Task

X, Y = Variable("x"), Variable("y")
PROBLEM = "(define (problem p) (:domain d) (:objects a b) (:init) (:goal (and)))"


def read(domain: str, problem: str = PROBLEM) -> Task:
    return parse_pddl(f"(define (domain d) {domain})", problem)[0]


def read_action(action: str, declarations: str = "(:predicates (p ?x) (q ?x ?y))") -> ActionSchema:
    return read(f"{declarations} (:action act {action})").rules.actions[0]


def problems_of(domain: str, problem: str = PROBLEM) -> list[tuple[str, int, int]]:
    """Code, line and column of each error; the domain begins on line 2."""
    with pytest.raises(RuleFileError) as caught:
        parse_pddl(f"(define (domain d)\n{domain})", problem)
    errors = [d for d in caught.value.diagnostics if d.severity.value == "error"]
    return [(d.code, d.span.line, d.span.column) for d in errors]


def test_words_are_lower_cased_and_comments_skipped() -> None:
    task = read(
        "(:PREDICATES (On ?X)) ; a comment with (parentheses\n",
        "(define (problem P) (:domain D) (:objects A) (:INIT (ON A)) (:goal (on a)))",
    )

    assert task.name == "p"
    assert task.init == (Atom("on", ("a",)),)


def test_a_question_mark_begins_a_word() -> None:
    action = read_action(":parameters (?x) :precondition (p?x)")

    assert action.precondition == Atom("p", (X,))


def test_types_and_either() -> None:
    task = read(
        "(:types truck plane - vehicle vehicle place) (:constants hub - place)"
        "(:predicates (at ?v - (either truck plane) ?l - place))",
        "(define (problem p) (:domain d) (:objects t - truck e - (either truck plane) n)"
        "(:init) (:goal (and)))",
    )

    assert task.rules.types == {
        "truck": "vehicle", "plane": "vehicle", "vehicle": "object", "place": "object",
    }  # fmt: skip
    assert task.rules.predicates["at"].types == (("truck", "plane"), ("place",))
    assert task.all_objects == {"hub": "place", "t": "truck", "e": "truck|plane", "n": "object"}


@pytest.mark.parametrize(
    ("condition", "formula"),
    [
        ("()", And(())),
        ("(and)", And(())),
        ("(and (p ?x) (and (p ?y)))", And((Atom("p", (X,)), Atom("p", (Y,))))),
        ("(or)", Or(())),
        ("(not (p ?x))", Not(Atom("p", (X,)))),
        ("(not (= ?x ?y))", Comparison("!=", X, Y)),
        ("(= ?x ?y)", Comparison("=", X, Y)),
        ("(imply (p ?x) (p ?y))", Or((Not(Atom("p", (X,))), Atom("p", (Y,))))),
        (
            "(forall (?z) (imply (p ?z) (q ?z ?x)))",
            Forall(
                (TypedVariable("z"),),
                Atom("p", (Variable("z"),)),
                Atom("q", (Variable("z"), X)),
            ),
        ),
        ("(exists (?z) (p ?z))", Exists((TypedVariable("z"),), Atom("p", (Variable("z"),)))),
        ("(exists (?z) (= ?z ?x))", Atom("object", (X,))),
    ],
)
def test_conditions(condition: str, formula: object) -> None:
    action = read_action(f":parameters (?x ?y) :precondition {condition}")

    assert action.precondition == formula


def test_effects_keep_their_conditions_and_quantifiers() -> None:
    action = read_action(
        ":parameters (?x) :effect (and (p ?x) (forall (?y) (when (q ?x ?y) (and (not (p ?y))))))"
    )

    assert action.effects == (
        Effect(Atom("p", (X,))),
        Effect(Atom("p", (Y,)), False, Atom("q", (X, Y)), (TypedVariable("y"),)),
    )


def test_an_action_may_lack_its_parts() -> None:
    task = read("(:predicates (p)) (:action a) (:action b :precondition :effect (p))")

    assert [len(action.effects) for action in task.rules.actions] == [0, 1]


COSTS = (
    "(:predicates (p)) (:functions (total-cost) - number (length ?x ?y) - number)"
    "(:action go :parameters (?x ?y) :effect (and (p) (increase (total-cost) (length ?x ?y))))"
    "(:action stay :effect (p))"
)
METRIC = (
    "(define (problem p) (:domain d) (:objects a b) (:init (= (total-cost) 0) "
    "(= (length a b) 2.5)) (:goal (p)) (:metric minimize (total-cost)))"
)


def test_functions_in_costs_become_functional_predicates() -> None:
    task = read(COSTS, METRIC)

    length = task.rules.predicates["length"]
    assert length.types == (("object",), ("object",), ("number",))
    assert length.properties == {"functional"}
    assert task.init == (Atom("length", ("a", "b", Fraction(5, 2))),)
    assert "total-cost" not in task.rules.predicates
    assert [a.cost for a in task.rules.actions] == [FunctionTerm("length", (X, Y)), 0]
    assert task.minimize == "cost"


def test_without_a_metric_every_action_costs_one() -> None:
    task = read(COSTS, METRIC.replace("(:metric minimize (total-cost))", ""))

    assert [a.cost for a in task.rules.actions] == [1, 1]
    assert task.minimize == ""


def test_derived_predicates_become_rules_with_the_types_of_their_head() -> None:
    task = read(
        "(:types t) (:predicates (p ?x - t) (q ?x ?y) (r ?x))"
        "(:derived (p ?x - t) (q ?x ?x)) (:derived (r ?x) (not (q ?x ?x)))"
        "(:derived (q ?x ?y) (r ?y))"
    )

    x_t, any_x = Atom("t", (X,)), Atom("object", (X,))
    assert task.rules.rules == (
        Rule(Atom("p", (X,)), And((x_t, Atom("q", (X, X))))),
        Rule(Atom("r", (X,)), And((any_x, Not(Atom("q", (X, X)))))),
        Rule(Atom("q", (X, Y)), And((any_x, Atom("r", (Y,))))),
    )


def test_a_predicate_named_like_a_type_is_kept_apart() -> None:
    task = read(
        "(:types block) (:predicates (block ?x) (is-block ?x))"
        "(:action a :parameters (?x - block) :precondition (and (block ?x) (is-block ?x)))"
    )

    assert list(task.rules.predicates) == ["is-block", "is-is-block"]
    assert task.rules.actions[0].precondition == And(
        (Atom("is-block", (X,)), Atom("is-is-block", (X,)))
    )


def test_undeclared_requirements_are_accepted_with_a_warning() -> None:
    domain = "(define (domain d) (:requirements :strips) (:types t) (:predicates (p ?x - t)))"

    _, warnings = parse_pddl(domain, PROBLEM)

    assert [w.code for w in warnings] == ["undeclared-requirement"]
    assert "`:typing`" in warnings[0].message


@pytest.mark.parametrize(
    "domain",
    [
        "(:predicates (in ?x ?x))",
        "(:predicates (p ?x) (p ?x))",
        "(:types a a)",
        "(:types a - b)",
        "(:predicates (p)) (:action a :parameters () :precondition () :effect ())",
        "(:action a :effect (and)) (:predicates (p))",
    ],
)
def test_what_other_readers_accept_is_accepted(domain: str) -> None:
    assert read(domain).rules.name == "d"


@pytest.mark.parametrize(
    ("domain", "code", "column"),
    [
        ("(:predicates (p ?x)) (:action a :precondition (pp b))", "unknown-predicate", 48),
        ("(:predicates (p ?x)) (:action a :precondition (p ?x))", "unknown-variable", 50),
        ("(:predicates (p ?x)) (:action a :precondition (p c))", "unknown-object", 50),
        ("(:predicates (p ?x)) (:action a :precondition (p))", "arity", 47),
        ("(:predicates (p ?x - t))", "unknown-type", 22),
        ("(:types a - b b - a)", "type-cycle", 1),
        ("(:action a) (:action a)", "duplicate-action", 22),
        ("(:constants a - object a - b) (:types b)", "duplicate-object", 24),
        ("(:nonsense)", "unknown-section", 2),
        ("(:action a :parameters (x))", "syntax", 25),
        ("(:action a :parameters (?x ?x))", "duplicate-variable", 28),
        ("(:action a :effect (or))", "unknown-predicate", 21),
        ("(:action a :effect (at (x) (y)))", "unknown-predicate", 21),
        ("(:action a :nonsense (p))", "syntax", 12),
        ("(:predicates (p)) (:derived (p) (and)) (:action a :effect (p))", "derived-effect", 59),
        ("(:predicates (p)) (:action a :effect (increase (total-cost) -1))", "negative-cost", 61),
    ],
)
def test_errors_are_located(domain: str, code: str, column: int) -> None:
    assert (code, 2, column) in problems_of(domain)


def test_all_errors_of_both_files_are_reported() -> None:
    problem = "(define (problem p)\n(:domain d)\n(:objects a)\n(:init (q a))\n(:goal (r a)))"

    found = problems_of("(:predicates (p ?x))\n(:action a :precondition (s))", problem)

    assert found == [
        ("unknown-predicate", 3, 27),
        ("unknown-predicate", 4, 9),
        ("unknown-predicate", 5, 9),
    ]


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(RuleFileError) as caught:
        read("(:predicates (reachable ?x)) (:action a :precondition (reachble a))")

    assert caught.value.diagnostics[0].suggestion == "did you mean `reachable`?"


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("", "syntax"),
        ("(define (domain d))", "wrong-file"),
        ("(define (problem p) (:domain d)", "parenthesis"),
        ("(define (problem p) (:domain d) (:goal (and))))", "parenthesis"),
        ("(define (problem p)) word", "stray-word"),
        ("(define (problem p) (:domain d))", "missing-goal"),
        ("(" * 5000, "too-deep"),
        ("(define (problem p) (:goal " + "(not " * 200 + ")" * 201 + ")", "too-deep"),
    ],
)
def test_files_without_shape(problem: str, code: str) -> None:
    assert problems_of("", problem)[0][0] == code


@pytest.mark.parametrize(
    ("domain", "construct", "column"),
    [
        ("(:durative-action a)", "durative actions", 2),
        (
            "(:predicates (p)) (:functions (f)) (:action a :effect (assign (f) 3))",
            "numeric eff",
            55,
        ),
        ("(:functions (f)) (:action a :precondition (< (f) 3))", "numeric cond", 43),
        ("(:functions (f)) (:action a :precondition (= (f) 3))", "numeric cond", 43),
        ("(:predicates (p)) (:action a :precondition (preference x (p)))", "preferences", 44),
        ("(:constraints (and))", "constraints", 2),
        ("(:types t) (:functions (f) - t)", "object fluents", 24),
        (
            "(:predicates (p)) (:action a :effect (when (p) (increase (total-cost) 1)))",
            "costs that depend on a condition",
            48,
        ),
    ],
)
def test_what_is_not_supported_is_named_and_located(
    domain: str, construct: str, column: int
) -> None:
    with pytest.raises(UnsupportedError, match=construct) as caught:
        parse_pddl(f"(define (domain d)\n{domain})", PROBLEM)

    first = caught.value.diagnostics[0]
    assert (first.span.line, first.span.column) == (2, column)


def test_timed_literals_and_metrics_are_not_supported() -> None:
    timed = PROBLEM.replace("(:init)", "(:init (at 5 (p)))")
    metric = PROBLEM.replace("(:goal (and))", "(:goal (and)) (:metric maximize (total-cost))")

    for problem in (timed, metric):
        with pytest.raises(UnsupportedError):
            read("(:predicates (p))", problem)


def test_files_are_read_from_disk(tmp_path: Path) -> None:
    domain, problem = tmp_path / "d.pddl", tmp_path / "p.pddl"
    domain.write_bytes(b"(define (domain d) ; caf\xe9\n(:predicates (p ?x)))")
    problem.write_text(PROBLEM)

    task, _ = load_pddl(domain, problem)
    rules, _ = load_pddl_domain_checked(domain)

    assert task.rules == rules
    assert task.source == str(problem)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.pddl"):
        load_pddl(tmp_path / "nothing.pddl", tmp_path / "p.pddl")
