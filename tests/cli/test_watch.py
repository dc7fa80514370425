"""What cuts off work that heeds no limit."""

from __future__ import annotations

import gc
import signal
import sys
import time
from types import SimpleNamespace

import pytest

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
