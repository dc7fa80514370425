"""Random stratified programs: every tier gives clingo's answer, and its proofs stand."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.proof_check import check_proof
from tests.differential.clingo_text import solve_with_clingo, to_text
from tests.engine.programs import Generated, random_program

pytestmark = pytest.mark.differential

BATCH = 500
FAST_BATCHES = 40
SLOW_BATCHES = 1_000_000 // BATCH
TIERS = ("tiny", "runs", "bits")


def atoms_of(program: Generated, tier: str) -> set[tuple]:
    model = evaluate(program.rules, Facts.of(program.facts), tier=tier)
    return {(name, *atom.arguments) for name in program.arities for atom in model.atoms(name)}


def check_batch(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        program = random_program(random.Random(seed), rich=seed % 3 > 0)
        text = to_text(program.rules, program.facts)

        expected = solve_with_clingo(text)
        found = atoms_of(program, TIERS[seed % len(TIERS)])

        assert found == expected, f"seed {seed}\n{text}"


@pytest.mark.parametrize("batch", range(FAST_BATCHES))
def test_every_tier_gives_clingos_model(batch: int) -> None:
    check_batch(batch)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(FAST_BATCHES, SLOW_BATCHES))
def test_a_million_programs(batch: int) -> None:
    check_batch(batch)


@pytest.mark.parametrize("batch", range(4))
def test_every_derived_fact_has_a_proof_that_can_be_replayed(batch: int) -> None:
    for seed in range(batch * 100, (batch + 1) * 100):
        program = random_program(random.Random(seed))
        model = evaluate(program.rules, Facts.of(program.facts), tier=TIERS[seed % len(TIERS)])
        everything = [atom for name in program.arities for atom in model.atoms(name)]
        for atom in everything:
            proof = model.prove(atom)

            assert proof is not None
            assert proof.atom == atom
            problems = check_proof(proof, program.rules, program.facts, everything, model.symbols)
            assert not problems, f"seed {seed}"
