"""A plan by pymimir, for `benchmarks.planning`: eager greedy search with h_FF.

    python benchmarks/solve_with_pymimir.py DOMAIN PROBLEM PLAN [lifted|grounded]

Nothing of ours is imported, so that the process is pymimir's own. Existential preconditions become
parameters of its actions, which validators refuse.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pymimir


def main(domain: str, problem: str, plan: str, mode: str = "grounded") -> int:
    """Solve one task; 1 where no plan was found."""
    task = pymimir.Problem(pymimir.Domain(domain), problem, mode=mode)
    found = pymimir.gbfs_eager(task, task.get_initial_state(), pymimir.FFHeuristic(task))
    if found.solution is None:
        return 1
    steps = [
        " ".join([step.get_action().get_name(), *(o.get_name() for o in step.get_objects())])
        for step in found.solution
    ]
    Path(plan).write_text("".join(f"({step})\n" for step in steps), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
