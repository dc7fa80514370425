"""Our searches beside other planners on PDDL instances, in CPU seconds.

    python -m benchmarks.planning --limit 10 --set peers --configs planner-gbfs,fd-gbfs-hff

Each run is a process tree with a limit on CPU seconds and 4 GB of address space, reading the task
included. Every plan is checked by `kairos validate`, or by unified-planning where that cannot read
the task. Rows are appended to ``out/planning.csv``; the tables are made from this run's rows, and
with ``--after`` from those of a run at a smaller limit, whose solved tasks are not run again.
``--set slow`` has tasks that one process solves in 3 to 60 s or not at all; of two processes
(``planner-jobs2``) each has the whole limit, as on two idle cores in so many seconds of wall time.
pyperplan and pymimir run where this interpreter has them, or that of PLANNER_PEER_PYTHON.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, ROOT, median, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_COUNTED = frozenset({"solved", "cpu_s", "ground_s", "search_s", "rss_mb", "steps", "expanded",
                      "evaluated"})  # fmt: skip
PEER_PYTHON = os.environ.get("PLANNER_PEER_PYTHON", sys.executable)
CLASSIC_HARD = ("htg-", "labyrinth", "caldera")

_PLACES = {"all": slice(None), "smallest": slice(1), "second": slice(1, 2), "third": slice(2, 3)}
"""Which instances of a domain a set has, by size of the file."""


@dataclass
class Row:
    """One run. Counts are -1 where a planner does not tell."""

    config: str
    domain: str
    instance: str
    limit_s: float
    solved: int = 0
    reason: str = ""
    cpu_s: float = 0.0
    ground_s: float = -1.0
    search_s: float = -1.0
    rss_mb: float = 0.0
    cost: str = ""
    steps: int = -1
    expanded: int = -1
    evaluated: int = -1
    valid: str = ""


@dataclass(frozen=True)
class Instance:
    """A problem with its domain file."""

    domain: str
    name: str

    @property
    def files(self) -> tuple[Path, Path]:
        """Domain and problem."""
        folder = BENCHMARKS / "pddl" / self.domain
        return folder / "domain.pddl", folder / self.name

    @property
    def group(self) -> str:
        """The group it is counted in."""
        if self.domain.startswith("lt-"):
            return "lt-" + self.name.split("-")[0].split("/")[0]
        if self.domain.startswith("planbench"):
            return "planbench"
        return "hard to ground" if self.domain.startswith("htg") else "classic"


def fast_downward() -> Path:
    """The folder of the installed wheel."""
    spec = importlib.util.find_spec("up_fast_downward")
    if spec is None or spec.origin is None:
        sys.exit("up-fast-downward is not installed: make install-peers")
    return Path(spec.origin).parent / "downward"


FD_SEARCHES = {
    "fd-gbfs-hff": "eager_greedy([ff()])",
    "fd-gbfs-hff-pref": "let(h, ff(), lazy_greedy([h], preferred=[h]))",
    "fd-astar-lmcut": "astar(lmcut())",
    "fd-astar-hmax": "astar(hmax())",
    "fd-astar-blind": "astar(blind())",
}
OURS = {
    "planner": (),
    "planner-gbfs": ("--search", "gbfs", "--guide", "h_ff"),
    "planner-gbfs-hff": ("--search", "gbfs:preferred=no", "--guide", "h_ff"),
    "planner-gbfs-unit": ("--search", "gbfs", "--guide", "h_ff:costs=unit"),
    "planner-lazy": ("--search", "lazy", "--guide", "h_ff"),
    "planner-lazy-unit": ("--search", "lazy", "--guide", "h_ff:costs=unit"),
    "planner-lazy-goals": ("--search", "lazy", "--guide", "h_ff:costs=unit+goal_count"),
    "planner-lama": ("--search", "lazy", "--guide", "h_ff:costs=unit+landmarks"),
    "planner-lm": ("--search", "lazy:preferred=no", "--guide", "landmarks"),
    "planner-relay": ("--search", "relay"),
    "planner-bfws": ("--search", "gbfs:preferred=no", "--guide", "novelty"),
    "planner-astar-lmcut": ("--search", "astar", "--guide", "lm_cut"),
    "planner-astar-hmax": ("--search", "astar", "--guide", "h_max"),
    "planner-astar-blind": ("--search", "astar", "--guide", "uniform"),
    "planner-jobs2": ("--jobs", "2"),
}
JOBS = {"planner-jobs2": 2}
"""Processes of those that have more than one: they have the limit each, as on idle cores."""


def run_ours(row: Row, instance: Instance, folder: Path) -> Path:
    """The command line of this checkout."""
    domain, problem = instance.files
    plan = folder / "plan"
    command = [sys.executable, "-m", "planner", "solve", "--domain", domain, problem, "--json"]
    most_s = JOBS.get(row.config, 1) * row.limit_s
    limits = ["--cpu", str(most_s - 0.3), "--memory", "3500", "--model", "none"]
    options = [*OURS[row.config], *limits, "--plan-out", plan]
    usage = run([*command, *options], cpu_s=most_s, folder=folder)
    row.cpu_s, row.rss_mb = usage.cpu_s, usage.rss_mb
    start = usage.output.find("{")
    try:
        answer = json.loads(usage.output[start:]) if start >= 0 else {}
    except json.JSONDecodeError:
        answer = {}
    statistics = answer.get("statistics") or {}
    row.reason = answer.get("reason") or answer.get("status") or f"code {usage.code}"
    row.ground_s = statistics.get("ground_s", -1.0)
    row.search_s = statistics.get("search_s", -1.0)
    row.expanded = statistics.get("expanded", -1)
    row.evaluated = statistics.get("evaluated", -1)
    if answer.get("status") == "solved":
        row.cost, row.steps = str(answer["cost"]), len(answer["plan"])
    return plan


def run_fast_downward(row: Row, instance: Instance, folder: Path) -> Path:
    """Translator, then search; the limit is on their sum."""
    plan, sas, home = folder / "plan", folder / "out.sas", fast_downward()
    domain, problem = instance.files
    translate = [sys.executable, "-m", "fast_downward.translate", domain, problem]
    usage = run([*translate, "--sas-file", sas], cpu_s=row.limit_s, folder=folder)
    row.cpu_s = row.ground_s = usage.cpu_s
    row.rss_mb = usage.rss_mb
    if usage.code != 0:
        row.reason = "translator"
        return plan
    left = max(1.0, row.limit_s - usage.cpu_s)
    if row.config == "fd-lama-first":
        driver = [sys.executable, home / "fast-downward.py", "--plan-file", plan]
        usage = run([*driver, "--alias", "lama-first", sas], cpu_s=left, folder=folder)
    else:
        binary = home / "builds" / "release" / "bin" / "downward"
        options = ["--search", FD_SEARCHES[row.config], "--internal-plan-file", plan]
        usage = run([binary, *options], cpu_s=left, folder=folder, stdin=sas)
    row.search_s, row.cpu_s = usage.cpu_s, row.cpu_s + usage.cpu_s
    row.rss_mb = max(row.rss_mb, usage.rss_mb)
    text = usage.output
    row.expanded = _number(r"Expanded (\d+) state", text)
    row.evaluated = _number(r"Evaluated (\d+) state", text)
    time = re.search(r"Search time: ([\d.e+-]+)s", text)
    if time:
        row.search_s = float(time[1])
    if "Solution found" in text:
        row.cost = str(_number(r"Plan cost: (\d+)", text))
        row.steps = _number(r"Plan length: (\d+)", text)
    else:
        row.reason = "search"
    return plan


def run_kairos(row: Row, instance: Instance, folder: Path) -> Path:
    """Kairos without improving its plan."""
    domain, problem = instance.files
    plan = folder / "plan"
    options = ["--no-anytime", "--threads", "1", "--timeout", "3600", "--output", plan]
    program = Path(sys.executable).parent / "kairos"
    usage = run([program, "solve", domain, problem, *options], cpu_s=row.limit_s, folder=folder)
    row.cpu_s, row.rss_mb, row.reason = usage.cpu_s, usage.rss_mb, f"code {usage.code}"
    return plan


def run_pyperplan(row: Row, instance: Instance, folder: Path) -> Path:
    """pyperplan's greedy search with h_FF, where it is installed."""
    domain, problem = (shutil.copy(file, folder) for file in instance.files)
    command = [PEER_PYTHON, "-m", "pyperplan", "-H", "hff", "-s", "gbf", domain, problem]
    usage = run(command, cpu_s=row.limit_s, folder=folder)
    row.cpu_s, row.rss_mb, row.reason = usage.cpu_s, usage.rss_mb, f"code {usage.code}"
    return folder / f"{Path(problem).name}.soln"


