"""The kernels of lists, mappings, hash sets and intersections, compiled with bounds checked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import numba
import numpy as np
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import And, Atom
from planner.kr.rules import Rule
from planner.kr.terms import Variable
v, w, x, y, z = (Variable(name) for name in "vwxyz")
edge = lambda *a: Atom("edge", a)
PROGRAMS = {
    "path": [Rule(Atom("path", (x, y)), edge(x, y)),
             Rule(Atom("path", (x, z)), And((Atom("path", (x, y)), edge(y, z))))],
    "level": [Rule(Atom("level", (x, y)), And((edge(x, v), edge(y, v)))),
              Rule(Atom("level", (x, y)), And((edge(x, v), Atom("level", (v, w)), edge(y, w))))],
    "tri": [Rule(Atom("tri", (x, y, z)), And((edge(x, y), edge(y, z), edge(x, z))))],
}
for name, rules in PROGRAMS.items():
    found = {}
    for tier in ("sorted", "runs", "hash", "bits", "lists", "auto"):
        facts = Facts()
        for i in range(300):
            facts.symbols.code(f"n{i}")
        facts.add_rows("edge", np.random.default_rng(3).integers(0, 300, size=(2_400, 2)))
        model = evaluate(rules, facts, tier=tier)
        found[tier] = model.rows(name).tobytes()
        print(name, tier, model.count(name), model.extension(name).representation)
    assert len(set(found.values())) == 1, name
"""


@pytest.mark.slow
def test_all_representations_agree_when_compiled_with_bounds_checked() -> None:
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1"}

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "path lists" in done.stdout
    assert "a list of rows" in done.stdout
    assert "a hash set" in done.stdout
    assert "bit rows" in done.stdout
