"""Random stratified programs: every tier gives clingo's answer, and its proofs stand."""

from __future__ import annotations

import random

import pytest

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.proof_check import check_proof
from tests.differential.comparison import TIERS, differences
from tests.engine.programs import random_program

pytestmark = pytest.mark.differential

BATCH = 500
FAST_BATCHES = 40
SLOW_BATCHES = 1_000_000 // BATCH


def check_batch(batch: int) -> None:
    seeds = range(batch * BATCH, (batch + 1) * BATCH)

    found = [line for seed in seeds for line in differences(seed)]

    assert not found, "\n".join(found)


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
