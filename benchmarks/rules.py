"""Bulk derivation: our engine and its peers on the workloads of the benchmark folder's ``rules/``.

    python -m benchmarks.rules [--compiled] [--peers] [--growth] [--tier TIER] [WORKLOAD ...]

CPU seconds, one thread. ``derive`` is from rules and facts in memory to the model, the mean of
three to twenty repetitions in one process after a first one; ``whole`` is a process of its own,
from the TSV files to the counts, the start of Python included: the script over `planner.Database`
that is ``benchmarks/rule_script.py`` (median of ``--runs``). Counts are checked against the
folder's table; ``>`` means that the limit (``--seconds``) was met, ``-`` that the engine failed on
the workload or ran out of memory.

``--peers`` runs beside us clingo, Nemo, DuckDB, egglog and CLIPS where ``--peer-python`` has them
(``make install-rule-peers`` makes such an interpreter; their inference, then the process),
SWI-Prolog and Souffle where they are on the PATH or given (``--swipl``, ``--souffle``).
``--growth`` draws curves over chains and random graphs of growing size.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from benchmarks.common import median, run
from benchmarks.rule_binaries import run_souffle, run_swipl
from benchmarks.rule_programs import RULES, SOUFFLE, WORKLOADS, Workload, generate, growth, rule
from planner.engine.delimited import read_delimited
from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.engine.tables import add_columns

if TYPE_CHECKING:
    from collections.abc import Callable

PYTHON_PEERS = ("duckdb", "clingo", "nemo", "egglog", "clips")
REPETITIONS = 3
_LONG_S = 0.3
MEMORY_MB = 6_000


class Limits(TypedDict):
    """Arguments of `benchmarks.common.run`."""

    cpu_s: float
    memory_mb: float
    folder: Path


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    tier: str
    runs: int
    compiled: bool
    seconds: float
    peer_python: Path
    peers: tuple[str, ...]
    swipl: Path | None
    souffle: Path | None


@dataclass(frozen=True)
class Row:
    """One engine on one workload; no seconds where it did not end."""

    derive_s: float | None
    counts: dict[str, int]
    whole_s: float | None = None
    rss_mb: float = 0.0
    kept: str = ""


def read(folder: Path) -> Facts:
    """Read every TSV file of a folder as a predicate; numbers become integers."""
    facts = Facts()
    for path in sorted(folder.glob("*.tsv")):
        add_columns(facts, path.stem, read_delimited(path, "\t", has_header=False))
    return facts


def derive(kind: str, folder: Path, tier: str, repetitions: int) -> None:
    """Run our engine in this process; prints what it took as JSON."""
    rules = [rule(text) for text in RULES[kind]]
    facts = read(folder)
    model = evaluate(rules, facts, tier=tier)
    # The clock may be coarse: short evaluations are repeated until they fill some ticks.
    count, start = 0, time.process_time()
    while count < repetitions or (0 < count < 20 and time.process_time() - start < _LONG_S):
        model = evaluate(rules, facts, tier=tier)
        count += 1
    mean = (time.process_time() - start) / max(1, count)
    heads = dict.fromkeys(made.head.predicate for made in rules)
    counts = {name: model.count(name) for name in heads}
    kept = model.extension(next(iter(heads))).representation
    print(json.dumps({"derive": mean, "counts": counts, "kept": kept}))


def run_ours(kind: str, folder: Path, options: Options) -> Row:
    """Our engine: inference in a process that repeats it, and whole processes that do not."""
    limits: Limits = {"cpu_s": 60 * options.seconds, "memory_mb": MEMORY_MB, "folder": folder}
    repeated = [sys.executable, "-m", "benchmarks.rules", kind, "--tier", options.tier]
    repeated += ["--here", str(folder), "--repetitions", str(REPETITIONS)]
    repeated += ["--compiled"] if options.compiled else []
    usage = run(repeated, **limits)
    script = [sys.executable, "-m", "benchmarks.rule_script", "\n".join(RULES[kind])]
    files = sorted(map(str, folder.glob("*.tsv")))
    wholes = [run([*script, options.tier, *files], **limits) for _ in range(options.runs)]
    if usage.code or any(whole.code for whole in wholes):
        raise SystemExit("".join(ended.output for ended in (usage, *wholes)))
    found = json.loads(usage.output.splitlines()[-1])
    if any(json.loads(whole.output.splitlines()[-1]) != found["counts"] for whole in wholes):
        raise SystemExit(f"the script counts otherwise: {wholes[0].output}")
    whole_s = median([whole.cpu_s for whole in wholes])
    return Row(found["derive"], found["counts"], whole_s, wholes[0].rss_mb, found["kept"])


def run_peer(name: str, kind: str, folder: Path, options: Options) -> Row:
    """One of the peers that are Python packages."""
    command = [options.peer_python, "-m", "benchmarks.rule_peers", name, kind, folder]
    usage = run(command, cpu_s=options.seconds, memory_mb=MEMORY_MB, folder=folder)
    if usage.code:
        return Row(math.inf if usage.cpu_s >= options.seconds else None, {})
    found = json.loads(usage.output.splitlines()[-1])
    return Row(found["derive"], found["counts"], usage.cpu_s, usage.rss_mb)


def run_programs(kind: str, folder: Path, options: Options) -> dict[str, Row]:
    """The peers that are programs of their own, where they are."""
    rows: dict[str, Row] = {}
    if options.swipl is not None:
        found = run_swipl(options.swipl, kind, folder, options.seconds)
        rows["swipl"] = Row(*found) if found else Row(None, {})
    if options.souffle is not None:
        for name, representation in (("souffle", ""), ("brie", "brie")):
            ended = run_souffle(options.souffle, kind, folder, options.seconds, representation)
            rows[name] = Row(None, {})
            if ended is not None:
                usage, counts = ended
                rows[name] = Row(usage.cpu_s, counts, usage.cpu_s, usage.rss_mb)
    return rows


def run_row(name: str, workload: Workload, scratch: Path, options: Options) -> dict[str, Row]:
    """All engines on one workload, each count checked; ours is the first."""
    folder = scratch / name
    folder.mkdir()
    generate(workload, folder)
    rows = {"planner": run_ours(workload.rules, folder, options)}
    for peer in options.peers:
        rows[peer] = run_peer(peer, workload.rules, folder, options)
    rows.update(run_programs(workload.rules, folder, options))
    shutil.rmtree(folder)
    expected = workload.counts
    if -1 in expected.values():
        expected = rows["planner"].counts
    wrong = {n: r.counts for n, r in rows.items() if r.counts and r.counts != expected}
    if wrong:
        print(f"WRONG COUNTS on {name}: expected {expected}, found {wrong}")
    return rows


def shown(seconds: float | None) -> str:
    """Seconds in a table cell."""
    if seconds is None:
        return "-"
    return ">" if math.isinf(seconds) else f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.3f}"


def print_row(name: str, rows: dict[str, Row], *, is_first: bool) -> None:
    """One line of the table, the heading before the first."""
    ours, peers = rows["planner"], [peer for peer in rows if peer != "planner"]
    if is_first:
        heads = [f"{peer}: derive, whole" for peer in peers]
        print("| data | tuples | derive | whole | MB |", " | ".join([*heads, "kept as"]), "|")
        print("| --- " * (6 + len(peers)) + "|")
    cells = [name, f"{sum(ours.counts.values()):,}", shown(ours.derive_s), shown(ours.whole_s)]
    cells.append(f"{ours.rss_mb:.0f}")
    cells += [f"{shown(rows[p].derive_s)}, {shown(rows[p].whole_s)}" for p in peers]
    cells.append(ours.kept)
    print("|", " | ".join(cells), "|", flush=True)


def start_s(folder: Path) -> float:
    """CPU seconds of starting Python and importing NumPy, which our whole processes begin with."""
    command = [sys.executable, "-c", "import numpy"]
    return median([run(command, cpu_s=20, folder=folder).cpu_s for _ in range(5)])


def print_comparison(table: dict[str, dict[str, Row]]) -> None:
    """How we stand to Souffle, and which peers are as fast."""
    known = [(SOUFFLE[name], rows["planner"]) for name, rows in table.items() if name in SOUFFLE]
    for label, ratios in (
        ("derivation", [ours.derive_s / souffle for souffle, ours in known if ours.derive_s]),
        ("whole process", [ours.whole_s / souffle for souffle, ours in known if ours.whole_s]),
    ):
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            print(
                f"{label}, geometric mean of {len(ratios)} rows: {mean:.3f} of the best Souffle's "
                "time (whole process, an earlier idle run)"
            )
    print("peers whose derivation is as fast:", _faster(table, lambda row: row.derive_s))
    print("peers whose whole process is as fast:", _faster(table, lambda row: row.whole_s))


def _faster(table: dict[str, dict[str, Row]], seconds: Callable[[Row], float | None]) -> str:
    found = [
        f"{peer} on {name}"
        for name, rows in table.items()
        for peer, row in rows.items()
        if peer != "planner" and (seconds(row) or math.inf) <= (seconds(rows["planner"]) or 0)
    ]
    return ", ".join(found) or "none"


def main() -> None:
    """Run the chosen workloads, every engine in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD")
    parser.add_argument("--peers", action="store_true", help="run peers beside us")
    parser.add_argument("--peer", action="append", help="only this peer, may be repeated")
    parser.add_argument("--peer-python", type=Path, default=Path(sys.executable))
    parser.add_argument("--swipl", type=Path, help="the SWI-Prolog program")
    parser.add_argument("--souffle", type=Path, help="the Souffle program")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of a peer's run")
    parser.add_argument("--growth", action="store_true", help="chains and graphs of growing size")
    parser.add_argument("--compiled", action="store_true", help="load Numba beforehand")
    parser.add_argument("--tier", default="auto", help="the representations to choose from")
    parser.add_argument("--runs", type=int, default=3, help="whole processes of ours a row")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--repetitions", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here is not None:
        if given.compiled:
            importlib.import_module("numba")  # kernels are compiled where Numba is loaded
        derive(given.workloads[0], given.here, given.tier, given.repetitions)
        return
    options = options_of(given)
    known = growth() if given.growth else WORKLOADS
    if strange := [name for name in given.workloads if name not in known]:
        parser.error(f"no workload {strange[0]!r}; there are {', '.join(known)}")
    table = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in given.workloads or known:
            table[name] = run_row(name, known[name], Path(scratch), options)
            print_row(name, table[name], is_first=len(table) == 1)
        print(f"Python and NumPy alone take {start_s(Path(scratch)):.3f} s of each whole process")
    print_comparison(table)


