"""The validator's own evaluator gives clingo's answers."""

from __future__ import annotations

import random
from types import MappingProxyType

import pytest

from planner.kr.formulas import Atom
from planner.kr.rules import Predicate
from planner.kr.task import RuleBase, Task
from planner.kr.terms import Variable
from planner.validate.evaluate import Evaluator
from tests.differential.clingo_text import solve_with_clingo, to_text
from tests.engine.programs import OBJECTS, Generated, random_program

pytestmark = pytest.mark.differential

QUICK = 400


def evaluator_of(program: Generated) -> Evaluator:
    predicates = {name: Predicate.of_arity(name, n) for name, n in program.arities.items()}
    rules = RuleBase(
        "random",
        predicates=MappingProxyType(predicates),
        constants=MappingProxyType(dict.fromkeys(OBJECTS, "object")),
        rules=program.rules,
        facts=program.facts,
    )
    return Evaluator(Task(rules))


def check(seed: int) -> None:
    program = random_program(random.Random(seed), rich=seed % 3 > 0)
    text = to_text(program.rules, program.facts)
    expected = solve_with_clingo(text)

    everything = evaluator_of(program)
    found = set()
    for name, arity in program.arities.items():
        columns = tuple(Variable(f"c{place}") for place in range(arity))
        for solution in everything.solutions(Atom(name, columns), {}):
            found.add((name, *(solution[c.name] for c in columns)))
    assert found == expected, f"seed {seed}\n{text}"

    # One fact at a time is answered backwards from the rules, by other code.
    one_by_one = evaluator_of(program)
    rng = random.Random(seed)
    guesses = [
        (name, *(rng.choice((*OBJECTS, 0, 1, 2)) for _ in range(arity)))
        for name, arity in program.arities.items()
        for _ in range(5)
    ]
    for name, *row in [*expected, *guesses]:
        holds = one_by_one.is_fact(name, tuple(row))
        assert holds == ((name, *row) in expected), f"seed {seed}: {name}{row}\n{text}"


@pytest.mark.parametrize("batch", range(4))
def test_random_programs(batch: int) -> None:
    for seed in range(batch * QUICK // 4, (batch + 1) * QUICK // 4):
        check(seed)


@pytest.mark.slow
def test_many_random_programs() -> None:
    for seed in range(QUICK, 20_000):
        check(seed)