def run_pymimir(row: Row, instance: Instance, folder: Path) -> Path:
    """pymimir's eager greedy search with h_FF, where it is installed."""
    script, plan = Path(__file__).with_name("solve_with_pymimir.py"), folder / "plan"
    command = [PEER_PYTHON, script, *instance.files, plan]
    usage = run(command, cpu_s=row.limit_s, folder=folder)
    row.cpu_s, row.rss_mb, row.reason = usage.cpu_s, usage.rss_mb, f"code {usage.code}"
    return plan


RUNNERS: dict[str, Callable[[Row, Instance, Path], Path]] = {
    **dict.fromkeys(OURS, run_ours),
    **dict.fromkeys(FD_SEARCHES, run_fast_downward),
    "fd-lama-first": run_fast_downward,
    "kairos": run_kairos,
    "pyperplan-gbfs-hff": run_pyperplan,
    "pymimir-gbfs-hff": run_pymimir,
}


def _number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    return int(found[-1]) if found else -1


def validate(instance: Instance, plan: Path, folder: Path) -> str:
    """``valid``, ``INVALID``, or who could not tell."""
    domain, problem = instance.files
    program = Path(sys.executable).parent / "kairos"
    if program.exists():
        usage = run([program, "validate", domain, problem, plan], cpu_s=60, folder=folder)
        if usage.code == 0:
            return "valid"
        if "error" not in usage.output.lower():
            return "INVALID: " + usage.output.strip().splitlines()[-1][:80]
    script = ROOT / "benchmarks" / "validate_with_up.py"
    usage = run([sys.executable, script, domain, problem, plan], cpu_s=120, folder=folder)
    verdict = usage.output.strip().splitlines()[-1:] or [""]
    if verdict[0].startswith(("valid", "INVALID")):
        return verdict[0][:80]
    return validate_converted(domain, problem, plan, folder)


