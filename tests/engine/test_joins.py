"""Join reports name strata, sizes and orders."""

from __future__ import annotations

import pytest

from planner.engine.joins import describe_joins
from planner.kr.formulas import And, Atom, Comparison, Not
from planner.kr.rules import Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Variable

X, Y, Z = (Variable(name) for name in "xyz")
RULES = (
    Rule(Atom("path", (X, Y)), Atom("edge", (X, Y))),
    Rule(Atom("path", (X, Z)), And((Atom("path", (X, Y)), Atom("edge", (Y, Z))))),
    Rule(
        Atom("odd", (X,)),
        And((Comparison("!=", X, "n1"), Atom("path", (X, X)), Not(Atom("edge", (X, X))))),
    ),
)


@pytest.mark.parametrize(("size", "kept"), [(5, "dictionaries"), (2_500, "bit rows")])
def test_the_report_shows_orders_and_sizes(size: int, kept: str) -> None:
    ring = tuple(Atom("edge", (f"n{i}", f"n{i + 1}")) for i in range(0, 2 * size, 2))
    task = Task(RuleBase(rules=RULES), init=ring)

    report = describe_joins(task)

    assert f"stratum 0: path ({size}), recursive, {kept}" in report
    assert f"1. new rows of path(?x, ?y)\n    2. look up edge(?y, ?z) by ?y ({size} rows)" in report
    assert "1. scan path(?x, ?x)" in report
    assert "2. compute ?x != n1\n    3. test not edge(?x, ?x)" in report


def test_a_task_without_rules() -> None:
    assert describe_joins(Task(RuleBase())) == "no rules"


def test_lists_that_are_intersected_are_named() -> None:
    edges = tuple(Atom("edge", (f"n{i}", f"n{i * i % 997}")) for i in range(2_100))
    triangle = And((Atom("edge", (X, Y)), Atom("edge", (Y, Z)), Atom("edge", (X, Z))))
    task = Task(RuleBase(rules=(Rule(Atom("tri", (X, Y, Z)), triangle),)), init=edges)

    report = describe_joins(task)

    assert ", intersecting the lists of step 2" in report


def test_predicates_of_a_stratum_that_are_kept_differently_are_told_apart() -> None:
    v, w, h = (Variable(name) for name in "vwh")
    rules = (
        Rule(Atom("points", (v, h)), Atom("new", (v, h))),
        Rule(Atom("points", (v, h)), And((Atom("field", (w, "f", h)), Atom("read", (v, w))))),
        Rule(Atom("field", (w, "f", h)), And((Atom("write", (w, v)), Atom("points", (v, h))))),
    )
    new = [Atom("new", (f"v{i}", f"o{i}")) for i in range(2_500)]
    read = [Atom("read", (f"v{i}", f"v{i // 2}")) for i in range(50)]
    write = [Atom("write", (f"v{i}", f"v{i * 2}")) for i in range(50)]

    report = describe_joins(Task(RuleBase(rules=rules), init=(*new, *read, *write)))

    assert "points: bit rows, a bit for each value of column 2" in report
    assert "field: bit rows, a bit for each value of column 3" in report
