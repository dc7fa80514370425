"""Updates: a closure kept while edges come and go (``incr1000`` of the benchmark folder).

    python benchmarks/updates.py [--operations N] [--compiled]

CPU milliseconds of one update, the count of the closure read after each. The sum of the counts is
checked against the folder's README for 1,000 operations.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.rules import BENCHMARKS, read, rule
from planner.engine.maintain.live import LiveModel
from planner.kr.formulas import Atom

RULES = ["tc(X, Y) :- edge(X, Y)", "tc(X, Y) :- tc(X, Z); edge(Z, Y)"]
CHECKSUM = 83_093_244


def main() -> None:
    """Run the operations and print percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000)
    parser.add_argument("--compiled", action="store_true", help="load Numba beforehand")
    options = parser.parse_args()
    if options.compiled:
        import numba  # noqa: F401 (kernels are compiled where Numba is loaded)
    with tempfile.TemporaryDirectory() as scratch:
        script = BENCHMARKS / "rules" / "gen.py"
        made = ["incr", "--size=1000", "--deg=1.5", "--span=10", "--ops=1000", "--out"]
        subprocess.run([sys.executable, str(script), *made, scratch], check=True)
        lines = (Path(scratch) / "ops.tsv").read_text(encoding="utf-8").splitlines()
        (Path(scratch) / "ops.tsv").unlink()
        facts = read(Path(scratch))
    start = time.process_time()
    live = LiveModel([rule(text) for text in RULES], facts)
    print(f"first model {time.process_time() - start:.3f} s")
    times, checksum = [], 0
    for line in lines[: options.operations]:
        sign, *ends = line.split("\t")
        edge = Atom("edge", tuple(int(end) for end in ends))
        start = time.process_time()
        if sign == "+":
            live.add(edge)
        else:
            live.retract(edge)
        checksum += live.count("tc")
        times.append((time.process_time() - start) * 1e3)
    times.sort()
    mean = sum(times) / len(times)
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    right = "right" if checksum == CHECKSUM or options.operations != 1_000 else "WRONG"
    print(
        f"an update: mean {mean:.3f}  p50 {p50:.3f}  p99 {p99:.3f} ms  checksum {checksum} {right}"
    )


if __name__ == "__main__":
    main()
