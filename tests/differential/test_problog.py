"""Random probabilistic programs: ProbLog's probabilities, bounds and intervals that enclose."""

from __future__ import annotations

import random
import signal
from dataclasses import replace
from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.probability.infer import infer
from planner.errors import InputError
from planner.kr.formulas import Atom, show
from planner.kr.rules import ProbabilisticFact
from planner.kr.terms import Variable
from tests.differential.problog_text import SHIFT, solve_with_problog, to_problog
from tests.engine.programs import Generated, random_program

# ProbLog takes minutes over some cyclic programs and does not always heed the alarm, so none of
# these tests may stand in the way of the normal run.
pytestmark = [pytest.mark.differential, pytest.mark.slow]
pytest.importorskip("problog", reason="ProbLog is not installed (extra `peers`)")
pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

BATCH = 25
BUDGET = 20_000
CHANCES = [Fraction(n, 10) for n in range(1, 10)]


def uncertain_program(seed: int) -> tuple[Generated, list[Atom], list[ProbabilisticFact]]:
    """A random program some of whose facts and rules are uncertain."""
    rng = random.Random(seed)
    program = random_program(rng, rich=False)
    certain, uncertain = [], []
    for fact in program.facts:
        if rng.random() < 0.6:
            uncertain.append(ProbabilisticFact(rng.choice(CHANCES), fact))
        else:
            certain.append(fact)
    rules = tuple(
        replace(rule, probability=rng.choice(CHANCES)) if rng.random() < 0.3 else rule
        for rule in program.rules
    )
    return replace(program, rules=rules), certain, uncertain


def text_of(atom: Atom) -> str:
    shifted = (a + SHIFT if isinstance(a, int) else a for a in atom.arguments)
    return show(Atom(atom.predicate, tuple(shifted))).replace(" ", "")


def ours(program, certain, uncertain, given=(), **options) -> dict[str, object]:
    found = {}
    options.setdefault("node_budget", BUDGET)
    for name, arity in program.arities.items():
        query = Atom(name, tuple(Variable(f"v{i}") for i in range(arity)))
        facts = Facts.of(certain)
        for answer in infer(program.rules, facts, uncertain, query, given, **options):
            values = tuple(answer.binding[f"v{i}"] for i in range(arity))
            found[text_of(Atom(name, values))] = answer
    return found


def problogs(program, certain, uncertain, given=()) -> dict[str, float] | None:
    """ProbLog's answer, ``None`` where it sees a negative cycle or takes more than a second."""
    from problog.errors import ProbLogError

    signal.signal(signal.SIGVTALRM, _give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, 1.0, 0.1)
    try:
        return solve_with_problog(
            to_problog(program.rules, certain, uncertain, program.arities, given)
        )
    except ProbLogError as error:
        if type(error).__name__ in ("NegativeCycle", "InconsistentEvidenceError"):
            return None
        raise
    except TimeoutError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _give_up(_number: int, _frame: object) -> None:
    raise TimeoutError


FAST_BATCHES = [pytest.param(batch) for batch in range(4)]
SLOW_BATCHES = [pytest.param(b, marks=pytest.mark.slow) for b in range(4, 500 // BATCH)]


@pytest.mark.parametrize("batch", [*FAST_BATCHES, *SLOW_BATCHES])
def test_exact_probabilities_are_problogs(batch: int) -> None:
    compared = 0
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        program, certain, uncertain = uncertain_program(seed)
        expected = problogs(program, certain, uncertain)
        if expected is None:
            continue

        try:
            found = ours(program, certain, uncertain, method="exact")
        except InputError:
            continue

        shown = {name: a.probability for name, a in found.items() if a.probability > 0}
        assert shown == pytest.approx(expected, abs=1e-9, rel=0), f"seed {seed}"
        compared += 1
    assert compared > BATCH // 2


@pytest.mark.parametrize("seed", range(40))
def test_evidence_gives_problogs_posterior(seed: int) -> None:
    program, certain, uncertain = uncertain_program(seed)
    possible = sorted(problogs(program, certain, uncertain) or {})
    names = {text_of(u.atom): u.atom for u in uncertain}
    seen = [names[text] for text in possible if text in names][:1]
    expected = problogs(program, certain, uncertain, seen)
    if expected is None:
        pytest.skip("ProbLog refuses the program")

    try:
        found = ours(program, certain, uncertain, seen, method="exact")
    except InputError:
        pytest.skip("the diagram is large")

    shown = {name: a.probability for name, a in found.items() if a.probability > 1e-12}
    assert shown == pytest.approx(expected, abs=1e-9, rel=0)


@pytest.mark.parametrize("seed", range(40))
def test_bounds_always_enclose(seed: int) -> None:
    program, certain, uncertain = uncertain_program(seed)
    given = [uncertain[0].atom] if uncertain and seed % 2 else []
    try:
        exact = ours(program, certain, uncertain, given, method="exact")
    except InputError:
        pytest.skip("the evidence is impossible, or the diagram large")

    for budget in (0, 1, 3, 6):
        bounds = ours(program, certain, uncertain, given, method="bounds", choice_budget=budget)

        for name, answer in exact.items():
            assert bounds[name].lower <= answer.probability + 1e-12, f"{name} {budget}"
            assert answer.probability <= bounds[name].upper + 1e-12, f"{name} {budget}"


def test_intervals_cover_at_the_stated_rate() -> None:
    covered = total = 0
    for seed in range(60):
        program, certain, uncertain = uncertain_program(seed)
        try:
            exact = ours(program, certain, uncertain, method="exact")
        except InputError:
            continue
        drawn = ours(program, certain, uncertain, method="sampling", samples=1000, seed=seed)
        for name, answer in exact.items():
            if 0.001 < answer.probability < 0.999:
                total += 1
                covered += drawn[name].lower <= answer.probability <= drawn[name].upper

    assert total > 200
    assert covered / total > 0.92
