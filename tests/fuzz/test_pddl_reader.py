"""Broken PDDL: a task or located diagnostics, never a traceback, never a hang."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from planner.errors import RuleFileError, UnsupportedError
from planner.io.pddl.load import parse_pddl

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = """
(define (domain delivery) (:requirements :adl :derived-predicates :action-costs)
  (:types truck parcel - thing thing place)
  (:constants depot - place)
  (:predicates (at ?t - thing ?p - place) (in ?x - parcel ?t - truck) (busy ?t - truck) (fast))
  (:functions (total-cost) - number (road ?a ?b - place) - number)
  (:derived (busy ?t - truck) (exists (?x - parcel) (in ?x ?t)))
  (:action drive :parameters (?t - truck ?a ?b - place)
    :precondition (and (at ?t ?a) (not (= ?a ?b)) (imply (fast) (busy ?t)))
    :effect (and (not (at ?t ?a)) (at ?t ?b)
      (forall (?x - parcel) (when (in ?x ?t) (and (at ?x ?b) (not (at ?x ?a)))))
      (increase (total-cost) (road ?a ?b)))))
"""
PROBLEM = """
(define (problem one) (:domain delivery) (:objects t1 - truck p1 p2 - parcel town - place)
  (:init (at t1 depot) (in p1 t1) (= (road depot town) 2.5) (= (total-cost) 0))
  (:goal (forall (?x - parcel) (or (at ?x town) (not (in ?x t1)))))
  (:metric minimize (total-cost)))
"""
WORDS = (
    "(",
    ")",
    "(and",
    "or",
    "not",
    "?x",
    "-",
    "either",
    ":action",
    ":precondition",
    ":effect",
    "forall",
    "(exists (?x)",
    "=",
    "5",
    "-3.5",
    ";",
    "increase",
    "(total-cost)",
    "when",
    ":derived",
    "object",
    "\x00",
    "é",
    "İ",
    "\t",
    ":init",
    "(at 5 (p))",
    "imply",
    "()",
    "?",
    "1e9",
    "preference",
    "number",
    "<",
    "(define (domain)",
    "assign",
    "\u2028",
)


def mutated(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 4)):
        kind = rng.random()
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randint(1, 12))
        if kind < 0.3:
            text = text[:start] + text[end:]
        elif kind < 0.6:
            text = text[:start] + rng.choice(WORDS) + text[start:]
        elif kind < 0.8:
            other = rng.randrange(len(text) + 1)
            piece = text[other : other + rng.randint(1, 60)]
            text = text[:start] + piece + text[start:]
        elif kind < 0.9:
            text = text[:start]
        else:
            bomb = rng.choice(["(", ")", "(and ", "(not ", "(forall (?x) ", "- ", "?"])
            text = text[:start] + bomb * rng.randint(1, 2000) + text[start:]
    return text


def survive(domain: str, problem: str) -> str:
    """Read, check that what is raised is located and fast, and say how it came out."""
    start = time.process_time()
    try:
        diagnostics = parse_pddl(domain, problem)[1]
        outcome = "read"
    except (RuleFileError, UnsupportedError) as error:
        diagnostics = error.diagnostics
        outcome = type(error).__name__
    assert time.process_time() - start < 2
    assert diagnostics or outcome == "read"
    assert all(d.span.line >= 1 and d.span.column >= 1 and d.render() for d in diagnostics)
    return outcome


def fuzz(rng: random.Random, pairs: list[tuple[str, str]], count: int) -> dict[str, int]:
    outcomes: dict[str, int] = {}
    for _ in range(count):
        domain, problem = rng.choice(pairs)
        if rng.random() < 0.5:
            domain = mutated(rng, domain)
        else:
            problem = mutated(rng, problem)
        outcome = survive(domain, problem)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def test_the_unchanged_files_are_read() -> None:
    assert survive(DOMAIN, PROBLEM) == "read"


@pytest.mark.fuzz
def test_mutants_of_one_file_are_survived() -> None:
    outcomes = fuzz(random.Random(0), [(DOMAIN, PROBLEM)], 2000)

    assert sum(outcomes.values()) == 2000
    assert outcomes["RuleFileError"] > 1000
    assert outcomes["UnsupportedError"] > 0


@pytest.mark.fuzz
@pytest.mark.parametrize("bomb", ["(", ")", "(and ", "((", "?", "; (\n", "(exists (?x) (not "])
def test_bombs_are_survived(bomb: str) -> None:
    assert survive(DOMAIN, bomb * 200_000) == "RuleFileError"
    assert survive(bomb * 200_000, PROBLEM) == "RuleFileError"


@pytest.mark.slow
@pytest.mark.fuzz
@pytest.mark.benchmarks
def test_mutants_of_the_benchmarks_are_survived(benchmarks: Path) -> None:
    pairs = [(DOMAIN, PROBLEM)]
    for domain in sorted((benchmarks / "pddl").glob("*/domain.pddl")):
        problems = [f for f in domain.parent.rglob("*.pddl") if f != domain]
        problem = min(problems, key=lambda f: (f.stat().st_size, f.name))
        if domain.stat().st_size + problem.stat().st_size < 12_000:
            pairs.append((domain.read_text(encoding="latin-1"), problem.read_text("latin-1")))

    outcomes = fuzz(random.Random(1), pairs, 100_000)

    assert sum(outcomes.values()) == 100_000
