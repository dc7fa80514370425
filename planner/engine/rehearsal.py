"""Small programs that together call every kernel of the engine, to have them compiled ahead."""

from __future__ import annotations

import numpy as np

from planner.engine.bits.levels import Levels
from planner.engine.bits.view import BitExtension
from planner.engine.facts import Facts
from planner.engine.forward import Tier, evaluate
from planner.engine.tables import add_columns
from planner.kr.formulas import And, Atom, Comparison
from planner.kr.rules import Rule
from planner.kr.terms import Variable

__all__ = ["rehearse"]

# Enough rows for kernels to be called at all.
_NODES = 1_200
_DEGREE = 8

_X, _Y, _Z, _W = (Variable(name) for name in "xyzw")


def rehearse() -> None:
    """Evaluate closures, same generations and triangles in every representation.

    To be called where kernels are compiled (`planner.engine.jit.compile_from_now_on`).
    """
    facts = Facts()
    numbers = np.arange(_NODES * _DEGREE, dtype=np.int64)
    sources = numbers // _DEGREE
    add_columns(facts, "edge", [sources, (sources * 7 + numbers * numbers) % _NODES])
    add_columns(facts, "parent", [np.arange(1, _NODES), np.arange(1, _NODES) // 3])
    # Lists know no other way than kernels: the others take these where they are loaded.
    tiers: tuple[Tier, ...] = ("lists", "bits", "hash", "runs")
    for rules in (_closure(), _generations(), _triangles()):
        for tier in tiers:
            evaluate(rules, facts, tier=tier)
    _find_levels()


def _find_levels() -> None:
    """What deep proofs need of a layer whose edges rest on its own tuples."""
    hops = And((Atom("path", (_X, _Y)), Atom("edge", (_Y, _Z)), Atom("path", (_Z, _W))))
    rules = [
        Rule(Atom("path", (_X, _Y)), Atom("edge", (_X, _Y))),
        Rule(Atom("path", (_X, _W)), hops),
    ]
    facts = Facts.of(Atom("edge", (f"n{i}", f"n{i + 1}")) for i in range(8))
    found = evaluate(rules, facts, tier="bits").extension("path")
    assert isinstance(found, BitExtension)
    record = found.record
    levels = Levels(record, [], [record.base_cells("path")])
    levels.find(0, len(record.values) - 1)
    levels.below(0, len(record.values) - 1)


def _closure() -> list[Rule]:
    path = Atom("path", (_X, _Z))
    step = And((Atom("path", (_X, _Y)), Atom("edge", (_Y, _Z))))
    return [Rule(path, Atom("edge", (_X, _Z))), Rule(path, step)]


def _generations() -> list[Rule]:
    same = Atom("same", (_X, _Y))
    siblings = And((Atom("parent", (_X, _Z)), Atom("parent", (_Y, _Z)), Comparison("!=", _X, _Y)))
    cousins = And((Atom("parent", (_X, _Z)), Atom("same", (_Z, _W)), Atom("parent", (_Y, _W))))
    return [Rule(same, siblings), Rule(same, cousins)]


def _triangles() -> list[Rule]:
    edges = And((Atom("edge", (_X, _Y)), Atom("edge", (_Y, _Z)), Atom("edge", (_X, _Z))))
    return [Rule(Atom("triangle", (_X, _Y, _Z)), edges)]
