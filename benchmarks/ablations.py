"""The ablations on domains of the IPC 2023 learning track: rules, model, heuristic, uniform.

    python -m benchmarks.ablations --domains ferry,spanner [--minutes 1] [--seeds 3] [--keep DIR]
    python -m benchmarks.ablations --domains ferry --tiers easy,medium --cpu 5 --only never-worse

For each domain and seed rules and a relational model are learned from ``train/`` by `planner
train`, in a process of its own; then every development task of ``--tiers`` is given to each guide,
under bounds on expansions and on CPU seconds. Guides that learn nothing draw nothing either: they
run once, however many seeds there are. `Never worse` (`benchmarks.never_worse`) runs model +
heuristic with the seconds plus 10 % as its limit and the heuristic alone with the seconds as its
limit, models of the first seed. ``--keep DIR`` keeps what was trained, in ``DIR/DOMAIN`` and
``DIR/DOMAIN-SEED``, and uses what is there already.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, run
from benchmarks.never_worse import is_never_worse

if TYPE_CHECKING:
    from planner.kr.task import Task
    from planner.learn.evaluation.ablation import Entrant, Trial

ORDER = ("uniform", "frequency", "h_ff", "heuristic", "rules", "rules + model", "model",
         "model + heuristic")  # fmt: skip
UNLEARNED = ("uniform", "h_ff", "heuristic")
PARTS = ("table", "never-worse")


@dataclass(frozen=True, slots=True)
class Trained:
    """What one seed learned of a domain.

    Attributes:
        training: what that took, in words.
    """

    entrants: dict[str, Entrant]
    training: str


def main() -> int:
    """Print a table for each domain; 0 when model + heuristic was never worse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", default="ferry,spanner")
    parser.add_argument("--tiers", default="easy")
    parser.add_argument("--minutes", type=float, default=2.0, help="CPU minutes of fitting")
    parser.add_argument("--rules-cpu", type=float, default=40.0, help="CPU seconds for rules")
    parser.add_argument("--expansions", type=int, default=300)
    parser.add_argument("--cpu", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=1, help="trainings of a domain")
    parser.add_argument("--guides", default="", help="only these rows, separated by commas")
    parser.add_argument("--only", choices=PARTS, help="leave the other part out")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was trained")
    options = parser.parse_args()
    worse = 0
    with tempfile.TemporaryDirectory() as scratch:
        kept = (options.keep or Path(scratch)).resolve()
        for domain in options.domains.split(","):
            tasks = _tasks(domain, options.tiers)
            learners = [_learned(domain, kept, seed, options) for seed in range(options.seeds)]
            print(f"\n### {domain} ({'; '.join(x.training for x in learners)})\n", flush=True)
            if options.only != "never-worse":
                print(_table(list(tasks.values()), learners, options), flush=True)
            if options.only != "table":
                worse += not is_never_worse(tasks, learners[0].entrants, options.cpu)
    return 1 if worse else 0


def trained(domain: str, folder: Path, minutes: float, rules_cpu: float, seed: int = 0) -> str:
    """Learn rules and a model of a domain in a folder, if they are not there; what that took."""
    source = BENCHMARKS / "pddl" / f"lt-{domain}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "model" / "config.json").is_file():
        shutil.copy(source / "domain.pddl", folder)
        problems = sorted((source / "train").glob("*.pddl"))
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "planner",
            "train",
            "--domain",
            folder / "domain.pddl",
        ]
        command += [*problems, "--kind", "relational", "--minutes", str(minutes)]
        command += ["--rules-cpu", str(rules_cpu), "--rules-out", folder / "learned.yaml"]
        command += ["--seed", str(seed)]
        done = run([*command, "--out", folder / "model"], cpu_s=3600, folder=folder)
        if done.code:
            raise SystemExit(done.output)
    return fitting_of(folder / "model")


def fitting_of(folder: Path) -> str:
    """What the training of a kept model took."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    report = config["report"]
    return (
        f"{report['fit_cpu_s']:.0f} CPU s of fitting, {report['data_cpu_s']:.0f} of making data, "
        f"{report['states']} states"
    )


def _tasks(domain: str, tiers: str) -> dict[str, Task]:
    """The development tasks, by name."""
    from planner.io.pddl.load import load_pddl

    source = BENCHMARKS / "pddl" / f"lt-{domain}"
    files = [file for tier in tiers.split(",") for file in sorted(source.glob(f"{tier}-*.pddl"))]
    return {file.stem: load_pddl(source / "domain.pddl", file)[0] for file in files}


def _learned(domain: str, kept: Path, seed: int, options: argparse.Namespace) -> Trained:
    """The guides that a seed brings, in the order of the table."""
    from planner.io.pddl.load import load_pddl
    from planner.learn.evaluation.ablation import Bounds
    from planner.learn.evaluation.entrants import entrants_of
    from planner.learn.evaluation.exam_tasks import count_steps, space_for
    from planner.learn.tasks.examples import base_of_tasks
    from planner.learned import use_learned

    folder = kept / (f"{domain}-{seed}" if seed else domain)
    training = trained(domain, folder, options.minutes, options.rules_cpu, seed)
    wanted = options.guides.split(",") if options.guides else ORDER
    problems = sorted((BENCHMARKS / "pddl" / f"lt-{domain}" / "train").glob("*.pddl"))
    examples = [(file, load_pddl(folder / "domain.pddl", file)[0]) for file in problems]
    learned, model, _ = use_learned(examples[0][1], str(folder / "model"))
    rules = learned.rules if learned.rules.control else None
    counts = None
    if "frequency" in wanted and options.only != "never-worse":
        counts = count_steps(base_of_tasks(examples), space_for, seed)
    bounds = Bounds(options.expansions, options.cpu)
    found = entrants_of(space_for(examples[0][1]), counts, model, rules, bounds)
    return Trained({name: found[name] for name in ORDER if name in found and name in wanted},
                   training)  # fmt: skip


def _table(tasks: list[Task], learners: list[Trained], options: argparse.Namespace) -> str:
    """Each guide's row, over all seeds."""
    from planner.learn.evaluation.ablation import Bounds, ablate, compete, render_ablations
    from planner.learn.evaluation.exam_tasks import space_for

    bounds = Bounds(options.expansions, options.cpu)
    # What is loaded or compiled once, kernels above all, is no part of any trial.
    list(compete(tasks[:1], learners[0].entrants, Bounds(1, 0.0), space_for))
    trials: list[Trial] = []
    for seed, learner in enumerate(learners):
        entrants = {name: entrant for name, entrant in learner.entrants.items()
                    if not (seed and name in UNLEARNED)}  # fmt: skip
        trials += compete(tasks, entrants, bounds, space_for, seed)
    ordered = sorted(trials, key=lambda trial: ORDER.index(trial.entrant))
    # Each seed is another training, tried on the same tasks.
    rows = ablate(ordered, bounds, _best(trials), repeated=True)
    return render_ablations(rows, bounds)


def _best(trials: list[Trial]) -> dict[tuple[int, int], int]:
    """The least cost that any guide found with any seed, by seed and task."""
    costs: dict[int, int] = {}
    for trial in trials:
        if trial.steps is not None:
            costs[trial.task] = min(trial.cost, costs.get(trial.task, trial.cost))
    return {(seed, task): cost for task, cost in costs.items() for seed in
            dict.fromkeys(trial.seed for trial in trials)}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
