"""Bounds of a search, and the meter that watches them.

Time is wall time and CPU time of this process, memory its resident set; a meter is asked between
expansions, or after each kernel call of at most 0.1 s.
"""

from __future__ import annotations

import math
import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from planner.interfaces import Clock
    from planner.search.incumbent import Incumbent

__all__ = ["Limits", "Meter", "SystemClock", "next_share", "peak_memory_mb", "resident_mb"]

_Number = TypeVar("_Number", int, float)

_MEMORY_EVERY_S = 0.01
"""Wall seconds after which the resident set is looked at again."""

_SHARE_S = 0.04
"""CPU seconds that one call of a kernel aims for; a tenth of a second is the promise."""

_LEAST_SHARE, _LARGEST_SHARE = 1_000, 50_000_000
"""Steps of work in such a call, of a nanosecond or two each."""

_CPU_EVERY_S = 0.01
"""Wall seconds after which CPU time is looked at again, less where little is left.

Both are system calls, which a search of cheap states would make more often than anything else; the
wall clock is none.
"""


_CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one run; ``None`` is no bound.

    Attributes:
        time_s: wall seconds.
        cpu_s: CPU seconds of the process, from the start of the run.
        memory_mb: resident megabytes (2**20 bytes) of the process.
        expansions: states expanded.
        model_calls: states a step model may judge.
    """

    time_s: float | None = None
    cpu_s: float | None = None
    memory_mb: float | None = None
    expansions: int | None = None
    model_calls: int | None = None


class SystemClock:
    """The machine's clocks."""

    def wall(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def cpu(self) -> float:
        """CPU seconds of this process, user and system."""
        return time.process_time()


class Meter:
    """Watches limits during a run. `interrupt` may be called from a signal handler.

    Args:
        spent_s: wall and CPU seconds that count towards the limits although they were spent before
            the meter was made, such as the start of the process.

    Attributes:
        incumbent: what searches of the same task in other processes have found, if there are any.
    """

    incumbent: Incumbent | None = None

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Clock | None = None,
        *,
        spent_s: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.limits = limits or Limits()
        self.clock: Clock = clock or SystemClock()
        self.expanded = 0
        self.model_calls = 0
        self.model_s = 0.0
        self._spent_wall_s, self._spent_cpu_s = spent_s
        self._wall0 = self.clock.wall()
        self._cpu0 = self.clock.cpu()
        self._interrupted = False
        self._memory_exceeded = False
        self._memory_seen_at = -math.inf
        self._cpu_due_at = -math.inf
        self._cpu_exceeded = False

    def begin(self) -> None:
        """Count `cpu_s` and `wall_s` from now on; what was spent stays within the limits."""
        self._spent_wall_s += self.wall_s
        self._spent_cpu_s += self.cpu_s
        self._wall0 = self.clock.wall()
        self._cpu0 = self.clock.cpu()

    def interrupt(self) -> None:
        """Ask the run to stop at its next check."""
        self._interrupted = True

    @property
    def cpu_s(self) -> float:
        """CPU seconds since the meter was made, or since `begin`."""
        return self.clock.cpu() - self._cpu0

    @property
    def wall_s(self) -> float:
        """Wall seconds since the meter was made, or since `begin`."""
        return self.clock.wall() - self._wall0

    def exceeded(self) -> str:
        """The reason to stop now as `planner.search.result.Outcome` names it, or ``""``."""
        limits = self.limits
        if self._interrupted:
            return "interrupt"
        if limits.expansions is not None and self.expanded >= limits.expansions:
            return "expansions"
        if limits.model_calls is not None and self.model_calls >= limits.model_calls:
            return "model_calls"
        if limits.time_s is not None and self._spent_wall_s + self.wall_s >= limits.time_s:
            return "time"
        if limits.cpu_s is not None and self._is_cpu_spent(limits.cpu_s):
            return "time"
        if limits.memory_mb is not None and self._is_memory_due():
            self._memory_exceeded = resident_mb() > limits.memory_mb
        return "memory" if self._memory_exceeded else ""

    def _is_cpu_spent(self, limit_s: float) -> bool:
        """Whether CPU time is over, looked at when it could be: it runs no faster than all cores
        together."""
        now = self.clock.wall()
        if now >= self._cpu_due_at and not self._cpu_exceeded:
            left = limit_s - self._spent_cpu_s - self.cpu_s
            self._cpu_exceeded = left <= 0
            self._cpu_due_at = now + min(_CPU_EVERY_S, left / _CORES)
        return self._cpu_exceeded

    def _is_memory_due(self) -> bool:
        """Whether to look at the resident set."""
        now = self.clock.wall()
        due = now - self._memory_seen_at >= _MEMORY_EVERY_S
        if due:
            self._memory_seen_at = now
        return due and not self._memory_exceeded

    def left(self) -> Limits:
        """What of the limits is not spent; memory is not spent but held."""
        limits = self.limits
        return Limits(
            _less(limits.time_s, self._spent_wall_s + self.wall_s),
            _less(limits.cpu_s, self._spent_cpu_s + self.cpu_s),
            limits.memory_mb,
            _less(limits.expansions, self.expanded),
            _less(limits.model_calls, self.model_calls),
        )

    def expansions_left(self, at_most: int) -> int:
        """How many expansions may still be made, at most ``at_most``."""
        if self.limits.expansions is None:
            return at_most
        return max(0, min(at_most, self.limits.expansions - self.expanded))


def _less(bound: _Number | None, spent: _Number) -> _Number | None:
    """What is left of a bound, at least nothing."""
    return None if bound is None else max(bound, spent) - spent


def resident_mb() -> float:
    """Resident set of this process in megabytes (the peak where the system has no better)."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        # Bytes, since a codec may have to be imported: a signal handler that asks while another
        # import goes on would break that one.
        pages = int(statm.read_bytes().split()[1])
        return pages * resource.getpagesize() / 2**20
    return peak_memory_mb()


def peak_memory_mb() -> float:
    """The largest resident set this process has had, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The unit of ru_maxrss is bytes on macOS and kilobytes elsewhere.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def next_share(share: int, spent_s: float) -> int:
    """How much work the next call of a kernel is given: scaled towards 0.04 s, at most fourfold.

    Args:
        share: what the last call was given, in steps of work.
        spent_s: the CPU seconds that it took.
    """
    factor = min(4.0, max(0.25, _SHARE_S / max(spent_s, 1e-4)))
    return int(min(_LARGEST_SHARE, max(_LEAST_SHARE, share * factor)))
