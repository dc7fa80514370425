"""What the benchmarks share: the data, and child processes under limits, in CPU seconds."""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = [
    "BENCHMARKS",
    "ROOT",
    "Usage",
    "generate_data",
    "median",
    "run",
    "task_generator",
]

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = Path(os.environ.get("PLANNER_BENCHMARKS", ROOT / "../shared/benchmarks")).resolve()


@dataclass(frozen=True)
class Usage:
    """What a child process and its own children took.

    Attributes:
        code: exit code, negative for a signal.
        output: standard output and error together.
        cpu_s: user and system seconds of the whole tree.
        rss_mb: largest resident set of any process of it.
    """

    code: int
    output: str
    cpu_s: float
    rss_mb: float


def run(
    command: Sequence[str | Path],
    *,
    cpu_s: float,
    memory_mb: float = 4096,
    folder: Path,
    stdin: Path | None = None,
) -> Usage:
    """Run a command with a bound on CPU seconds and address space of each of its processes."""

    def limit() -> None:
        seconds = int(cpu_s) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        size = int(memory_mb * 2**20)
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    log = folder / "output.txt"
    with log.open("wb") as out, (stdin or Path(os.devnull)).open("rb") as source:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            stdin=source,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=limit,
            env={**os.environ, **threads, "PYTHONPATH": str(ROOT)},
        )
        _, status, spent = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    per_mb = 2**20 if sys.platform == "darwin" else 2**10
    return Usage(
        child.returncode,
        log.read_text(encoding="utf-8", errors="replace"),
        spent.ru_utime + spent.ru_stime,
        spent.ru_maxrss / per_mb,
    )


def generate_data(arguments: Sequence[str], folder: Path) -> None:
    """Write files into a folder with ``rules/gen.py`` of the benchmark folder."""
    script = BENCHMARKS / "rules" / "gen.py"
    command = [sys.executable, str(script), *arguments, "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def task_generator(name: str) -> ModuleType:
    """The module ``rules/NAME/generate.py``, which writes tasks of a rule base."""
    file = ROOT / "rules" / name / "generate.py"
    spec = importlib.util.spec_from_file_location(f"generate_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def median(values: Sequence[float]) -> float:
    """The middle value, NaN of none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
