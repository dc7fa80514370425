"""The four ablations: uniform, frequency, heuristic and model, at equal expansions and seconds.

A learned result means little by itself; each row is one guide in the same search on the same
tasks under the same limits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.search.limits import Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.interfaces import Guide, StepSpace
    from planner.kr.task import Task
    from planner.search.limits import Limits
    from planner.search.protocol import Search

__all__ = ["Ablation", "ablate", "render_ablations"]


@dataclass(frozen=True, slots=True)
class Ablation:
    """How one guide fared.

    Attributes:
        expanded: geometric mean of the expansions over the tasks that it solved.
        length: mean plan length over these; 0 when there are none, as in the other means.
        cpu_s: CPU seconds over all tasks, grounding left out.
    """

    guide: str
    tasks: int
    solved: int
    expanded: float
    length: float
    cpu_s: float


def ablate(
    tasks: Sequence[Task],
    entrants: Mapping[str, tuple[Search, Guide]],
    limits: Limits,
    space_of: Callable[[Task], StepSpace],
    seed: int = 0,
) -> list[Ablation]:
    """Run each search with its guide on each task, in the order given."""
    rows = []
    for name, (search, guide) in entrants.items():
        expanded, lengths, cpu_s = list[int](), list[int](), 0.0
        for task in tasks:
            space, meter = space_of(task), Meter(limits)
            outcome = search.run(space, guide, meter, seed=seed)
            cpu_s += meter.cpu_s
            if outcome.steps is not None:
                expanded.append(max(1, outcome.expanded))
                lengths.append(len(outcome.steps))
        rows.append(
            Ablation(
                name,
                len(tasks),
                len(lengths),
                math.exp(sum(map(math.log, expanded)) / len(expanded)) if expanded else 0.0,
                sum(lengths) / len(lengths) if lengths else 0.0,
                cpu_s,
            )
        )
    return rows


def render_ablations(rows: Sequence[Ablation]) -> str:
    """A table for a person."""
    lines = [f"{'guide':<12} {'solved':>9} {'expansions':>11} {'length':>7} {'CPU s':>7}"]
    lines += [
        f"{row.guide:<12} {f'{row.solved} of {row.tasks}':>9} {row.expanded:>11.1f} "
        f"{row.length:>7.1f} {row.cpu_s:>7.2f}"
        for row in rows
    ]
    return "\n".join(lines)
