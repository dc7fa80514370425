"""A process that does one search, and what its parent knows of it.

The process is forked: it begins with the task, the guides and the compiled kernels that its parent
has in memory, and whatever a user's own program made. It writes what it finds into a pipe, a JSON
document a line. A second pipe, which the parent holds open and never writes to, ends with the
parent however that dies; a thread that reads it then ends the process, so that none is left over.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from planner.errors import PlannerError
from planner.portfolio.wire import encode_error, encode_plan, encode_result
from planner.search.limits import Meter

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.plan import Plan
    from planner.portfolio.board import Board
    from planner.result import Result
    from planner.search.limits import Limits

    Work: TypeAlias = Callable[[Meter, Callable[[Plan], None]], Result]
    """Solves within the limits of a meter, and tells of each plan."""

__all__ = ["Lifeline", "Worker", "start"]

_TELL_EVERY_S = 0.05
"""Wall seconds between two bounds that are told."""

_READ_BYTES = 1 << 16


class Lifeline:
    """A pipe that ends when this process does."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()

    def close(self) -> None:
        """Let go of both ends."""
        os.close(self._reading)
        os.close(self._writing)

    def hold(self) -> None:
        """In a forked process: end when the parent does."""
        os.close(self._writing)
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while os.read(self._reading, 1):
            pass
        os._exit(1)


@dataclass(slots=True)
class Worker:
    """A child process.

    Attributes:
        number: its place in the order of the searches.
        memory_mb: its share of the memory.
        found: the last plan it told of.
        ending: its result or error, once told.
        cpu_s, peak_mb: what it took in all, once it is over.
        code: its exit code, negative for a signal, once it is over.
    """

    number: int
    pid: int
    pipe: int
    memory_mb: float | None
    started_at: float = field(default_factory=time.monotonic)
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    code: int | None = None
    _rest: bytes = b""

    @property
    def is_running(self) -> bool:
        """Whether it has not been reaped."""
        return self.code is None

    def read(self) -> list[dict[str, Any]]:
        """The whole messages there are; at their end the process is reaped."""
        parts = [self._rest]
        while self.is_running:
            try:
                part = os.read(self.pipe, _READ_BYTES)
            except BlockingIOError:
                break
            if not part:
                self._reap()
                break
            parts.append(part)
        *lines, self._rest = b"".join(parts).split(b"\n")
        return [json.loads(line) for line in lines]

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it is over."""
        if self.is_running:
            os.kill(self.pid, number)

    def end(self) -> None:
        """End it at once."""
        if self.is_running:
            self.send(signal.SIGKILL)
            self._reap()

    def cpu_so_far(self) -> float:
        """CPU seconds it has taken; where the system does not tell, all the time it has run."""
        if not self.is_running:
            return self.cpu_s
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return time.monotonic() - self.started_at
        fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Its resident set in megabytes, 0 where the system does not tell."""
        statm = Path(f"/proc/{self.pid}/statm")
        if not self.is_running or not statm.exists():
            return 0.0
        fields = statm.read_bytes().split()
        return int(fields[1]) * resource.getpagesize() / 2**20

    def _reap(self) -> None:
        _, status, usage = os.wait4(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
        os.close(self.pipe)


def start(
    number: int,
    work: Work,
    limits: Limits,
    board: Board,
    lifeline: Lifeline,
) -> Worker:
    """Fork a process that works within limits of its own."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _live(work, limits, board, lifeline, writing)
    os.close(writing)
    os.set_blocking(reading, False)
    return Worker(number, pid, reading, limits.memory_mb)


def _live(
    work: Work,
    limits: Limits,
    board: Board,
    lifeline: Lifeline,
    pipe: int,
) -> NoReturn:
    """What the child does; nothing of its parent's is unwound or flushed by it."""
    code = 70
    try:
        # Ctrl-C reaches all processes of a terminal; it is the parent's to answer.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        lifeline.hold()
        meter = Meter(limits)
        signal.signal(signal.SIGTERM, lambda *_: meter.interrupt())
        tell = _Telling(pipe, board)
        meter.incumbent = tell
        try:
            result = work(meter, tell.plan)
        except PlannerError as error:
            tell.send({"error": encode_error(error)})
        else:
            tell.send({"result": encode_result(result)})
        code = 0
    except BaseException:
        # The top of a process: a defect must neither unwind into the parent's code nor be silent.
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


class _Telling:
    """What the child says, and the board it reads: an `Incumbent`."""

    def __init__(self, pipe: int, board: Board) -> None:
        self._pipe, self._board = pipe, board
        self._bound = Fraction(0)
        self._due_at = 0.0

    def send(self, message: dict[str, Any]) -> None:
        """Write a message; a reader that is slow is waited for."""
        rest = memoryview(json.dumps(message).encode() + b"\n")
        while rest:
            rest = rest[os.write(self._pipe, rest) :]

    def plan(self, plan: Plan) -> None:
        """Tell of a plan."""
        self.send({"plan": encode_plan(plan)})

    def cost(self) -> Fraction | None:
        """The cost of the best plan anybody has found."""
        return self._board.cost()

    def prove(self, bound: Fraction) -> None:
        """Tell of a larger lower bound, not more often than is of use."""
        now = time.monotonic()
        if bound > self._bound and now >= self._due_at:
            self._bound, self._due_at = bound, now + _TELL_EVERY_S
            self.send({"bound": str(bound)})
