"""Solve one task by several searches at once."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from planner.errors import InputError
from planner.portfolio import is_portfolio
from planner.portfolio.members import Member, choose_members, parse_members
from planner.portfolio.race import Course, race
from planner.search.registry import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.interfaces import Guide, StepModel
    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.result import Result
    from planner.search.limits import Meter
    from planner.search.protocol import Search

__all__ = ["Wanted", "solve_together"]

_AT_ONCE = 2
"""Processes where neither a number nor a list of searches is given."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller of `planner.solve` said.

    Attributes:
        search, guide, seed: of the first search; or the search names them all.
        jobs: processes at a time, ``None`` for one a search.
        has_model: whether a step model guides the first search.
        improve: whether better plans are looked for after the first.
        on_plan: told of the first plan, and of each better one.
        trace: file that receives the record of the search that found the plan.
    """

    search: Search | str
    guide: Guide | StepModel | str | None
    seed: int
    jobs: int | None
    has_model: bool
    improve: bool
    on_plan: Callable[[Plan], None] | None
    trace: str | Path | None


def solve_together(
    task: Task, wanted: Wanted, alone: Callable[..., Result], meter: Meter, load_s: float
) -> Result:
    """The result of several searches in processes of their own; ``alone`` is `planner.solve` with
    all that they have in common.

    Raises:
        InputError: for names that do not exist, and less than one job.
        PlannerError: when all searches fail.
    """
    members = _members(task, wanted)
    jobs = len(members) if wanted.jobs is None else wanted.jobs
    if jobs < 1:
        raise InputError(f"there must be at least one job, not {jobs}")
    with _records(wanted.trace) as records:

        def run(number: int, member: Member, own: Meter, tell: Callable[[Plan], None]) -> Result:
            return alone(
                search=member.search,
                guide=member.guide,
                seed=member.seed,
                meter=own,
                on_plan=tell,
                trace=records.place(number),
            )

        course = Course(task, members, jobs, run, wanted.improve, wanted.on_plan)
        number, result = race(course, meter, load_s)
        records.keep(number)
    return result


def _members(task: Task, wanted: Wanted) -> tuple[Member, ...]:
    first = Member(wanted.search, wanted.guide, wanted.seed)
    # A mistake must not be hidden by the searches that are added.
    check_names("auto" if is_portfolio(wanted.search) else wanted.search, wanted.guide)
    if is_portfolio(wanted.search):
        listed = parse_members(str(wanted.search), first)
        if listed:
            return listed
        first = Member("auto", wanted.guide, wanted.seed)
    count = _AT_ONCE if wanted.jobs is None else wanted.jobs
    return choose_members(task, first, count, has_model=wanted.has_model, improve=wanted.improve)


class _Records:
    """A record of each search in a folder of its own, of which one is kept."""

    def __init__(self, place: Path | None, folder: Path) -> None:
        self._place, self._folder = place, folder

    def place(self, number: int) -> Path | None:
        """Where a search writes its record."""
        return None if self._place is None else self._folder / f"{number}.jsonl"

    def keep(self, number: int) -> None:
        """Put the record of a search where it was asked for."""
        record = self.place(number)
        if record is None or self._place is None or not record.exists():
            return
        if self._place.exists() and not self._place.is_file():  # a device or a pipe
            with record.open("rb") as source, self._place.open("wb") as target:
                shutil.copyfileobj(source, target)
        else:
            draft = self._place.with_name(f".{self._place.name}.part")
            shutil.copyfile(record, draft)
            draft.replace(self._place)


@contextmanager
def _records(place: str | Path | None) -> Iterator[_Records]:
    if place is None:
        yield _Records(None, Path())
        return
    with tempfile.TemporaryDirectory(prefix="planner-traces-") as folder:
        yield _Records(Path(place), Path(folder))
