"""A* with and without stubborn sets: what leaving out orders of commuting steps saves.

    python -m benchmarks.commuting [--cpu S] [--guide lm_cut --guide uniform] [--only PART ...]

On the smallest instance of each domain, in the driver that runs in Python (stubborn sets do not run
compiled). Domains with conditional effects or derived conditions are not of the kind, and
said so, as are tasks of more than 3,000 operators.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from benchmarks.planning import instances
from planner.io.pddl.load import load_pddl
from planner.search.best_first import Astar, Variant
from planner.search.limits import Limits, Meter
from planner.search.registry import parse_guide
from planner.search.result import Status
from planner.search.stepwise import StepwiseSearch
from planner.search.stubborn import can_prune
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

if TYPE_CHECKING:
    from planner.search.result import Outcome
    from planner.spaces.ground_task import GroundTask

_MOST_OPERATORS = 3_000


def search(task: GroundTask, guide: str, variant: Variant, cpu_s: float) -> tuple[Outcome, float]:
    """The outcome of a search in Python and its CPU seconds."""
    start = time.process_time()
    run = StepwiseSearch(
        GroundSpace(task), variant, [parse_guide(guide)], Meter(Limits(cpu_s=cpu_s)), None
    )
    return run.run(admissible=True), time.process_time() - start


def main() -> None:
    """Print a row a task and guide: expansions and CPU seconds without and with the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpu", type=float, default=10, help="CPU seconds a search")
    parser.add_argument("--guide", action="append")
    parser.add_argument("--only", nargs="*", default=())
    options = parser.parse_args()
    print(
        "task                                guide     expanded       with    CPU s     with  cost"
    )
    for instance in instances("smallest", options.only):
        task = ground(load_pddl(*instance.files)[0])
        if not can_prune(task) or task.operator_count > _MOST_OPERATORS:
            kind = "too large" if can_prune(task) else "not of the kind"
            print(f"{instance.domain:35} {kind}", flush=True)
            continue
        for guide in options.guide or ("uniform", "lm_cut"):
            full, full_s = search(task, guide, Astar().variant, options.cpu)
            some, some_s = search(task, guide, Astar(stubborn=True).variant, options.cpu)
            both = full.status is Status.SOLVED and some.status is Status.SOLVED
            cost = "-" if not both else "same" if full.cost == some.cost else "DIFFERS"
            print(
                f"{instance.domain:35} {guide:8} {_count(full)} {_count(some)} "
                f"{full_s:8.2f} {some_s:8.2f}  {cost}",
                flush=True,
            )


def _count(outcome: Outcome) -> str:
    mark = "" if outcome.status is not Status.LIMIT else ">"
    return f"{mark}{outcome.expanded:,}".rjust(10)


if __name__ == "__main__":
    main()
