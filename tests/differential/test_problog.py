"""Random probabilistic programs: ProbLog's probabilities, bounds and intervals that enclose."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from planner.engine.facts import Facts
from planner.engine.probability.infer import infer
from planner.errors import InputError
from planner.kr.formulas import TRUE, Atom, free_variables, show
from planner.kr.rules import ProbabilisticFact, Rule
from planner.kr.terms import Variable
from tests.differential.problog_text import SHIFT, ProbLog, to_problog
from tests.engine.programs import Generated, random_program

pytestmark = pytest.mark.differential
pytest.importorskip("problog", reason="ProbLog is not installed (extra `peers`)")
pytest.importorskip("dd", reason="dd is not installed (extra `prob`)")

BATCH = 25
BUDGET = 20_000
CHANCES = [Fraction(n, 10) for n in range(1, 10)]


@pytest.fixture(scope="module")
def problog():
    with ProbLog() as runner:
        yield runner


def uncertain_program(seed: int) -> tuple[Generated, list[Atom], list[ProbabilisticFact]]:
    """A random program some of whose facts and rules are uncertain, some of them alternatives."""
    rng = random.Random(seed)
    program = random_program(rng, rich=False)
    certain, uncertain, spare = [], [], []
    for fact in program.facts:
        pick = rng.random()
        if pick < 0.45:
            uncertain.append(ProbabilisticFact(rng.choice(CHANCES), fact))
        else:
            (spare if pick < 0.65 else certain).append(fact)
    rules: list[Rule] = []
    for rule in program.rules:
        pick = rng.random()
        if pick < 0.2:
            rules += alternatives(rule, program.rules, rng, len(rules) + 1)
        elif pick < 0.4:
            rules.append(replace(rule, probability=rng.choice(CHANCES)))
        else:
            rules.append(rule)
    # Facts that are alternatives of each other are rules without a body.
    distinct = list(dict.fromkeys(spare))
    for number, start in enumerate(range(0, len(distinct), 3)):
        group = distinct[start : start + 3]
        shares = chances(len(group), rng)
        rules += [
            Rule(atom, TRUE, probability=share, group=1000 + number)
            for atom, share in zip(group, shares, strict=True)
        ]
    return replace(program, rules=tuple(rules)), certain, uncertain


def chances(count: int, rng: random.Random) -> list[Fraction]:
    """Probabilities that add up to at most 1, now and then to 1."""
    weights = [rng.randint(1, 6) for _ in range(count)]
    total = sum(weights) + rng.choice([0, 2, 5])
    return [Fraction(weight, total) for weight in weights]


def alternatives(rule: Rule, rules, rng: random.Random, number: int) -> list[Rule]:
    """A rule with another head over variables of its body, where some rule has a fitting head."""
    bound = list(free_variables(rule.body))
    heads = [rule.head]
    others = [other.head for other in rules if other.head.predicate == rule.head.predicate]
    for other in rng.sample(others, len(others))[:1]:
        arguments = tuple(
            Variable(rng.choice(bound)) if isinstance(a, Variable) and bound else a
            for a in other.arguments
        )
        heads.append(Atom(other.predicate, arguments))
    heads = [h for h in heads if all(not isinstance(a, Variable) or a.name in bound
                                     for a in h.arguments)]  # fmt: skip
    shares = chances(len(heads), rng)
    return [
        replace(rule, head=head, probability=share, group=number)
        for head, share in zip(heads, shares, strict=True)
    ] or [rule]


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


def check_seed(seed: int, problog: ProbLog, *, with_evidence: bool) -> bool:
    """Compare one program, given one possible fact or none; whether ProbLog had an answer."""
    program, certain, uncertain = uncertain_program(seed)
    text = to_problog(program.rules, certain, uncertain, program.arities)
    expected = problog.solve(text)
    seen: list[Atom] = []
    if with_evidence and expected:
        names = {text_of(u.atom): u.atom for u in uncertain}
        names.update((text_of(r.head), r.head) for r in program.rules if r.body == TRUE)
        seen = [names[text] for text in sorted(expected) if text in names][-1:]
        text = to_problog(program.rules, certain, uncertain, program.arities, seen)
        expected = problog.solve(text)
    if expected is None:
        return False
    try:
        found = ours(program, certain, uncertain, seen, method="exact")
    except InputError:
        return False
    shown = {name: a.probability for name, a in found.items() if a.probability > 1e-12}
    certainly = {name: value for name, value in expected.items() if value > 1e-12}
    assert shown == pytest.approx(certainly, abs=1e-9, rel=0), f"seed {seed}\n{text}"
    return True


def test_a_few_programs_have_problogs_probabilities(problog) -> None:
    assert sum(check_seed(seed, problog, with_evidence=seed % 2 == 1) for seed in range(8)) > 3


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(500 // BATCH))
def test_exact_probabilities_are_problogs(batch: int, problog) -> None:
    seeds = range(batch * BATCH, (batch + 1) * BATCH)

    compared = [check_seed(seed, problog, with_evidence=seed % 2 == 1) for seed in seeds]

    assert sum(compared) > BATCH // 2


def check_bounds(seed: int) -> None:
    program, certain, uncertain = uncertain_program(seed)
    given = [uncertain[0].atom] if uncertain and seed % 2 else []
    try:
        exact = ours(program, certain, uncertain, given, method="exact")
    except InputError:
        return
    for budget in (0, 1, 3, 6):
        bounds = ours(program, certain, uncertain, given, method="bounds", choice_budget=budget)
        for name, answer in exact.items():
            assert bounds[name].lower <= answer.probability + 1e-12, f"{seed} {name} {budget}"
            assert answer.probability <= bounds[name].upper + 1e-12, f"{seed} {name} {budget}"


def test_bounds_enclose() -> None:
    for seed in range(6):
        check_bounds(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6, 60))
def test_bounds_always_enclose(seed: int) -> None:
    check_bounds(seed)


@pytest.mark.slow
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
