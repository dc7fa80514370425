"""What several searches have said together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from planner.errors import PlannerError
from planner.result import Result
from planner.search.limits import peak_memory_mb
from planner.search.result import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.portfolio.members import Member
    from planner.search.limits import Meter

__all__ = ["Told", "verdict"]


@dataclass(slots=True)
class Told:
    """What is known so far.

    Attributes:
        names: of the searches.
        plan: the best plan, found by the search ``winner``.
        reason: the limit that ended all, or ``""``.
        results, errors, codes: how searches ended by themselves, by number; codes are exit codes.
        outgrown: those that were ended for their memory.
        lower_bound: no plan costs less.
        cpu_s, peak_mb: what the processes took, once they are over.
    """

    names: tuple[str, ...]
    plan: Plan | None = None
    winner: int = -1
    reason: str = ""
    results: dict[int, Result] = field(default_factory=dict)
    errors: dict[int, PlannerError] = field(default_factory=dict)
    codes: dict[int, int] = field(default_factory=dict)
    outgrown: set[int] = field(default_factory=set)
    lower_bound: Fraction | None = None
    cpu_s: float = 0.0
    peak_mb: float = 0.0

    def prove(self, bound: Fraction | str) -> None:
        """Note what plans cost at least."""
        self.lower_bound = max(self.lower_bound or Fraction(0), Fraction(bound))

    @property
    def is_cheapest(self) -> bool:
        """Whether no plan is cheaper than the best one."""
        if self.plan is None:
            return False
        proved = self.lower_bound is not None and self.plan.cost <= self.lower_bound
        return proved or any(result.optimal for result in self.results.values())

    def is_settled(self, *, improve: bool) -> bool:
        """Whether there is nothing left to find out."""
        if any(result.status is Status.UNSOLVABLE for result in self.results.values()):
            return True
        return self.is_cheapest if improve else self.winner in self.results


def verdict(
    told: Told, task: Task, members: Sequence[Member], meter: Meter, load_s: float
) -> tuple[int, Result]:
    """The number of the search that decided, and the one result of all: counts are those of that
    search, CPU seconds and memory those of all processes.

    Raises:
        PlannerError: when there is no result at all, but a mistake or a defect.
    """
    number, result = _deciding(told, task, members)
    seed = members[number].seed
    spent = replace(
        result.statistics,
        load_s=load_s,
        total_s=load_s + meter.cpu_s + told.cpu_s,
        peak_memory_mb=peak_memory_mb() + told.peak_mb,
    )
    result = replace(
        result,
        search=f"{result.search or members[number]} (search {number + 1} of {len(members)})",
        seed=seed,
        statistics=spent,
        notes=(*result.notes, _account(told, number)),
    )
    if told.plan is None or result.status is Status.UNSOLVABLE:
        return number, result
    complete = told.is_cheapest or (result.complete and not told.reason)
    bound = told.plan.cost if told.is_cheapest else told.lower_bound
    return number, replace(
        result,
        status=Status.SOLVED,
        plan=told.plan,
        complete=complete,
        reason="" if complete else told.reason or result.reason,
        optimal=told.is_cheapest,
        lower_bound=bound,
    )


def _deciding(told: Told, task: Task, members: Sequence[Member]) -> tuple[int, Result]:
    """The search whose result is that of all."""
    results = sorted(told.results.items())
    for number, result in results:
        if result.status is Status.UNSOLVABLE:
            return number, result
    if told.plan is not None:
        # A process that was stopped may have told of a plan and of nothing else.
        known = told.results.get(told.winner)
        return told.winner, known or Result(task, Status.SOLVED, told.plan)
    if told.reason:
        number, result = results[0] if results else (0, Result(task, Status.LIMIT))
        return number, replace(result, status=Status.LIMIT, reason=told.reason)
    for number, result in results:
        if result.status is Status.LIMIT:
            return number, result
    if told.outgrown:
        return min(told.outgrown), Result(task, Status.LIMIT, reason="memory")
    if results:
        return results[0]
    if told.errors:
        raise told.errors[min(told.errors)]
    endings = [f"search {n + 1} ({members[n]}): {_ending(code)}" for n, code in told.codes.items()]
    raise PlannerError(f"every process of the portfolio died: {'; '.join(endings)}")


def _account(told: Told, deciding: int) -> str:
    """How each search ended, in a line."""
    parts = []
    for number, name in enumerate(told.names):
        result = told.results.get(number)
        if number == deciding and told.plan is not None:
            how = "found the plan"
        elif number in told.outgrown:
            how = "exceeded its share of memory"
        elif number in told.errors:
            how = str(told.errors[number]).partition("\n")[0]
        elif result is not None:
            how = result.status.value if result.plan is None else "found a plan that costs more"
        else:
            how = _ending(told.codes[number]) if told.codes.get(number) else "stopped"
        parts.append(f"{number + 1} {name}: {how}")
    return "searches: " + "; ".join(parts)


def _ending(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
