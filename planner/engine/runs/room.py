"""Memory: large arrays are asked for before they are made, and refused by name."""

from __future__ import annotations

import resource

from planner.errors import LimitError

__all__ = ["available_bytes", "require_room"]

# Smaller arrays are not asked for: looking at what is left takes some 20 microseconds.
_LARGE = 1 << 26
_UNBOUNDED = 1 << 62


def require_room(name: str, rows: int, size_bytes: int) -> None:
    """Make sure that an array for the rows of a predicate can be had.

    Raises:
        LimitError: where the machine, or the limit of the process, has not that much left.
    """
    if size_bytes < _LARGE:
        return
    left = available_bytes()
    if size_bytes > left:
        raise LimitError(
            f"`{name}` has {rows:,} rows so far and would take about {size_bytes >> 20:,} MB more "
            f"memory; {left >> 20:,} MB are left"
        )


def available_bytes() -> int:
    """What this process may still allocate; a very large number where the system does not say."""
    # Only large arrays need it.
    from pathlib import Path

    left = _UNBOUNDED
    bound, _ = resource.getrlimit(resource.RLIMIT_AS)
    statm = Path("/proc/self/statm")
    if bound != resource.RLIM_INFINITY and statm.exists():
        used = int(statm.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        left = max(0, bound - used)
    machine = Path("/proc/meminfo")
    if machine.exists():
        for line in machine.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                left = min(left, int(line.split()[1]) << 10)
    return left
