"""The 1,000,000 random programs without pytest, for as long as there is time.

    python -m tests.differential.million [--start N] [--end N] [--log FILE]

Ends with 1 when a program came out differently. The log says how far it got.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.differential.comparison import differences

EVERY = 5_000


def main() -> None:
    """Compare the programs one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--end", type=int, default=1_000_000)
    parser.add_argument("--log", type=Path, default=Path("million.log"))
    options = parser.parse_args()
    wrong = 0
    with options.log.open("a", encoding="utf-8") as log:
        for seed in range(options.start, options.end):
            try:
                found = differences(seed)
            except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
                found = [f"seed {seed}: {type(error).__name__}: {error}"]
            wrong += len(found)
            for line in found:
                print(line, file=log, flush=True)
            if (seed + 1) % EVERY == 0:
                count = seed + 1 - options.start
                spent = f"{time.process_time():.0f} CPU s"
                print(f"{count:,} programs, {wrong} differences, {spent}", file=log, flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
