"""States evaluated per CPU second by greedy best-first search with h_FF, beside Fast Downward.

    python -m benchmarks.evaluations --seconds 4

Eager search, one queue, no preferred operators, real costs, each on its own grounding of the same
PDDL. Tasks that either solves in under half a second are left out. The figures are of search
alone: kernels are loaded and Fast Downward's translator has run before.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import BENCHMARKS, ROOT, median, run
from benchmarks.planning import fast_downward

LEAST_S = 0.5


def fast_downward_rate(domain: Path, problem: Path, seconds: float) -> tuple[int, float]:
    """Evaluated states and search seconds, (0, 0) where the translator fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sas = folder / "out.sas"
        translate = [sys.executable, "-m", "fast_downward.translate", domain, problem]
        if run([*translate, "--sas-file", sas], cpu_s=30, folder=folder).code:
            return 0, 0.0
        binary = fast_downward() / "builds" / "release" / "bin" / "downward"
        search = f"eager_greedy([ff()], max_time={seconds})"
        options = ["--search", search, "--internal-plan-file", folder / "plan"]
        text = run([binary, *options], cpu_s=seconds + 10, folder=folder, stdin=sas).output
    evaluated = re.findall(r"Evaluated (\d+) state", text)
    spent = re.findall(r"Search time: ([\d.e+-]+)s", text)
    return (int(evaluated[-1]), float(spent[-1])) if evaluated and spent else (0, 0.0)


def our_rate(domain: Path, problem: Path, seconds: float) -> tuple[int, float]:
    """The same of our compiled search, in this process."""
    from planner.guides.relaxation import RelaxationGuide
    from planner.io.pddl.load import load_pddl
    from planner.search.best_first import Gbfs
    from planner.search.limits import Limits, Meter
    from planner.spaces.ground import GroundSpace
    from planner.spaces.grounding import ground

    space = GroundSpace(ground(load_pddl(domain, problem)[0]))
    started = time.process_time()
    meter = Meter(Limits(cpu_s=seconds))
    outcome = Gbfs(preferred=False).run(space, RelaxationGuide("h_ff"), meter)
    return outcome.evaluated, time.process_time() - started


def instances() -> list[tuple[str, str]]:
    """Those of the peers' table on which greedy search was measured."""
    lines = (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").splitlines()
    names = [line[2:].split("/") for line in lines if line[0] == "+" and "htg-" not in line]
    return [(domain, problem) for domain, problem in names]


def main() -> int:
    """Print a row a task and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    from planner.engine.jit import compile_from_now_on

    compile_from_now_on()
    warm = BENCHMARKS / "pddl" / "gripper"
    our_rate(warm / "domain.pddl", warm / "prob01.pddl", 60)
    ratios = []
    print("| task | ours: states/s | Fast Downward: states/s | ratio |")
    print("|---|---|---|---|")
    for domain, problem in instances():
        folder = BENCHMARKS / "pddl" / domain
        files = folder / "domain.pddl", folder / problem
        theirs, their_s = fast_downward_rate(*files, arguments.seconds)
        if their_s < LEAST_S:
            continue
        ours, our_s = our_rate(*files, arguments.seconds)
        if our_s < LEAST_S:
            continue
        ratio = (ours / our_s) / (theirs / their_s)
        ratios.append(ratio)
        name = f"{domain} {problem.removesuffix('.pddl')}"
        print(
            f"| {name} | {ours / our_s:,.0f} | {theirs / their_s:,.0f} | {ratio:.2f} |", flush=True
        )
    print(f"\nmedian ratio {median(ratios):.2f} over {len(ratios)} tasks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
