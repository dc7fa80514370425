"""What cuts off work that heeds no limit."""

from __future__ import annotations

import gc
import signal
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

import planner.cli
from planner.cli.watch import Overdue, watched
from planner.search.limits import Limits, Meter

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs interval timers")


def wait(wall_s: float) -> None:
    end = time.monotonic() + wall_s
    while time.monotonic() < end:
        pass


def test_what_unwinds_is_not_cut_off_again():
    cleaned = []

    def work() -> None:
        try:
            wait(30)
        finally:
            wait(0.5)
            cleaned.append(True)

    with pytest.raises(Overdue), watched(Meter(Limits(cpu_s=0)), patient=False):
        work()

    assert cleaned
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_cut_that_is_lost_where_nothing_can_be_raised_is_made_again():
    class Careless:
        def __del__(self) -> None:
            wait(30)

    shown = sys.unraisablehook

    def work() -> None:
        Careless()
        gc.collect()
        wait(30)

    with pytest.raises(Overdue) as caught, watched(Meter(Limits(cpu_s=0)), patient=False):
        work()

    assert caught.value.reason == "time"
    assert sys.unraisablehook is shown


def test_what_fails_because_a_callback_was_cut_off_is_overdue() -> None:
    def misses_what_a_callback_was_to_make() -> None:
        # Overdue came in the callback, which cannot raise it
        sys.unraisablehook(SimpleNamespace(exc_type=Overdue, exc_value=Overdue("time")))
        raise RuntimeError("no compiled object yet")

    with pytest.raises(Overdue) as caught, watched(Meter()):
        misses_what_a_callback_was_to_make()

    assert caught.value.reason == "time"


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="defect"), watched(Meter()):
        raise RuntimeError("a defect")


def test_a_timer_that_was_left_behind_does_not_cut_off_what_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a command that a limit ended in the midst of its own clearing up.
    def leaves_the_timer(*_: object, **__: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 60.0, 0.1)
        raise Overdue("time")

    monkeypatch.setattr(planner.cli.cli, "main", leaves_the_timer)
    # When it is run.
    with pytest.raises(SystemExit) as end:
        planner.cli.main(["solve", "task.yaml"])
    # Then its limit is told, and nothing is left that could strike later.
    assert end.value.code == 23
    assert capsys.readouterr().err
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_was_watched_is_not_cut_off_afterwards() -> None:
    with watched(Meter(Limits(cpu_s=0))):
        look = signal.getsignal(signal.SIGALRM)

    assert callable(look)
    look(signal.SIGALRM, None)  # a signal on its way when the timer was stopped


def module_of(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def test_what_traces_the_program_is_not_cut_off() -> None:
    # Given a tracer that takes a lock for a while, as the measuring of coverage does.
    tracer = module_of(
        "measuring.tracer",
        "import time\n"
        "taken, failed = [], []\n"
        "def trace(frame, event, value):\n"
        "    if frame.f_code.co_name != 'work' or taken:\n"
        "        return\n"
        "    taken.append(True)\n"
        "    try:\n"
        "        end = time.monotonic() + 0.5\n"
        "        while time.monotonic() < end:\n"
        "            pass\n"
        "    except BaseException as error:\n"
        "        failed.append(error)\n",
    )

    def traced() -> None:
        sys.settrace(tracer.trace)
        work()

    def work() -> None:
        wait(30)

    # When a limit ends what is traced.
    before = sys.gettrace()
    try:
        with pytest.raises(Overdue), watched(Meter(Limits(cpu_s=0)), patient=False):
            traced()
    finally:
        sys.settrace(before)
    # Then the tracer had its time.
    assert tracer.taken
    assert not tracer.failed


def test_a_context_that_is_left_is_not_cut_off() -> None:
    # Given a limit that strikes while a context of the standard library is left.
    left = []
    leaving = module_of(
        "contextlib",
        "import time\n"
        "def leave(left):\n"
        "    end = time.monotonic() + 0.5\n"
        "    while time.monotonic() < end:\n"
        "        pass\n"
        "    left.append(True)\n",
    )

    def work() -> None:
        leaving.leave(left)
        wait(30)

    with pytest.raises(Overdue), watched(Meter(Limits(cpu_s=0)), patient=False):
        work()

    assert left
