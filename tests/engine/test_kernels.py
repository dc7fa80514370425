"""Kernels do what NumPy does, interpreted and compiled."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from planner.engine import kernels

SCRIPT = """
import sys
import numpy as np
if "numba" in sys.argv:
    import numba
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable
x, y, z = Variable("x"), Variable("y"), Variable("z")
path = lambda *v: Atom("path", v)
rules = [Rule(path(x, y), Atom("edge", (x, y))),
         Rule(path(x, z), And((path(x, y), Atom("edge", (y, z)))))]
facts = Facts()
for i in range(400):
    facts.symbols.code(f"n{i}")
facts.add_rows("edge", np.random.default_rng(3).integers(0, 400, size=(700, 2)))
model = evaluate(rules, facts, tier="runs")
relation = model.extension("path").relation
rows = np.stack([relation.column(0), relation.column(1)], axis=1)
bits = evaluate(rules, facts, tier="bits").extension("path")
assert "bit rows" in bits.representation
print(len(rows), hash(rows.tobytes()), hash(bits.rows().tobytes()))
assert np.array_equal(bits.rows(), relation.rows())
"""


def run(*arguments: str, **environment: str) -> str:
    variables = {**os.environ, "PYTHONHASHSEED": "0", **environment}
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return done.stdout


def test_expand_writes_every_pair() -> None:
    first = np.array([2, 0, 5], dtype=np.int64)
    counts = np.array([2, 0, 1], dtype=np.int64)
    order = np.array([9, 8, 7, 6, 5, 4], dtype=np.int32)
    left, rows = np.empty(3, dtype=np.int32), np.empty(3, dtype=np.int32)

    kernels.expand(first, counts, order, 10, left, rows)

    assert left.tolist() == [10, 10, 12]
    assert rows.tolist() == [7, 6, 4]


def test_insert_dense_takes_each_new_key_once() -> None:
    seen = np.zeros(8, dtype=np.bool_)
    seen[3] = True
    keys = np.array([5, 3, 5, 0, 7, 0], dtype=np.int64)
    new = np.empty(6, dtype=np.int64)

    count = kernels.insert_dense(seen, keys, new)

    assert new[:count].tolist() == [5, 0, 7]
    assert np.flatnonzero(seen).tolist() == [0, 3, 5, 7]


@pytest.mark.parametrize("check", ["0", "1"])
def test_rows_come_in_the_same_order_with_and_without_kernels(check: str) -> None:
    plain = run()

    compiled = run("numba", NUMBA_BOUNDSCHECK=check)

    assert int(plain.split()[0]) > 50_000
    assert compiled == plain
