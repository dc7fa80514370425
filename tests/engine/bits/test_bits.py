"""Bit rows: the same model as columns, and honest refusals of shapes and sizes."""

from __future__ import annotations

import numpy as np
import pytest

from planner.engine import kernels
from planner.engine.bits import mapping, matrix, sweeps
from planner.engine.bits.mapping import transposed
from planner.engine.bits.matrix import BitMatrix, count_bits, listed_bits
from planner.engine.bits.shape import bit_layer
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.program import plan_rules
from planner.engine.proofs import Proof
from planner.kr.formulas import And, Atom, Comparison, Formula, Not
from planner.kr.rules import Rule
from planner.kr.terms import Variable

V, W, P, B, F, H, X, Y, Z = (Variable(name) for name in "vwpbfhxyz")


def a(predicate: str, *arguments) -> Atom:
    return Atom(predicate, arguments)


def rule(head: Atom, *body: Formula) -> Rule:
    return Rule(head, And(body))


CLOSURE = [
    rule(a("tc", X, Y), a("edge", X, Y)),
    rule(a("tc", X, Z), a("tc", X, Y), a("edge", Y, Z)),
]
DOUBLE = [CLOSURE[0], rule(a("tc", X, Z), a("tc", X, Y), a("tc", Y, Z))]
TESTED = [CLOSURE[0], rule(a("tc", X, Z), a("edge", X, Y), a("tc", Y, Z), Not(a("edge", Y, X)))]
ABOVE = [
    *CLOSURE,
    rule(a("loop", X), a("tc", X, X)),
    rule(a("one", X, Y), a("tc", X, Y), a("edge", X, Y)),
]
POINTS_TO = [
    rule(a("vpt", V, P), a("new", V, P)),
    rule(a("vpt", V, P), a("assign", V, W), a("vpt", W, P)),
    rule(a("vpt", V, P), a("load", V, B, F), a("vpt", B, H), a("hpt", H, F, P)),
    rule(a("hpt", H, F, P), a("store", B, F, V), a("vpt", B, H), a("vpt", V, P)),
]
SAME_GENERATION = [
    rule(a("sg", X, Y), a("edge", X, P), a("edge", Y, P), Comparison("!=", X, Y)),
    rule(a("sg", X, Y), a("edge", X, V), a("sg", V, W), a("edge", Y, W)),
]
# Values that are mapped along some clauses, passed on along others, tested on the way, and read.
MAPPED = [
    rule(a("near", X, Y), a("edge", X, Y)),
    rule(a("near", X, Y), a("edge", V, X), a("near", V, W), a("assign", W, Z), a("edge", Z, Y)),
    rule(a("near", X, Y), a("assign", X, V), a("near", V, Y), a("load", Y, P, H)),
    rule(a("near", X, Y), a("edge", X, V), a("near", V, Y)),
    rule(a("far", X, Y), a("near", X, Y), Not(a("edge", X, Y))),
    rule(a("twin", X, Y), a("new", X, Y)),
    rule(a("twin", X, Y), a("twin", V, X), a("near", X, Z), a("twin", V, W), a("edge", W, Y)),
]
COPIED = [CLOSURE[0], rule(a("tc", X, Z), a("tc", X, Y), a("edge", Y, Z), Comparison("!=", X, Z))]


def random_facts(seed: int, size: int = 60) -> Facts:
    rng = np.random.default_rng(seed)
    facts = Facts()
    for number in range(size):
        facts.symbols.code(number)
    shapes = {"edge": (70, 2), "new": (30, 2), "assign": (60, 2), "load": (40, 3), "store": (40, 3)}
    for name, shape in shapes.items():
        facts.add_rows(name, rng.integers(0, size, size=shape))
    return facts


