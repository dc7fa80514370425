"""Run several searches of one task at once, and end them when one has won.

Without improvement the first valid plan wins, and of those that come at the same moment that of the
search named first. With improvement the best plan so far is told of, all processes know its cost,
and all end when it is proved cheapest: by one of them, or because none can be cheaper than what
another has proved of all plans. Unsolvability proved by one ends all.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planner.errors import UnsupportedError
from planner.portfolio.board import Board
from planner.portfolio.verdict import Told, verdict
from planner.portfolio.wire import decode_error, decode_plan, decode_result
from planner.portfolio.worker import Lifeline, start
from planner.search.limits import Limits, resident_mb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from planner.kr.task import Task
    from planner.plan import Plan
    from planner.portfolio.members import Member
    from planner.portfolio.worker import Worker
    from planner.result import Result
    from planner.search.limits import Meter

__all__ = ["Course", "race"]

_LOOK_EVERY_S = 0.05
_GRACE_S = 0.25
"""Wall seconds that processes have for ending by themselves, once asked to."""

_OVERDRAFT = 1.04
"""By how much a process may exceed its share of memory before it is ended: it looks itself, but not
in the middle of everything."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is run.

    Attributes:
        members: the searches, in the order that decides between equals.
        jobs: how many run at the same time, at least one; the others begin when one of them ends
            in vain.
        run: solves the task as a member says, within a meter, and tells of plans.
        improve: whether better plans are looked for after the first.
        on_plan: told of the first plan, and of each better one.
    """

    task: Task
    members: Sequence[Member]
    jobs: int
    run: Callable[[int, Member, Meter, Callable[[Plan], None]], Result]
    improve: bool = False
    on_plan: Callable[[Plan], None] | None = None


def race(course: Course, meter: Meter, load_s: float) -> tuple[int, Result]:
    """The number of the search that decided, and the result of all together.

    CPU seconds are those of all processes. The memory is divided among those that run at a time,
    expansions and model calls among all.

    Raises:
        UnsupportedError: where the system cannot fork.
        PlannerError: when every search fails, as the first of them does.
    """
    if not hasattr(os, "fork"):
        raise UnsupportedError("a portfolio needs processes that fork, which this system has not")
    running = _Race(course, meter)
    try:
        running.run()
    finally:
        running.close()
    return verdict(running.told, course.task, course.members, meter, load_s)


class _Race:
    """The processes, and what they have told."""

    def __init__(self, course: Course, meter: Meter) -> None:
        self.told = Told(tuple(str(member) for member in course.members))
        self._course, self._meter = course, meter
        self._board, self._lifeline = Board(), Lifeline()
        self._selector = selectors.DefaultSelector()
        self._waiting = list(enumerate(course.members))[::-1]
        self._workers: list[Worker] = []

    def run(self) -> None:
        """Until one has won, all have ended, or a limit is met."""
        while not self._is_over():
            self.told.reason = self._exceeded()
            if self.told.reason:
                self._stop()
                return
            while self._waiting and len(self._running()) < self._course.jobs:
                self._start()
            self._selector.select(_LOOK_EVERY_S)
            self._listen()

    def close(self) -> None:
        """End what still runs."""
        for worker in self._workers:
            worker.end()
            self.told.cpu_s += worker.cpu_s
            self.told.peak_mb += worker.peak_mb
        self._selector.close()
        self._lifeline.close()
        self._board.close()

    def _running(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.is_running]

    def _start(self) -> None:
        number, member = self._waiting.pop()
        course = self._course

        def work(meter: Meter, tell: Callable[[Plan], None]) -> Result:
            return course.run(number, member, meter, tell)

        worker = start(number, work, self._share(), self._board, self._lifeline)
        self._workers.append(worker)
        self._selector.register(worker.pipe, selectors.EVENT_READ)

    def _share(self) -> Limits:
        """The limits of the next process."""
        left, course = self._meter.left(), self._course
        places = min(course.jobs, len(course.members))
        memory = left.memory_mb
        return Limits(
            left.time_s,
            None if left.cpu_s is None else max(0.0, left.cpu_s - self._children_cpu_s()),
            None if memory is None else max(1.0, (memory - resident_mb()) / places),
            None if left.expansions is None else left.expansions // len(course.members),
            None if left.model_calls is None else left.model_calls // len(course.members),
        )

    def _listen(self) -> None:
        """Take in what has been said, in the order of the searches."""
        for worker in sorted(self._running(), key=lambda worker: worker.number):
            if not worker.is_running:  # ended because of what another has just said
                continue
            for message in worker.read():
                self._take(worker.number, message)
            if worker.code is not None:
                self._selector.unregister(worker.pipe)
                self.told.codes[worker.number] = worker.code

    def _take(self, number: int, message: dict[str, Any]) -> None:
        told = self.told
        if "plan" in message:
            self._offer(number, decode_plan(message["plan"]))
        elif "bound" in message:
            told.prove(message["bound"])
        elif "error" in message:
            told.errors[number] = decode_error(message["error"])
        else:
            result = decode_result(self._course.task, message["result"])
            told.results[number] = result
            if result.lower_bound is not None:
                told.prove(result.lower_bound)
            if result.plan is not None:
                self._offer(number, result.plan)

    def _offer(self, number: int, plan: Plan) -> None:
        """Keep a plan that is better than those before; the first wins unless improvement is
        wanted."""
        told = self.told
        if told.plan is not None:
            if not self._course.improve and number != told.winner:
                return
            if (plan.cost, len(plan)) >= (told.plan.cost, len(told.plan)):
                return
        told.plan, told.winner = plan, number
        self._board.post(plan.cost)
        if self._course.on_plan is not None:
            self._course.on_plan(plan)
        if not self._course.improve:
            self._waiting.clear()
            for worker in self._running():
                if worker.number != number:
                    self._selector.unregister(worker.pipe)
                    worker.end()

    def _is_over(self) -> bool:
        told = self.told
        if told.is_settled(improve=self._course.improve):
            return True
        return bool(self._workers) and not self._running() and not self._waiting

    def _exceeded(self) -> str:
        """The reason to stop all."""
        reason = self._meter.exceeded()
        cpu_s = self._meter.left().cpu_s
        if not reason and cpu_s is not None and self._children_cpu_s() >= cpu_s:
            reason = "time"
        for worker in () if reason else self._running():
            share = worker.memory_mb
            if share is not None and worker.resident_mb() > _OVERDRAFT * share:
                self.told.outgrown.add(worker.number)
                worker.send(signal.SIGKILL)
        return reason

    def _children_cpu_s(self) -> float:
        return sum(worker.cpu_so_far() for worker in self._workers)

    def _stop(self) -> None:
        """Ask all to end, and wait a moment for what they have to say."""
        until = time.monotonic() + _GRACE_S
        for worker in self._running():
            worker.send(signal.SIGTERM)
        while self._running() and time.monotonic() < until:
            self._selector.select(_GRACE_S / 5)
            self._listen()
