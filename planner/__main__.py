"""``python -m planner`` is the command line, interruptible before anything else is imported."""

import signal
import sys

__all__ = ["run"]


def run() -> None:
    """Run the command line; a signal that comes while it is still being imported is answered."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from planner.cli import main

        main()
    except KeyboardInterrupt as interrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        from planner.cli.failure import report_failure

        sys.exit(report_failure(interrupt, sys.argv[1:]))


if __name__ == "__main__":
    run()