@pytest.fixture(params=[False, True], ids=["NumPy", "kernels"])
def _compiled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    of_rows = kernels if request.param else None
    monkeypatch.setattr(matrix, "is_loaded", lambda: request.param)
    monkeypatch.setattr(matrix, "can_load", lambda: request.param)
    monkeypatch.setattr(mapping, "kernels_for", lambda rows, gain=1: of_rows)


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize("words", [1, 3, sweeps._NARROW + 1])
def test_bits_spread_in_cycles_and_along_later_edges(words: int) -> None:
    bits = BitMatrix(64 * words)
    bits.grow(40)
    rng = np.random.default_rng(words)
    edges: list[tuple[int, int]] = []
    seeds = [(row, int(rng.integers(0, 64 * words))) for row in range(0, 40, 3)]
    bits.set_bits(*np.array(seeds, dtype=np.int32).T)

    for _ in range(3):
        added = rng.integers(0, 40, size=(20, 2)).astype(np.int32)
        edges += map(tuple, added.tolist())
        bits.connect(*np.ascontiguousarray(added.T))
        bits.spread()

        has: dict[int, set[int]] = {row: set() for row in range(40)}
        for row, bit in seeds:
            has[row].add(bit)
        for _ in range(40):
            for source, target in edges:
                has[target] |= has[source]
        rows, found = listed_bits(bits.words[:40])
        assert set(zip(rows.tolist(), found.tolist(), strict=True)) == {
            (row, bit) for row, held in has.items() for bit in held
        }


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "rules", [CLOSURE, DOUBLE, TESTED, ABOVE, POINTS_TO, SAME_GENERATION, MAPPED]
)
def test_bit_rows_and_columns_agree(rules: list[Rule], seed: int) -> None:
    columns = evaluate(rules, random_facts(seed), tier="runs")

    found = evaluate(rules, random_facts(seed), tier="bits")

    heads = dict.fromkeys(r.head.predicate for r in rules)
    assert any("bit rows" in found.extension(name).representation for name in heads)
    for name in heads:
        assert found.count(name) == columns.count(name) > 0
        assert found.rows(name).tolist() == columns.rows(name).tolist()
        extension, (first, *_) = found.extension(name), columns.rows(name).tolist()
        assert extension.contains(tuple(first))
        assert not extension.contains((10**6,) * len(first))
        assert sorted(extension.matching((0,), (first[0],))) == sorted(
            columns.extension(name).matching((0,), (first[0],))
        )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", [CLOSURE, TESTED, ABOVE])
def test_row_lists_and_columns_agree(rules: list[Rule], seed: int) -> None:
    columns = evaluate(rules, random_facts(seed), tier="runs")

    found = evaluate(rules, random_facts(seed), tier="lists")

    assert "list of rows" in found.extension("tc").representation
    for name in dict.fromkeys(r.head.predicate for r in rules):
        assert found.count(name) == columns.count(name)
        assert found.rows(name).tolist() == columns.rows(name).tolist()
    first = tuple(columns.rows("tc")[0].tolist())
    assert found.extension("tc").contains(first)
    absent = {(x, y) for x in range(60) for y in range(60)} - set(
        map(tuple, columns.rows("tc").tolist())
    )
    assert not any(found.extension("tc").contains(row) for row in sorted(absent)[:50])


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize("shape", [(64, 1), (1, 2), (130, 3), (640, 7)])
def test_transposing_turns_every_bit(shape: tuple[int, int]) -> None:
    words = np.random.default_rng(5).integers(0, 1 << 63, size=shape, dtype=np.uint64)

    turned = transposed(words)

    rows, bits = listed_bits(words)
    again = listed_bits(turned)
    assert sorted(zip(bits.tolist(), rows.tolist(), strict=True)) == sorted(
        zip(again[0].tolist(), again[1].tolist(), strict=True)
    )


@pytest.mark.parametrize("rules", [COPIED, [*CLOSURE, rule(a("tc", X, Y), a("tc", Y, X))]])
def test_other_shapes_are_left_to_columns(rules: list[Rule]) -> None:
    plan = plan_rules(rules)

    assert all(bit_layer(plan, layer) is None for layer in plan.layers)


def test_a_matrix_that_would_be_too_large_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "_WORDS_LIMIT", 10)

    found = evaluate(CLOSURE, random_facts(1), tier="bits")

    assert "columns" in found.extension("tc").representation
    assert found.count("tc") == evaluate(CLOSURE, random_facts(1), tier="tiny").count("tc")


def depth(proof: Proof) -> int:
    premises = getattr(proof.justification, "premises", None)
    return 0 if premises is None else 1 + max(map(depth, premises))


def test_proofs_are_of_least_height() -> None:
    facts = Facts.of([a("edge", i, i + 1) for i in range(200)] + [a("edge", 0, 199)])
    model = evaluate(CLOSURE, facts, tier="bits")

    proof = model.prove(a("tc", 0, 200))

    assert "bit rows" in model.extension("tc").representation
    assert proof is not None
    assert depth(proof) == 2


def test_bits_are_listed_and_counted() -> None:
    bits = BitMatrix(130)
    bits.grow(3)
    bits.set_bits(np.array([0, 2, 2], dtype=np.int32), np.array([0, 129, 64], dtype=np.int32))
    bits.connect(np.array([2], dtype=np.int32), np.array([1], dtype=np.int32))
    bits.spread()

    rows, places = listed_bits(bits.words)

    assert list(zip(rows.tolist(), places.tolist(), strict=True)) == [
        (0, 0), (1, 64), (1, 129), (2, 64), (2, 129),
    ]  # fmt: skip
    assert count_bits(bits.words) == 5
