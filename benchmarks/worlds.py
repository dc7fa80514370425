"""State steps per CPU second of searches without a model, on the Blocksworld of llm-reasoners.

    python -m benchmarks.worlds [--peer CHECKOUT] [--count N] [--limit N] [--repeat N]
        [--search NAME ...] [--guide NAME ...]

The tasks are the PlanBench Blocksworld instances of the benchmark folder, searched as ground tasks
and as a world written in plain Python (`benchmarks/blocks_world.py`). A state step is a successor
worked out and looked up among the known states; walks along known edges are none. CPU seconds are
those of the searches, grounding excluded, loading of kernels included; of ``--repeat`` rounds all
count. ``--peer`` runs llm-reasoners' MCTS from a checkout on the same Python world in the same run
(300 iterations of depth 16, share of goals as reward, as in `anchors/neurosymbolic.md`); there a
state step is a call of its world's `step`. Without it the figure taken there is the yardstick.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.blocks_world import BlocksWorld, load_peer, peer_search
from benchmarks.common import BENCHMARKS
from planner.io.pddl.load import load_pddl
from planner.search.limits import Limits, Meter
from planner.search.registry import parse_guide, parse_search
from planner.search.result import Status
from planner.spaces.ground import GroundSpace
from planner.spaces.grounding import ground
from planner.spaces.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.interfaces import IntArray, StepSpace

PEER_STEPS_A_SECOND = 2_667.0
SEARCHES = ("mcts", "gumbel", "bandit", "levin", "gbfs")


class Counted(GroundSpace):
    """A ground space that counts the steps taken in it."""

    taken = 0

    def successors(self, state: int, steps: Sequence[int] | IntArray) -> IntArray:
        """The states that legal steps lead to."""
        self.taken += len(steps)
        return super().successors(state, steps)


class CountedWorld(World):
    """A world that counts the steps taken in it."""

    taken = 0

    def successor(self, state: int, step: int) -> int:
        """The state a legal step leads to."""
        self.taken += 1
        return super().successor(state, step)


@dataclass
class Row:
    """Sums over the tasks."""

    solved: int = 0
    taken: int = 0
    spent_s: float = 0.0

    @property
    def rate(self) -> float:
        """State steps per CPU second."""
        return self.taken / max(self.spent_s, 1e-9)

    def show(self, names: tuple[str, str, str], runs: int, yardstick: float) -> None:
        """Print it."""
        search, guide, states = names
        print(
            f"{search:13} {guide:11} {states:7} {self.solved:3}/{runs:<4} {self.taken:10,} "
            f"{self.spent_s:9.2f} {self.rate:11,.0f} {self.rate / yardstick:8.1f} x",
            flush=True,
        )


def measure(
    spaces: Sequence[Callable[[], StepSpace]], search: str, guide: str, options: argparse.Namespace
) -> Row:
    """Search each task afresh."""
    row, chosen, judge = Row(), parse_search(search), parse_guide(guide)
    for make in list(spaces) * options.repeat:
        space = make()
        start = time.process_time()
        outcome = chosen.run(space, judge, Meter(Limits(expansions=options.limit)))
        row.spent_s += time.process_time() - start
        row.solved += outcome.status is Status.SOLVED
        # Compiled searches take their steps inside the kernel and say how many.
        row.taken += getattr(space, "taken", 0) or outcome.generated
    return row


def measure_peer(checkout: Path, worlds: Sequence[BlocksWorld], repeat: int) -> Row:
    """llm-reasoners' MCTS on the same worlds."""
    peer, row = load_peer(checkout), Row()
    for world in list(worlds) * repeat:
        start = time.process_time()
        solved, taken = peer_search(peer, world)
        row.spent_s += time.process_time() - start
        row.solved += solved
        row.taken += taken
    return row


def main() -> None:
    """Print a row for each search and guide."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", type=Path, help="a checkout of llm-reasoners")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--limit", type=int, default=20_000, help="expansions a task")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--search", action="append")
    parser.add_argument("--guide", action="append")
    options = parser.parse_args()
    folder = BENCHMARKS / "pddl/planbench-blocksworld"
    files = sorted(folder.glob("instance-*.pddl"))[: options.count]
    tasks = [load_pddl(folder / "domain.pddl", file)[0] for file in files]
    grounded = [ground(task) for task in tasks]
    worlds = [BlocksWorld.of(task) for task in tasks]
    runs = options.repeat * len(tasks)
    print("search        guide       states  solved    state steps  CPU s   steps/s  of the peer")
    yardstick = PEER_STEPS_A_SECOND
    if options.peer is not None:
        row = measure_peer(options.peer, worlds, options.repeat)
        yardstick = row.rate
        row.show(("llm-reasoners", "uniform", "Python"), runs, yardstick)
    rows = [lambda task=task: Counted(task) for task in grounded]
    python = [lambda w=w: CountedWorld(w.start, w.steps, w.apply, w.is_goal) for w in worlds]
    for name in options.search or SEARCHES:
        for guide in options.guide or ("uniform", "goal_count"):
            row = measure(rows, name, guide, options)
            row.show((name, guide, "rows"), runs, yardstick)
        row = measure(python, name, "uniform", options)
        row.show((name, "uniform", "Python"), runs, yardstick)


if __name__ == "__main__":
    main()
