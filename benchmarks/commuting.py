"""A* with and without stubborn sets: what leaving out orders of commuting steps saves.

    python -m benchmarks.commuting [--cpu S] [--guide lm_cut --guide uniform] [--only PART ...]
        [--set smallest|second] [--late]

The compiled search, on the smallest (second) instance of each domain; CPU seconds are those of the
search and what it prepares, grounding excluded. Domains with conditional effects or derived
conditions are not of the kind, and said so.
"""

from __future__ import annotations

import argparse
import math
import time
from typing import TYPE_CHECKING

from benchmarks.planning import instances
from planner.errors import LimitError
from planner.io.pddl.load import load_pddl
from planner.search.best_first import Astar
from planner.search.limits import Limits, Meter
from planner.search.registry import parse_guide
from planner.search.result import Status
from planner.search.stubborn import can_prune
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

if TYPE_CHECKING:
    from planner.search.result import Outcome
    from planner.spaces.ground_task import GroundTask


def search(
    task: GroundTask, guide: str, cpu_s: float, *, stubborn: bool | None
) -> tuple[Outcome, float]:
    """The outcome of a search and its CPU seconds."""
    start = time.process_time()
    meter = Meter(Limits(cpu_s=cpu_s, memory_mb=3000))
    outcome = Astar(stubborn=stubborn).run(GroundSpace(task), parse_guide(guide), meter)
    return outcome, time.process_time() - start


def main() -> None:
    """Print a row a task and guide: expansions and CPU seconds without and with the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", type=float, default=10, help="CPU seconds a search")
    parser.add_argument("--guide", action="append")
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--late", action="store_true", help="as is the default, with lm_cut")
    parser.add_argument("--set", default="smallest", dest="which", choices=["smallest", "second"])
    options = parser.parse_args()
    print(f"{'task':35} {'guide':8} {'expanded':>16} {'with':>16} {'CPU s':>8} {'with':>8}  cost")
    ratios: list[float] = []
    for instance in instances(options.which, options.only):
        try:
            limits = Limits(cpu_s=options.cpu, memory_mb=3000)
            task = ground(load_pddl(*instance.files)[0], meter=Meter(limits))
        except LimitError:
            print(f"{instance.domain:35} not grounded in time", flush=True)
            continue
        if not can_prune(task):
            print(f"{instance.domain:35} not of the kind", flush=True)
            continue
        for guide in options.guide or ("uniform", "lm_cut"):
            full, full_s = search(task, guide, options.cpu, stubborn=False)
            some, some_s = search(task, guide, options.cpu, stubborn=None if options.late else True)
            both = full.status is Status.SOLVED and some.status is Status.SOLVED
            cost = "-" if not both else "same" if full.cost == some.cost else "DIFFERS"
            if both:
                ratios.append(some_s / full_s)
            print(
                f"{instance.domain:35} {guide:8} {_count(full)} {_count(some)} "
                f"{full_s:8.2f} {some_s:8.2f}  {cost}",
                flush=True,
            )
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"CPU s with / without, geometric mean of {len(ratios)} rows: {mean:.2f}")


def _count(outcome: Outcome) -> str:
    """Expansions; of a search that met its limit also the cost that it proved of all plans."""
    if outcome.status is not Status.LIMIT:
        return f"{outcome.expanded:,}".rjust(16)
    return f">{outcome.expanded:,} ({outcome.lower_bound})".rjust(16)


if __name__ == "__main__":
    main()
