"""Provenance: what proofs cost on the bulk workloads of ``benchmarks/rules.py``.

    python -m benchmarks.provenance [WORKLOAD ...]

Nothing is recorded while rules are evaluated: what a fact can rest on is looked up when it is
asked about. So the columns are CPU seconds of the evaluation; of the proofs of
three rows of the largest predicate (its last, that in the middle, that after a third); and what
evaluation and first proof together are to the evaluation. Modules are loaded and kernels linked
before, as in a process that has proved something.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.rule_programs import RULES, WORKLOADS, generate, rule
from benchmarks.rules import read
from planner.engine.facts import Facts
from planner.engine.forward import Tier, evaluate
from planner.engine.jit import link_from_now_on
from planner.kr.formulas import Atom


def warm_up() -> None:
    """Prove something on rows as keys, on bit rows by a way, and on bit rows by levels."""
    link_from_now_on()
    facts = Facts.of([Atom("edge", (f"n{i}", f"n{i + 1}")) for i in range(8)])
    base = rule("path(X, Y) :- edge(X, Y)")
    step = rule("path(X, Z) :- path(X, Y); edge(Y, Z)")
    hop = rule("path(X, W) :- path(X, Y); edge(Y, Z); path(Z, W)")
    tiers: tuple[Tier, ...] = ("tiny", "bits")
    for rules in ([base, step], [base, hop]):
        for tier in tiers:
            evaluate(rules, facts, tier=tier).prove(Atom("path", ("n0", "n8")))


def run(name: str) -> None:
    """Print one row."""
    workload = WORKLOADS[name]
    rules = [rule(text) for text in RULES[workload.rules]]
    with tempfile.TemporaryDirectory() as scratch:
        generate(workload, Path(scratch))
        facts = read(Path(scratch))
    start = time.process_time()
    model = evaluate(rules, facts)
    times = [time.process_time() - start]
    predicate = max(workload.counts, key=model.count)
    rows = model.rows(predicate)
    sizes: list[int] = []
    for row in (rows[-1], rows[len(rows) // 2], rows[len(rows) // 3]):
        atom = Atom(predicate, tuple(model.symbols.constant(int(code)) for code in row))
        start = time.process_time()
        proof = model.prove(atom)
        times.append(time.process_time() - start)
        assert proof is not None
        sizes.append(sum(1 for _ in proof.steps()))
    print(
        f"{name:12} evaluate {times[0]:7.4f}  proofs "
        + "  ".join(f"{t:7.4f} ({size} steps)" for t, size in zip(times[1:], sizes, strict=True))
        + f"  with the first {(times[0] + times[1]) / times[0]:5.2f} times",
        flush=True,
    )


def main() -> None:
    """Run the chosen workloads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    options = parser.parse_args()
    warm_up()
    for name in options.workloads or [name for name in WORKLOADS if name != "g4000"]:
        run(name)


if __name__ == "__main__":
    main()