def validate_converted(domain: Path, problem: Path, plan: Path, folder: Path) -> str:
    """Kairos on our own writing of a task that no validator reads as it stands.

    Names that PDDL allows stay as they are, so the plan needs no translation.
    """
    convert = [sys.executable, "-m", "planner", "convert", problem, "--domain", domain]
    run([*convert, "--to", "pddl", "--out", folder / "converted"], cpu_s=60, folder=folder)
    files = [folder / "converted" / name for name in ("domain.pddl", "problem.pddl")]
    program = Path(sys.executable).parent / "kairos"
    if not program.exists() or not all(file.exists() for file in files):
        return "unreadable"
    usage = run([program, "validate", *files, plan], cpu_s=60, folder=folder)
    if usage.code == 0:
        return "valid (converted)"
    return "unreadable" if "error" in usage.output.lower() else "INVALID (converted)"


def measure(config: str, instance: Instance, limit_s: float) -> Row:
    """One run with its plan checked."""
    row = Row(config, instance.domain, instance.name, limit_s)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = RUNNERS[config](row, instance, folder)
        most_s = JOBS.get(config, 1) * limit_s + 0.5
        if plan.exists() and plan.stat().st_size and row.cpu_s <= most_s:
            row.solved, row.reason = 1, ""
            row.valid = validate(instance, plan, folder)
            if row.steps < 0:
                text = plan.read_text(encoding="utf-8")
                row.steps = sum(line.startswith("(") for line in text.splitlines())
    return row


def instances(which: str, only: Sequence[str]) -> list[Instance]:
    """The instances of a set, filtered by parts of ``domain/instance``."""
    root = BENCHMARKS / "pddl"
    if not root.exists():
        sys.exit(f"no benchmarks in {BENCHMARKS}; set PLANNER_BENCHMARKS")
    if which in ("peers", "peers-gbfs"):
        lines = (ROOT / "benchmarks" / "peers.txt").read_text(encoding="utf-8").splitlines()
        marks = "+" if which == "peers-gbfs" else "+-"
        names = [line[2:] for line in lines if line[0] in marks]
    elif which == "slow":
        names = (ROOT / "benchmarks" / "slow.txt").read_text(encoding="utf-8").splitlines()
    else:
        names = []
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            found = sorted(folder.rglob("*.pddl"), key=lambda path: (path.stat().st_size, path))
            found = [path for path in found if path.name != "domain.pddl"]
            if which == "all":
                found = sorted(path for path in found if path.parent.name != "train")
            names += [str(path.relative_to(root)) for path in found[_PLACES[which]]]
    chosen = [Instance(*name.split("/", 1)) for name in names]
    return [i for i in chosen if not only or any(part in f"{i.domain}/{i.name}" for part in only)]


