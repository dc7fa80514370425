"""One random program in every way there is to evaluate it, beside clingo's answer."""

from __future__ import annotations

import random
from dataclasses import replace

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.maintain.live import LiveModel
from planner.kr.formulas import Aggregate, And, Atom, Formula, Not
from planner.kr.rules import Rule
from tests.differential.clingo_text import solve_with_clingo, to_text
from tests.engine.programs import Generated, random_program

__all__ = ["TIERS", "differences"]

TIERS = ("auto", "tiny", "runs", "sorted", "hash", "bits")
METAMORPHIC = 8
"""Of so many programs one is also shuffled, renamed and evaluated incrementally."""


def differences(seed: int) -> list[str]:
    """What does not give clingo's model of the program with this seed; a line each."""
    program = random_program(random.Random(seed), rich=seed % 3 > 0)
    expected = solve_with_clingo(to_text(program.rules, program.facts))
    tier = TIERS[seed // 3 % len(TIERS)]
    found = {tier: _evaluated(program, tier)}
    if seed % METAMORPHIC == 0:
        rng = random.Random(seed)
        found[f"{tier}, shuffled"] = _evaluated(_shuffled(program, rng), tier)
        found[f"{tier}, renamed"] = _original(_evaluated(_renamed(program), tier))
        found["incremental"] = _incremental(program, rng)
    return [
        f"seed {seed}, {way}: too many {sorted(model - expected, key=str)}, "
        f"missing {sorted(expected - model, key=str)}"
        for way, model in found.items()
        if model != expected
    ]


def _evaluated(program: Generated, tier: str) -> set[tuple]:
    model = evaluate(program.rules, Facts.of(program.facts), tier=tier)
    return {(name, *atom.arguments) for name in program.arities for atom in model.atoms(name)}


def _shuffled(program: Generated, rng: random.Random) -> Generated:
    rules = rng.sample(program.rules, len(program.rules))
    facts = rng.sample(program.facts, len(program.facts))
    return replace(program, rules=tuple(rules), facts=tuple(facts))


def _renamed(program: Generated) -> Generated:
    rules = tuple(Rule(_other(rule.head), _other(rule.body)) for rule in program.rules)
    facts = tuple(_other(fact) for fact in program.facts)
    arities = {f"other-{name[::-1]}": arity for name, arity in program.arities.items()}
    return Generated(rules, facts, arities)


def _other(formula: Formula) -> Formula:
    match formula:
        case Atom(predicate):
            return replace(formula, predicate=f"other-{predicate[::-1]}")
        case Not(body) | Aggregate(body=body):
            return replace(formula, body=_other(body))
        case And(parts):
            return And(tuple(_other(part) for part in parts))
    return formula


def _original(model: set[tuple]) -> set[tuple]:
    return {(name.removeprefix("other-")[::-1], *row) for name, *row in model}


def _incremental(program: Generated, rng: random.Random) -> set[tuple]:
    """Begin with some facts, add the others, take some away and bring them back."""
    first = [fact for fact in program.facts if rng.random() < 0.5]
    gone = [fact for fact in program.facts if rng.random() < 0.3]
    live = LiveModel(program.rules, Facts.of(first))
    live.add(*(fact for fact in program.facts if fact not in first))
    live.retract(*gone)
    live.add(*gone)
    model = live.model()
    return {(name, *atom.arguments) for name in program.arities for atom in model.atoms(name)}
