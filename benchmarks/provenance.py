"""Provenance: what proofs cost on the bulk workloads of ``benchmarks/rules.py``.

    python -m benchmarks.provenance [WORKLOAD ...]

Heights are not recorded while rules are evaluated: they are worked out when a proof is first
asked for. So the columns are CPU seconds of the evaluation; of the first proof, of the last row of
the largest predicate, heights included; and of the second.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.rules import RULES, WORKLOADS, generate, read, rule
from planner.engine.forward import evaluate
from planner.kr.formulas import Atom


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
    for row in (rows[-1], rows[len(rows) // 2]):
        atom = Atom(predicate, tuple(model.symbols.constant(int(code)) for code in row))
        start = time.process_time()
        assert model.prove(atom) is not None
        times.append(time.process_time() - start)
    print(
        f"{name:12} evaluate {times[0]:7.3f}  first proof {times[1]:7.3f}  "
        f"second {times[2]:7.3f} s",
        flush=True,
    )


def main() -> None:
    """Run the chosen workloads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    options = parser.parse_args()
    for name in options.workloads or [name for name in WORKLOADS if name != "g4000"]:
        run(name)


if __name__ == "__main__":
    main()
