"""What cuts off work that heeds no limit."""

from __future__ import annotations

import gc
import signal
import sys
import time
from types import SimpleNamespace

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
