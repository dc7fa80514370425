"""``python -m planner`` is the command line, interruptible before anything else is imported."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["run"]


def run() -> None:
    """Run the command line; a signal that comes while it is still being imported is answered."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if hasattr(signal, "setitimer"):  # not on Windows
        sys.unraisablehook = _raise_again
    try:
        from planner.cli import main

        main()
    except KeyboardInterrupt as interrupt:
        # An interrupt that was lost may still be on its way again.
        again = (signal.SIGALRM,) if hasattr(signal, "SIGALRM") else ()
        for number in (signal.SIGINT, signal.SIGTERM, *again):
            signal.signal(number, signal.SIG_IGN)
        from planner.cli.failure import report_failure

        sys.exit(report_failure(interrupt, sys.argv[1:]))


def _raise_again(unraisable: UnraisableHookArgs) -> None:
    """Interrupt again a moment after an interrupt was lost where Python cannot raise: a callback of
    the import system, or of compiled code."""
    if unraisable.exc_type is KeyboardInterrupt:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
    else:
        sys.__unraisablehook__(unraisable)


if __name__ == "__main__":
    run()
