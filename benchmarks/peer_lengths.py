"""The shortest plans that others found for development tasks of the learning track.

``peer_lengths.csv`` has the length of the plan of Fast Downward's LAMA-first and of Kairos, or
nothing where they found none within the CPU seconds beside it, as

    python -m benchmarks.planning --limit 60 --set all --configs fd-lama-first,kairos --only lt-

prints them (runs that succeeded within 10 s were not repeated at 60), and the best of the
prototypes' figures on these tasks, greedy walks and searches with relational step models. A plan
is measured against the shortest of these and of the benchmark folder's reference, except in
satellite, whose references are hundreds of times too long.
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.common import BENCHMARKS

__all__ = ["best_lengths"]

PEERS = Path(__file__).with_name("peer_lengths.csv")
NO_REFERENCE = "lt-satellite/"
COLUMNS = ("fd-lama-first", "kairos", "prototypes")


def best_lengths() -> dict[str, tuple[int, str]]:
    """The shortest length known and whose it is, by ``DOMAIN/TASK.pddl``; ties to the first."""
    found: dict[str, list[tuple[int, str]]] = {}
    manifest = BENCHMARKS / "pddl" / "MANIFEST.csv"
    for row in _rows(manifest) if manifest.is_file() else ():
        if row["reference_cost"] and not row["file"].startswith(NO_REFERENCE):
            found[row["file"]] = [(round(float(row["reference_cost"])), "reference")]
    for row in _rows(PEERS):
        own = found.setdefault(row["task"], [])
        own += [(int(row[name]), name) for name in COLUMNS if row[name]]
    return {task: min(own, key=lambda one: one[0]) for task, own in found.items() if own}


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
