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