def options_of(given: argparse.Namespace) -> Options:
    """The options, and which peers there are; those that are missing are named."""
    peers: tuple[str, ...] = ()
    swipl, souffle = given.swipl, given.souffle
    if given.peers or given.peer:
        asked = given.peer or PYTHON_PEERS
        peers = tuple(name for name in asked if is_installed(name, given.peer_python))
        found = {name: shutil.which(name) for name in ("swipl", "souffle")}
        swipl = swipl or (Path(found["swipl"]) if found["swipl"] else None)
        souffle = souffle or (Path(found["souffle"]) if found["souffle"] else None)
        missing = [name for name in asked if name not in peers]
        missing += [n for n, p in (("swipl", swipl), ("souffle", souffle)) if p is None]
        print("not here:", ", ".join(missing) or "none")
    return Options(
        given.tier,
        given.runs,
        given.compiled,
        given.seconds,
        given.peer_python,
        peers,
        swipl,
        souffle,
    )


def is_installed(peer: str, python: Path) -> bool:
    """Whether an interpreter has the package of a peer."""
    module = "nmo_python" if peer == "nemo" else peer
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-c", f"import {module}"]
        return run(command, cpu_s=20, memory_mb=MEMORY_MB, folder=Path(folder)).code == 0


if __name__ == "__main__":
    main()
