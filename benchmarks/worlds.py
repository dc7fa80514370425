"""State steps per CPU second of searches without a model, on the Blocksworld of llm-reasoners.

    python -m benchmarks.worlds [--count N] [--limit N] [--search NAME ...] [--guide NAME ...]

The tasks are the PlanBench Blocksworld instances of the benchmark folder. A state step is a
successor worked out and looked up among the known states. llm-reasoners' MCTS as shipped, on an
exact STRIPS world without a language model (uniform prior, share of goals as reward, 300 iterations
of depth 16), made 2,667 state steps a second and solved 4 of 40 (`anchors/neurosymbolic.md`); it
is not run again here. CPU seconds are those of the searches, grounding excluded.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS
from planner.io.pddl.load import load_pddl
from planner.search.limits import Limits, Meter
from planner.search.registry import parse_guide, parse_search
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import IntArray

PEER_STEPS_A_SECOND = 2_667
SEARCHES = ("mcts", "gumbel", "bandit", "levin", "gbfs")


class Counted(GroundSpace):
    """A ground space that counts the steps taken in it."""

    taken = 0

    def successors(self, state: int, steps: Sequence[int] | IntArray) -> IntArray:
        """The states that legal steps lead to."""
        self.taken += len(steps)
        return super().successors(state, steps)


def main() -> None:
    """Print a row for each search and guide."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--limit", type=int, default=20_000, help="expansions a task")
    parser.add_argument("--search", action="append")
    parser.add_argument("--guide", action="append")
    options = parser.parse_args()
    folder = BENCHMARKS / "pddl/planbench-blocksworld"
    files = sorted(folder.glob("instance-*.pddl"))[: options.count]
    tasks = [ground(load_pddl(folder / "domain.pddl", file)[0]) for file in files]
    print("search        guide         solved   state steps      CPU s    steps/s   of the peer")
    for name in options.search or SEARCHES:
        for guide in options.guide or ("uniform", "goal_count"):
            solved = taken = 0
            spent = 0.0
            for task in tasks:
                space = Counted(task)
                start = time.process_time()
                outcome = parse_search(name).run(
                    space, parse_guide(guide), Meter(Limits(expansions=options.limit))
                )
                spent += time.process_time() - start
                solved += outcome.status is Status.SOLVED
                # Compiled searches take their steps inside the kernel and say how many.
                taken += space.taken or outcome.generated
            rate = taken / spent
            print(
                f"{name:13} {guide:13} {solved:2}/{len(tasks):<4} {taken:12,} {spent:10.2f} "
                f"{rate:10,.0f} {rate / PEER_STEPS_A_SECOND:8.1f} x",
                flush=True,
            )


if __name__ == "__main__":
    main()
