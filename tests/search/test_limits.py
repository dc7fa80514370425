"""Looking at the limits."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from planner.search.limits import Limits, Meter
before = set(sys.modules)
Meter(Limits(cpu_s=1, time_s=1, memory_mb=1000, expansions=1)).exceeded()
print(sorted(set(sys.modules) - before))
"""


def test_looking_at_limits_imports_nothing():
    # Given a fresh process; signal handlers look while other modules are being imported, and
    # CPython loses the lock of an import that a handler's own import interrupts
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )

    # Then looking imports nothing
    assert done.stdout.strip() == "[]"
