"""What must not change a model: the order of rules and facts, and the names of predicates."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import Aggregate, And, Atom, Formula, Not
from planner.kr.rules import Rule
from tests.engine.programs import random_program

TIERS = ("tiny", "runs", "sorted", "hash", "bits", "lists", "auto")


def model_of(rules, facts, names, tier) -> set[tuple]:
    model = evaluate(rules, Facts.of(facts), tier=tier)
    return {(name, *atom.arguments) for name in names for atom in model.atoms(name)}


def renamed(formula: Formula) -> Formula:
    match formula:
        case Atom(predicate):
            return replace(formula, predicate=f"other-{predicate[::-1]}")
        case Not(body) | Aggregate(body=body):
            return replace(formula, body=renamed(body))
        case And(parts):
            return And(tuple(renamed(part) for part in parts))
    return formula


@pytest.mark.parametrize("seed", range(105))
def test_order_and_names_do_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    program = random_program(rng)
    tier = TIERS[seed % len(TIERS)]
    shuffled_rules = rng.sample(program.rules, len(program.rules))
    shuffled_facts = rng.sample(program.facts, len(program.facts))
    other_rules = [Rule(renamed(rule.head), renamed(rule.body)) for rule in program.rules]
    other_facts = [renamed(fact) for fact in program.facts]
    other_names = [f"other-{name[::-1]}" for name in program.arities]

    model = model_of(program.rules, program.facts, program.arities, tier)
    shuffled = model_of(shuffled_rules, shuffled_facts, program.arities, tier)
    other = model_of(other_rules, other_facts, other_names, tier)

    assert shuffled == model
    assert {(name.removeprefix("other-")[::-1], *row) for name, *row in other} == model
