"""Reading and grounding beside Fast Downward's translator, in CPU seconds of whole processes.

    python -m benchmarks.grounding [--limit 10] [--only PART ...] [--from CSV ...]

Both processes start, read PDDL and ground; the translator also writes its file. Tasks are shown
where it takes more than a second; the last line has the median of the ratios over these. ``--from``
takes its seconds from files that ``benchmarks.planning`` wrote, and runs ours only. A task that
neither grounds within the limit has no ratio.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import median, run
from benchmarks.planning import instances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.planning import Instance

_SHORT_S = 1.0
_GROUND = """
import sys
from planner.io.pddl.load import load_pddl
from planner.search.limits import Limits, Meter
from planner.spaces.grounding import ground
task = ground(load_pddl(*sys.argv[1:3])[0], meter=Meter(Limits(cpu_s=float(sys.argv[3]))))
print(task.operator_count)
"""


def translated(instance: Instance, limit_s: float, folder: Path) -> float:
    """CPU seconds of the translator, at most about the limit."""
    domain, problem = instance.files
    command: list[str | Path] = [sys.executable, "-m", "fast_downward.translate", domain, problem]
    return run([*command, "--sas-file", folder / "out.sas"], cpu_s=limit_s, folder=folder).cpu_s


def grounded(instance: Instance, limit_s: float, folder: Path) -> tuple[float, float, str]:
    """CPU seconds and megabytes of ours, and the operators, or why there are none."""
    domain, problem = instance.files
    command: list[str | Path] = [sys.executable, "-c", _GROUND, domain, problem, str(limit_s)]
    usage = run(command, cpu_s=limit_s + 1, folder=folder)
    last = (usage.output.strip().splitlines() or [""])[-1]
    return usage.cpu_s, usage.rss_mb, last if usage.code == 0 else last[:40]


def known(files: Sequence[Path]) -> dict[tuple[str, str], float]:
    """Seconds of the translator by domain and instance, from earlier runs."""
    found = {}
    for file in files:
        with file.open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["config"].startswith("fd-"):
                    found[row["domain"], row["instance"]] = float(row["ground_s"])
    return found


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=float, default=10.0, help="CPU seconds a run")
    parser.add_argument("--only", nargs="*", default=(), help="parts of DOMAIN/INSTANCE")
    parser.add_argument("--from", nargs="*", default=(), dest="known", type=Path)
    options = parser.parse_args()
    earlier = known(options.known)
    ratios = []
    print(f"{'task':<50} {'ours':>7} {'peer':>7} {'ratio':>6} {'MB':>6}  operators")
    for instance in instances("all", options.only):
        key = (instance.domain, instance.name)
        if options.known and earlier.get(key, 0.0) <= _SHORT_S:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            peer = earlier.get(key) or translated(instance, options.limit, folder)
            if peer <= _SHORT_S:
                continue
            ours, rss_mb, operators = grounded(instance, options.limit, folder)
        if operators.isdigit() or peer < options.limit:
            ratios.append(ours / peer)
        print(
            f"{'/'.join(key):<50} {ours:>7.2f} {peer:>7.2f} {ours / peer:>6.2f} {rss_mb:>6.0f}  "
            f"{operators}",
            flush=True,
        )
    worst = max(ratios, default=float("nan"))
    print(f"median ratio {median(ratios):.3f} over {len(ratios)} tasks, worst {worst:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
