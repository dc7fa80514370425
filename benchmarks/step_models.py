"""The step model alone, without rules, on domains of the IPC 2023 learning track.

    python -m benchmarks.step_models --domains ferry,rovers [--minutes 3] [--keep DIR] [--each]

For each domain `planner train` learns rules and a relational model from ``train/``; then regret
search follows the model alone, with at most ``--expansions``, on the easy and medium development
tasks. Its expansions are set against the length of its plan, and against greedy best-first search
with h_FF (one queue, at most ``--cpu`` seconds): the last column counts the tasks where that
expands at least 20 times the length of its plan, or gives up after as many, and those of them where
the model expands at most a tenth. ``--each`` prints a row for every task. Every plan is validated.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ablations import trained
from benchmarks.common import BENCHMARKS, median

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.interfaces import StepModel, StepSpace
    from planner.kr.task import Task

DOMAINS = "ferry,miconic,transport,satellite,childsnack,rovers,blocksworld,spanner"
HARD_FOR_SEARCH = 20  # expansions of greedy search by its plan length


@dataclass(frozen=True, slots=True)
class Attempt:
    """One task.

    Attributes:
        length: of the plan that the model found, ``None`` without one.
        plain: expansions of greedy search, and the length of its plan, 0 without one.
    """

    task: str
    tier: str
    length: int | None
    expanded: int
    cpu_s: float
    plain: tuple[int, int]

    @property
    def ratio(self) -> float:
        """Expansions of the model for each step of its plan; infinite without one."""
        return self.expanded / max(1, self.length) if self.length is not None else float("inf")

    @property
    def share(self) -> float | None:
        """Expansions over those of greedy search, ``None`` where that is not hard put to it."""
        expanded, length = self.plain
        if not expanded or expanded < HARD_FOR_SEARCH * (length or self.length or 1):
            return None
        return float("inf") if self.length is None else self.expanded / expanded

    def row(self, domain: str) -> str:
        """As a row of a table."""
        expanded, length = self.plain
        cells = [f"{domain} {self.task}", self.length or "-", self.expanded, f"{self.cpu_s:.1f}"]
        cells += [length or "-", expanded or "-"]
        cells.append("-" if self.share is None else f"{self.share:.3f}")
        return "| " + " | ".join(str(cell) for cell in cells) + " |"


EACH = (
    "| task | plan | expansions | CPU s | plan of h_FF | expansions | share where it is hard |\n"
    "|---|---|---|---|---|---|---|"
)


def main() -> int:
    """Print a row for each domain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", default=DOMAINS)
    parser.add_argument("--tiers", default="easy,medium")
    parser.add_argument("--minutes", type=float, default=3.0, help="CPU minutes of fitting")
    parser.add_argument("--rules-cpu", type=float, default=40.0, help="CPU seconds for rules")
    parser.add_argument("--expansions", type=int, default=2000)
    parser.add_argument("--cpu", type=float, default=10.0, help="of greedy search; 0 leaves it out")
    parser.add_argument("--each", action="store_true", help="print every task, too")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was trained")
    options = parser.parse_args()
    tiers = options.tiers.split(",")
    found = []
    if options.each:
        print(EACH)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for domain in options.domains.split(","):
            folder = ((options.keep or Path(scratch)) / domain).resolve()
            training = trained(domain, folder, options.minutes, options.rules_cpu)
            attempts = _attempts(domain, folder, options)
            found += attempts
            rows.append(f"| {domain} | {training} | {_row(attempts, tiers)} |")
    columns = ["domain", "training", *tiers, "expansions / length: median, most", "a tenth of h_FF"]
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    print("\n".join(rows))
    print(f"| all | | {_row(found, tiers)} |")
    return 0


def _attempts(domain: str, folder: Path, options: argparse.Namespace) -> list[Attempt]:
    from planner.io.pddl.load import load_pddl
    from planner.learned import use_learned

    source = BENCHMARKS / "pddl" / f"lt-{domain}"
    found = []
    for tier in options.tiers.split(","):
        for file in sorted(source.glob(f"{tier}-*.pddl")):
            task = load_pddl(folder / "domain.pddl", file)[0]
            _, model, _ = use_learned(task, str(folder / "model"), learned_rules=False)
            assert model is not None
            found.append(_attempt(task, file.stem, tier, model, options))
            if options.each:
                print(found[-1].row(domain), flush=True)
    return found


def _attempt(
    task: Task, name: str, tier: str, model: StepModel, options: argparse.Namespace
) -> Attempt:
    from planner.guides.model_guide import ModelGuide
    from planner.learn.evaluation.exam_tasks import space_for
    from planner.search.limits import Limits, Meter
    from planner.search.regret import Regret

    space = space_for(task)
    started = time.process_time()
    outcome = Regret().run(space, ModelGuide(model), Meter(Limits(expansions=options.expansions)))
    spent = time.process_time() - started
    length = None if outcome.steps is None else _valid_length(space, outcome.steps)
    plain = _plain(space, options.cpu) if options.cpu else (0, 0)
    return Attempt(name, tier, length, outcome.expanded, round(spent, 2), plain)


def _plain(space: StepSpace, cpu_s: float) -> tuple[int, int]:
    from planner.guides.relaxation import RelaxationGuide
    from planner.search.best_first import Gbfs
    from planner.search.limits import Limits, Meter

    meter = Meter(Limits(cpu_s=cpu_s))
    outcome = Gbfs(preferred=False).run(space, RelaxationGuide("h_ff"), meter)
    return outcome.expanded, len(outcome.steps or ())


def _valid_length(space: StepSpace, steps: Sequence[int]) -> int:
    from planner.plan import Plan
    from planner.validate import validate

    verdict = validate(space.task, Plan(tuple(space.describe(step) for step in steps)))
    if not verdict.ok:
        raise SystemExit(f"the plan of {space.task.name} is not valid")
    return len(steps)


def _row(attempts: Sequence[Attempt], tiers: Sequence[str]) -> str:
    cells = []
    for tier in tiers:
        own = [attempt for attempt in attempts if attempt.tier == tier]
        cells.append(f"{sum(a.length is not None for a in own)}/{len(own)}")
    ratios = [attempt.ratio for attempt in attempts]
    cells.append(f"{median(ratios):.2f}, {max(ratios, default=0):.2f}")
    shares = [a.share for a in attempts if a.share is not None]
    cells.append(f"{sum(s <= 0.1 for s in shares)} of {len(shares)}" if shares else "-")
    return " | ".join(cells)


if __name__ == "__main__":
    sys.exit(main())
