"""Signals and limits while a command works: a polite request first, then an end.

Searches, grounding and the engine ask their `planner.search.limits.Meter` whether to stop, and then
return the best they have. What cannot ask, such as reading a file or the compiling of a kernel, is
cut off a moment later.
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from sys import UnraisableHookArgs
    from types import FrameType

    from planner.search.limits import Meter

    _Hook = Callable[[UnraisableHookArgs], object]

__all__ = ["Overdue", "disarm", "end_politely", "watched"]

_LOOK_EVERY_S = 0.1
_AGAIN_S = 1.0
"""Wall seconds until work is cut off again, should the first time have been lost."""

_GRACE_CPU_S = 0.3
"""CPU seconds that work has for stopping by itself: what is found is also validated in them."""

_GRACE_WALL_S = 0.8
"""The same in wall seconds, for processes that wait more than they run."""

_CUTTING = ("interrupt", "memory", "time")


class Overdue(BaseException):
    """Raised in the main thread when work has not heeded a limit or a signal in time.

    No `Exception`, so that nothing on the way takes it for a failure of its own.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Watch:
    """Looks at a meter ten times a second, and ends what goes on for too long."""

    def __init__(self, meter: Meter, patient: bool) -> None:
        self._meter = meter
        self._grace_cpu_s = _GRACE_CPU_S if patient else 0.0
        self._grace_wall_s = _GRACE_WALL_S if patient else 0.0
        self._noticed: tuple[float, float] | None = None
        self.lost = ""
        self.is_over = False

    def look(self, number: int, frame: FrameType | None) -> None:
        """Handle the timer's signal."""
        if self.is_over:
            return
        reason = self._meter.exceeded()
        if reason not in _CUTTING:
            return
        wall, cpu = time.monotonic(), time.process_time()
        if self._noticed is None:
            self._noticed = wall, cpu
        since_wall, since_cpu = wall - self._noticed[0], cpu - self._noticed[1]
        is_late = since_cpu >= self._grace_cpu_s or since_wall >= self._grace_wall_s
        if is_late and _can_be_cut_off(frame):
            # What unwinds must not be cut off in its turn: the next look is a while away, in case
            # this one is lost.
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S, _LOOK_EVERY_S)
            raise Overdue(reason)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT or SIGTERM: ask once, and leave the next one to the system."""
        self._meter.interrupt()
        signal.signal(number, signal.SIG_DFL)


def _can_be_cut_off(frame: FrameType | None) -> bool:
    """Whether nothing is lost if an exception is raised in a frame.

    A context that is being left would stay open, and what traces the program, a debugger or the
    measuring of coverage, would keep its locks. Both are over before the next look.
    """
    if frame is not None and frame.f_globals.get("__name__") == "contextlib":
        return False
    tracer = sys.gettrace()
    # The type of a compiled tracer names its module, the tracer itself does not.
    tracing = _package(getattr(tracer, "__module__", None) or type(tracer).__module__)
    while tracer is not None and frame is not None:
        package = _package(frame.f_globals.get("__name__"))
        if package in (tracing, "planner"):
            return package != tracing
        frame = frame.f_back
    return True


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]


@contextmanager
def watched(meter: Meter, *, patient: bool = True) -> Iterator[None]:
    """Heed SIGINT, SIGTERM and the limits of a meter in what is run inside.

    Unless ``patient``, nothing that was found so far is of use, and work is cut off at once.

    Raises:
        Overdue: where work has not stopped by itself a moment after it should have.
    """
    watch = _Watch(meter, patient)
    handlers = {signal.SIGINT: watch.interrupt, signal.SIGTERM: watch.interrupt}
    if hasattr(signal, "setitimer"):  # not on Windows
        handlers[signal.SIGALRM] = watch.look
    shown, sys.unraisablehook = sys.unraisablehook, _unless_overdue(sys.unraisablehook, watch)
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        try:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, _LOOK_EVERY_S, _LOOK_EVERY_S)
            yield
        except Exception as error:
            # A callback that was cut off leaves its caller, a compiler, without its result.
            if watch.lost:
                raise Overdue(watch.lost) from error
            raise
        finally:
            watch.is_over = True
    finally:
        # Once more, should a look have come before the line above.
        watch.is_over = True
        disarm()
        for number, former in previous.items():
            signal.signal(number, former)
        sys.unraisablehook = shown


def disarm() -> None:
    """Look at no limit any more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def _unless_overdue(shown: Callable[[UnraisableHookArgs], object], watch: _Watch) -> _Hook:
    """A hook that does not show an `Overdue` which was raised where nothing can be raised.

    Such as in a call from compiled code; the next look, which is soon, raises it again.
    """

    def hook(unraisable: UnraisableHookArgs) -> object:
        if unraisable.exc_type is not Overdue:
            return shown(unraisable)
        watch.lost = str(unraisable.exc_value)
        signal.setitimer(signal.ITIMER_REAL, _LOOK_EVERY_S, _LOOK_EVERY_S)
        return None

    return hook


def end_politely(number: int, frame: FrameType | None) -> None:
    """Treat SIGTERM as Ctrl-C, so that files are closed and the exit code is the same."""
    raise KeyboardInterrupt
