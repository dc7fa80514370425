"""The ablations: each guide on the same tasks, at equal expansions and at equal CPU seconds.

A learned result means little by itself. One run of each search says both: it goes on until the
expansions and the seconds are spent, and counts for each bound that its plan was found within. A
search that divides what it may spend is run twice, each bound its limit in turn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.learn.evaluation.intervals import Interval, share_interval
from planner.search.limits import Limits, Meter
from planner.spaces.ground import GroundSpace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from planner.interfaces import Clock, Guide, StepSpace
    from planner.kr.task import Task
    from planner.search.protocol import Search

__all__ = ["Ablation", "Bounds", "Entrant", "Trial", "ablate", "compete", "render_ablations"]


@dataclass(frozen=True, slots=True)
class Entrant:
    """One search with its guide.

    Attributes:
        prepare: brings a task into the form it needs, such as with learned rules; ``None`` takes
            the task as it is.
        divides: whether the search asks how much it may spend, and divides it.
    """

    search: Search
    guide: Guide
    prepare: Callable[[Task], Task] | None = None
    divides: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """Expansions, and CPU seconds without grounding; a run ends once it has spent both."""

    expansions: int
    cpu_s: float

    def meter(self, bound: str, clock: Clock | None) -> Meter:
        """What bounds a run: ``expansions``, ``seconds``, or the later of both."""
        if bound == "expansions":
            return Meter(Limits(expansions=self.expansions), clock)
        if bound == "seconds":
            return Meter(Limits(cpu_s=self.cpu_s), clock)
        return _LaterOfTwo(self, clock)


@dataclass(frozen=True, slots=True)
class Trial:
    """One entrant on one task.

    Attributes:
        task: number of the task.
        size: its objects.
        steps: the plan, ``None`` when none was found before the run ended.
        cost: of the plan, in the unit of the space's costs.
        cpu_s: of binding the guide and searching.
        space: where the steps have these numbers; ``None`` where any space of the task will do, as
            grounding numbers them.
        bound: ``expansions`` or ``seconds`` where that was the limit of the run, else ``""``.
    """

    entrant: str
    task: int
    size: int
    seed: int
    steps: tuple[int, ...] | None
    cost: int
    expanded: int
    cpu_s: float
    space: StepSpace | None = None
    bound: str = ""

    def is_within_expansions(self, bounds: Bounds) -> bool:
        """Whether a plan was found within the expansions, in a run that these may bound."""
        counts = self.steps is not None and self.bound != "seconds"
        return counts and self.expanded <= bounds.expansions

    def is_within_seconds(self, bounds: Bounds) -> bool:
        """Whether a plan was found within the seconds, in a run that these may bound."""
        counts = self.steps is not None and self.bound != "expansions"
        return counts and self.cpu_s <= bounds.cpu_s

    def is_within_either(self, bounds: Bounds) -> bool:
        """Whether a plan was found within the expansions or within the seconds."""
        return self.is_within_expansions(bounds) or self.is_within_seconds(bounds)


class _LaterOfTwo(Meter):
    """Stops a run when its expansions and its seconds are both spent."""

    def __init__(self, bounds: Bounds, clock: Clock | None) -> None:
        super().__init__(clock=clock)
        self._bounds = bounds

    def exceeded(self) -> str:
        """As `Meter.exceeded`."""
        bounds = self._bounds
        if self.expanded >= bounds.expansions and self.cpu_s >= bounds.cpu_s:
            return "expansions"
        return super().exceeded()


def compete(
    tasks: Sequence[Task],
    entrants: Mapping[str, Entrant],
    bounds: Bounds,
    space_of: Callable[[Task], StepSpace],
    seed: int = 0,
    clock: Clock | None = None,
) -> Iterator[Trial]:
    """Run each entrant on each task, in the order given."""
    for number, task in enumerate(tasks):
        plain = space_of(task)
        for name, entrant in entrants.items():
            space = plain if entrant.prepare is None else space_of(entrant.prepare(task))
            for bound in ("expansions", "seconds") if entrant.divides else ("",):
                meter = bounds.meter(bound, clock)
                outcome = entrant.search.run(space, entrant.guide, meter, seed=seed)
                yield Trial(
                    name,
                    number,
                    len(task.objects),
                    seed,
                    outcome.steps,
                    outcome.cost or 0,
                    outcome.expanded,
                    meter.cpu_s,
                    None if isinstance(space, GroundSpace) else space,
                    bound,
                )


@dataclass(frozen=True, slots=True)
class Ablation:
    """How one entrant fared.

    Attributes:
        tasks: trials, over all seeds.
        at_expansions, at_cpu_s: share solved within each bound, with its interval.
        expanded: geometric mean of the expansions over the tasks that it solved within either.
        length: mean plan length over these; 0 when there are none, as in the other means.
        ratio: geometric mean of plan cost over the best known, over these.
        cpu_s: mean CPU seconds of a task.
    """

    guide: str
    tasks: int
    at_expansions: Interval
    at_cpu_s: Interval
    expanded: float
    length: float
    ratio: float
    cpu_s: float


def ablate(
    trials: Sequence[Trial],
    bounds: Bounds,
    best: Mapping[tuple[int, int], int],
    seed: int = 0,
    *,
    repeated: bool = False,
) -> list[Ablation]:
    """A row for each entrant, in the order of their first trials.

    Args:
        trials: all of them.
        bounds: what they ran under.
        best: cost of the best plan known, by (seed, task).
        seed: draws the resamples behind the intervals.
        repeated: whether each seed has the same tasks, so that a task's runs belong together.
    """
    rows = []
    for name in dict.fromkeys(trial.entrant for trial in trials):
        own = [trial for trial in trials if trial.entrant == name]
        by_work = [t for t in own if t.bound != "seconds"]
        by_time = [t for t in own if t.bound != "expansions"]
        within = [t for t in own if t.is_within_either(bounds)]
        # A task that was solved in both of two runs counts once.
        solved = list({(t.seed, t.task): t for t in reversed(within)}.values())
        rows.append(
            Ablation(
                name,
                len({(t.seed, t.task) for t in own}),
                share_interval(
                    [t.is_within_expansions(bounds) for t in by_work],
                    seed,
                    [t.task for t in by_work] if repeated else None,
                ),
                share_interval(
                    [t.is_within_seconds(bounds) for t in by_time],
                    seed,
                    [t.task for t in by_time] if repeated else None,
                ),
                _geometric(max(1, t.expanded) for t in solved),
                sum(len(t.steps or ()) for t in solved) / max(1, len(solved)),
                _geometric((t.cost + 1e-9) / (best[t.seed, t.task] + 1e-9) for t in solved),
                sum(t.cpu_s for t in own) / max(1, len(own)),
            )
        )
    return rows


def _geometric(values: Iterator[float]) -> float:
    found = [math.log(value) for value in values]
    return math.exp(sum(found) / len(found)) if found else 0.0


def render_ablations(rows: Sequence[Ablation], bounds: Bounds) -> str:
    """A table for a person; shares are percent with their 95 % intervals."""
    work, time = f"at {bounds.expansions:,} exp.", f"at {bounds.cpu_s:g} CPU s"
    lines = [
        f"{'guide':<18} {work:>18} {time:>18} {'expansions':>10} {'length':>7} "
        f"{'cost/best':>9} {'CPU s':>7}"
    ]
    lines += [
        f"{row.guide:<18} {row.at_expansions!s:>18} {row.at_cpu_s!s:>18} {row.expanded:>10.1f} "
        f"{row.length:>7.1f} {row.ratio:>9.2f} {row.cpu_s:>7.2f}"
        for row in rows
    ]
    return "\n".join(lines)
