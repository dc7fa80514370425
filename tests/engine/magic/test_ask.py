"""Answers by demand are those of the whole model, and less is derived for them."""

from __future__ import annotations

import random

import pytest

from planner.engine.magic.ask import answer_task
from planner.errors import LimitError
from planner.kr.formulas import (
    Aggregate,
    And,
    Atom,
    Closure,
    Comparison,
    Forall,
    Formula,
    Not,
)
from planner.kr.rules import Predicate, Rule
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Arithmetic, TypedVariable, Variable
from tests.engine.programs import random_program

X, Y, Z, N, M = (Variable(name) for name in "xyznm")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def task_of(rules, facts, goal: Formula, **predicates: Predicate) -> Task:
    names = [c for fact in facts for c in fact.arguments if isinstance(c, str)]
    base = RuleBase(rules=tuple(rules), predicates=predicates)
    return Task(base, objects=dict.fromkeys(names, "object"), init=tuple(facts), goal=goal)


PATH = [
    Rule(a("path", X, Y), a("edge", X, Y)),
    Rule(a("path", X, Z), And((a("path", X, Y), a("edge", Y, Z)))),
]
CHAIN = [a("edge", f"n{i}", f"n{i + 1}") for i in range(40)]


def both_ways(task: Task) -> list[dict]:
    by_demand = answer_task(task, way="demand")
    whole = answer_task(task, way="whole")
    assert not whole.by_demand
    shown = sorted(by_demand.bindings, key=str)
    assert shown == sorted(whole.bindings, key=str)
    return shown


def test_a_bound_argument_is_all_that_is_derived() -> None:
    task = task_of(PATH, CHAIN, a("path", "n30", Y))

    found = answer_task(task)

    assert found.by_demand
    assert len(found.bindings) == 10
    assert sum(found.model.count(name) for name in found.model.plan.arities) < 100
    assert "path#0?" in found.reason


@pytest.mark.parametrize(
    "goal",
    [
        a("path", "n3", "n7"),
        a("path", "n7", "n3"),
        a("path", X, "n2"),
        And((a("path", X, Y), Comparison("=", X, "n38"))),
        And((a("edge", X, "n1"), a("path", X, Y), Not(a("path", Y, "n39")))),
        And((a("edge", "n5", X), Aggregate(N, "count", (Y,), a("path", X, Y)))),
        Closure("edge", ("n30", Y)),
    ],
)
def test_goals_of_every_shape(goal) -> None:
    both_ways(task_of(PATH, CHAIN, goal))


def test_negation_and_aggregates_read_complete_predicates() -> None:
    rules = [
        *PATH,
        Rule(a("node", X), a("edge", X, Y)),
        Rule(a("apart", X, Y), And((a("node", X), a("node", Y), Not(a("path", X, Y))))),
        Rule(a("far", X, Y), a("apart", X, Y)),
        Rule(a("far", X, Z), And((a("far", X, Y), a("edge", Z, Y)))),
        Rule(a("size", X, N), And((a("node", X), Aggregate(N, "count", (Y,), a("far", X, Y))))),
    ]
    facts = [*CHAIN[:8], a("edge", "n20", "n21")]

    assert len(both_ways(task_of(rules, facts, a("far", "n20", Y)))) == 9
    assert both_ways(task_of(rules, facts, a("size", "n0", N))) == [{"n": 2}]


def test_a_forall_that_recurses_is_kept_whole() -> None:
    every = Forall((TypedVariable("y"),), a("needs", X, Y), a("healthy", Y))
    rules = [
        Rule(a("healthy", X), And((a("service", X), every))),
        Rule(a("ok", X), a("healthy", X)),
    ]
    facts = [a("needs", "web", "db"), a("service", "web"), a("service", "db"), a("needs", "m", "m")]

    assert both_ways(task_of(rules, facts, a("ok", "web"))) == [{}]


def test_facts_of_a_derived_predicate_count() -> None:
    facts = [*CHAIN[:3], a("path", "n3", "z"), a("edge", "z", "w")]

    found = both_ways(task_of(PATH, facts, a("path", "n3", Y)))

    assert sorted(one["y"] for one in found) == ["w", "z"]


def test_made_numbers_are_not_asked_for() -> None:
    below = And((a("sum", X, N), Comparison("=", M, Arithmetic("-", N, 1)), a("down", X, M)))
    rules = [Rule(a("down", X, N), a("sum", X, N)), Rule(a("down", X, N), below)]

    found = both_ways(task_of(rules, [a("sum", "a", 3), a("sum", "a", 2)], a("down", "a", 3)))

    assert found == [{}]


def test_where_all_is_asked_for_the_whole_model_is_derived() -> None:
    right = [PATH[0], Rule(a("path", X, Z), And((a("edge", X, Y), a("path", Y, Z))))]

    found = answer_task(task_of(right, CHAIN, a("path", "n0", Y)))

    assert not found.by_demand
    assert "of all constants" in found.reason
    assert len(found.bindings) == 40


def test_declared_predicates_need_the_whole_model() -> None:
    same = Predicate("same", (("object",), ("object",)), "", frozenset({"equivalence"}))
    task = task_of(PATH, [*CHAIN, a("same", "n0", "n1")], a("path", "n0", Y), same=same)

    assert not answer_task(task).by_demand


def test_a_meter_stops_either_way() -> None:
    class Stop:
        def exceeded(self) -> str:
            return "time"

    for way in ("demand", "whole"):
        with pytest.raises(LimitError, match="time"):
            answer_task(task_of(PATH, CHAIN, a("path", "n0", Y)), way=way, meter=Stop())


@pytest.mark.parametrize("batch", range(10))
def test_random_programs_give_the_answers_of_the_whole_model(batch: int) -> None:
    asked = 0
    for seed in range(batch * 30, batch * 30 + 30):
        rng = random.Random(seed)
        program = random_program(rng, rich=seed % 2 > 0)
        constants = [c for fact in program.facts for c in fact.arguments]
        for name in program.arities:
            variables = [X, Y, Z, N][: program.arities[name]]
            if not variables or not constants:
                continue
            place = rng.randrange(len(variables))
            terms = [*variables[:place], rng.choice(constants), *variables[place + 1 :]]
            both_ways(task_of(program.rules, program.facts, Atom(name, tuple(terms))))
            asked += 1
    assert asked > 30
