"""Whether a model beside the heuristic ever costs a task that the heuristic alone solves.

Each has its seconds as a limit, as `planner solve --cpu` sets one, and searches accordingly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.kr.task import Task
    from planner.learn.evaluation.ablation import Entrant

__all__ = ["is_never_worse"]

ALONE, TOGETHER = "heuristic", "model + heuristic"
_MORE = 1.1
"""Of the seconds, what the model and the heuristic may take together."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One search of one task.

    Attributes:
        length: of the plan, ``None`` without one.
        search: which of the searches found it.
    """

    length: int | None
    cpu_s: float
    search: str

    def __str__(self) -> str:
        return f"{self.length or '-':>5} {self.cpu_s:>6.2f} s"


def is_never_worse(
    tasks: Mapping[str, Task], entrants: Mapping[str, Entrant], cpu_s: float
) -> bool:
    """Print each task and the verdict: whether as many are solved together as by one alone."""
    print(f"{'task':<14}{ALONE:>18}{TOGETHER:>22}  found by")
    runs = {}
    for name, task in tasks.items():
        try:
            pair = _pair(task, entrants, cpu_s)
        except LimitError as error:
            print(f"{name:<14} left out: {error}", flush=True)
            continue
        runs[name] = pair
        print(f"{name:<14}{pair[0]!s:>18}{pair[1]!s:>22}  {pair[1].search}", flush=True)
    alone, together = (sum(pair[i].length is not None for pair in runs.values()) for i in (0, 1))
    lost = [name for name, (one, both) in runs.items() if both.length is None and one.length]
    verdict = "never worse" if together >= alone else "WORSE"
    print(
        f"\n{verdict}: the heuristic solves {alone} of {len(runs)} in {cpu_s:g} CPU s, "
        f"model + heuristic {together} in {_MORE * cpu_s:g}; lost: {', '.join(lost) or 'none'}",
        flush=True,
    )
    return together >= alone


def _pair(task: Task, entrants: Mapping[str, Entrant], cpu_s: float) -> tuple[_Run, _Run]:
    from planner.learn.evaluation.exam_tasks import space_for
    from planner.search.limits import Limits, Meter

    space = space_for(task)
    runs = []
    for name, seconds in ((ALONE, cpu_s), (TOGETHER, _MORE * cpu_s)):
        meter = Meter(Limits(cpu_s=seconds))
        outcome = entrants[name].search.run(space, entrants[name].guide, meter)
        length = None if outcome.steps is None else len(outcome.steps)
        runs.append(_Run(length, meter.cpu_s, outcome.search.rpartition(": ")[2]))
    return runs[0], runs[1]
