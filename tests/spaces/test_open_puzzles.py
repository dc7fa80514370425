"""The puzzles of the benchmark folder as open tasks."""

from fractions import Fraction

import pytest

from planner.io.formula_grammar import parse_atom, parse_formula
from planner.io.load import load_rules
from planner.kr.task import Task
from planner.search.result import Status
from planner.solve import solve
from tests.conftest import ROOT


@pytest.mark.benchmarks
@pytest.mark.parametrize("search", ["regret", "gbfs", "levin", "mcts", "beam:complete=true"])
def test_puzzles_of_tree_of_thoughts_are_solved(benchmarks, search):
    lines = (benchmarks / "reasoning/game24/dev.csv").read_text(encoding="utf-8").splitlines()
    rules = load_rules(ROOT / "rules/countdown/rules.yaml")

    for line in lines[1::30]:
        numbers = [int(number) for number in line.split(",")[1].split()]
        objects = dict.fromkeys("abcd", "item")
        facts = tuple(parse_atom(f"value({i}, {n})") for i, n in zip("abcd", numbers, strict=True))
        goal = parse_formula("value(?a, 24) and not exists(?b - item, value(?b, ?) and ?b != ?a)")

        task = Task(rules, objects=objects, init=facts, goal=goal)
        result = solve(task, search=search)

        assert result.status is Status.SOLVED
        assert evaluated(result.plan) == (sorted(numbers), 24)


def evaluated(plan):
    """The numbers a plan starts from and the one it ends with, worked out from its names alone."""
    known, given = {}, []
    operations = {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: Fraction(x) / y,
    }
    for step in plan:
        one, two, x, y = step.arguments
        for name, value in ((one, x), (two, y)):
            if name in known:
                assert known.pop(name) == value
            else:
                given.append(value)
        known[step.created[0]] = operations[step.name](x, y)
    ((_, last),) = known.items()
    return sorted(given), last