def solved_before(files: Sequence[Path]) -> dict[tuple[str, str, str], Row]:
    """What runs at a smaller limit solved, by configuration, domain and instance."""
    solved = {}
    for file in files:
        with file.open(newline="", encoding="utf-8") as stream:
            for cells in csv.DictReader(stream):
                if cells["solved"] == "1":
                    row = Row(**{f.name: type(f.default)(cells[f.name]) if f.name in _COUNTED
                                 else cells[f.name] for f in fields(Row)})  # fmt: skip
                    solved[row.config, row.domain, row.instance] = row
    return solved


def print_coverage(rows: Iterable[Row]) -> None:
    """Solved and run, by group and configuration, then medians."""
    rows = list(rows)
    configs = list(dict.fromkeys(row.config for row in rows))
    groups = list(dict.fromkeys(Instance(row.domain, row.instance).group for row in rows))
    print(f"\n{'solved / run':<22}" + "".join(f"{config:>20}" for config in configs))
    for group in [*groups, "all"]:
        cells = []
        for config in configs:
            own = [
                row
                for row in rows
                if row.config == config
                and group in ("all", Instance(row.domain, row.instance).group)
            ]
            cells.append(f"{sum(row.solved for row in own)}/{len(own)}")
        print(f"{group:<22}" + "".join(f"{cell:>20}" for cell in cells))
    bad = [row for row in rows if row.valid.startswith("INVALID")]
    unread = [row for row in rows if row.valid == "unreadable"]
    print(f"invalid plans: {len(bad)}; not checked by any validator: {len(unread)}")
    for config in configs:
        own = [row for row in rows if row.config == config]
        speed = [r.evaluated / r.search_s for r in own if r.evaluated > 0 and r.search_s > 0.5]
        cpu = [row.cpu_s for row in own if row.solved]
        print(
            f"{config}: median CPU of solved {median(cpu):.2f} s; evaluations a second, where "
            f"search took over 0.5 s: median {median(speed):,.0f} (n={len(speed)})"
        )


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--limit", type=float, default=10.0, help="CPU seconds a run")
    parser.add_argument("--set", default="peers", dest="which",
                        choices=["peers", "peers-gbfs", "slow", *_PLACES])  # fmt: skip
    parser.add_argument("--configs", default="planner,fd-gbfs-hff", help=", ".join(RUNNERS))
    parser.add_argument("--only", nargs="*", default=(), help="parts of DOMAIN/INSTANCE")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "planning.csv")
    parser.add_argument(
        "--after", type=Path, nargs="*", default=(), help="rows of runs at a smaller limit"
    )
    options = parser.parse_args()
    before = solved_before(options.after)
    configs = options.configs.split(",")
    unknown = [config for config in configs if config not in RUNNERS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are: {', '.join(RUNNERS)}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    names = [field.name for field in fields(Row)]
    fresh = not options.out.exists()
    rows = []
    with options.out.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names)
        if fresh:
            writer.writeheader()
        for instance in instances(options.which, options.only):
            for config in configs:
                kept = before.get((config, instance.domain, instance.name))
                if kept is not None:
                    rows.append(kept)
                    continue
                row = measure(config, instance, options.limit)
                rows.append(row)
                writer.writerow(asdict(row))
                stream.flush()
                result = f"cost {row.cost or '?'} {row.valid}" if row.solved else row.reason
                print(
                    f"{config:<20} {instance.domain + '/' + instance.name:<48} {row.cpu_s:>7.2f} s "
                    f"expanded {row.expanded:>8} {result}",
                    flush=True,
                )
    print_coverage(rows)
    return 1 if any(row.valid.startswith("INVALID") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
