"""How far runs go beyond their limits on time and memory.

    python -m benchmarks.conduct [--cpu S] [--memory MB] [--only PART ...]

Each instance is a whole `planner solve` process that its limit ends: searches that nothing leads, a
grounding and a deduction that do not end. Overrun is CPU seconds of the process, start and end
included, beyond `--cpu`; for memory it is the peak of the resident set beyond `--memory`, of two
processes that of the larger beyond its half.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.common import BENCHMARKS, ROOT, run
from tests.crash.processes import closure_query, wide_task

SEARCHES = (
    "gbfs", "lazy", "astar", "wastar", "relay", "regret", "levin", "phs", "beam", "mcts",
    "gumbel", "bandit",
)  # fmt: skip
UNGUIDED = ("--guide", "uniform", "--model", "none", "--no-learned")
FLAGS = {"cpu": "--cpu", "memory": "--memory"}
ALLOWED = "time: 2 % and 0.5 s; memory: 5 %"


def instances(folder: Path) -> dict[str, tuple[str | Path, ...]]:
    """Name and arguments of each run."""
    blocks = ROOT / "rules/blocksworld/tasks/blocks-50-1.yaml"
    found: dict[str, tuple[str | Path, ...]] = {
        f"blocks-50, {name}, uniform": (blocks, "--search", name, *UNGUIDED) for name in SEARCHES
    }
    found["blocks-50, astar, lm_cut"] = (blocks, "--search", "astar", *UNGUIDED[2:])
    found["blocks-50, 2 jobs"] = (blocks, "--search", "portfolio: gbfs | astar", *UNGUIDED)
    found["blocks-50, --improve"] = (blocks, "--improve", *UNGUIDED[2:])
    for name, text in (("wide", wide_task(60)), ("closure", closure_query(1500))):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    found["grounding 60**5 steps"] = (folder / "wide.yaml",)
    found["lifted, 60**5 steps"] = (folder / "wide.yaml", "--search", "lifted")
    found["deduction of 1500**3 facts"] = (folder / "closure.yaml",)
    six = ROOT / "rules/countdown/tasks/six-1.yaml"
    found["countdown, beam, --improve"] = (six, "--search", "beam:complete=true", "--improve")
    found["countdown, astar"] = (six, "--search", "astar")
    found["countdown, mcts"] = (six, "--search", "mcts:improve=true")
    grid = BENCHMARKS / "pddl" / "htg-visitall-multidimensional-5-dim-visitall-FAR-g2"
    if grid.exists():
        found["visitall-5d p5"] = (grid / "p5.pddl", "--domain", grid / "domain.pddl")
    return found


def main() -> int:
    """Print a row for each instance and limit; 1 when a run went too far."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cpu", type=float, default=3.0, help="CPU seconds")
    parser.add_argument("--memory", type=float, default=400.0, help="megabytes; 0: not tried")
    parser.add_argument("--only", nargs="*", default=(), help="parts of the names")
    options = parser.parse_args()
    bounds = {"cpu": options.cpu, "memory": options.memory}
    late = 0
    print(f"{'instance':<32}{'limit':>8}{'asked':>8}{'spent':>9}{'over':>8}  ended by")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, arguments in instances(folder).items():
            if options.only and not any(part in label for part in options.only):
                continue
            for kind, bound in bounds.items():
                if not bound:
                    continue
                command = [sys.executable, "-m", "planner", "solve", *arguments, "--json"]
                usage = run(
                    [*command, "--quiet", FLAGS[kind], str(bound)],
                    cpu_s=60,
                    memory_mb=8192,
                    folder=folder,
                )
                start = usage.output.find("{")
                answer = json.loads(usage.output[start:]) if start >= 0 else {}
                reason = answer.get("reason") or answer.get("status") or f"code {usage.code}"
                spent = usage.cpu_s if kind == "cpu" else usage.rss_mb
                held = bound / (2 if "2 jobs" in label and kind == "memory" else 1)
                room = 0.02 * bound + 0.5 if kind == "cpu" else 0.05 * held
                over = spent - held
                late += over > room
                mark = " !" if over > room else ""
                print(
                    f"{label:<32}{kind:>8}{bound:>8.1f}{spent:>9.2f}{max(over, 0):>8.2f}  "
                    f"{reason}{mark}",
                    flush=True,
                )
    print(f"beyond what is allowed ({ALLOWED}): {late}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
