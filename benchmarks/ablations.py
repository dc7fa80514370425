"""The ablations on domains of the IPC 2023 learning track: rules, model, heuristic, uniform.

    python -m benchmarks.ablations --domains ferry,spanner [--minutes 2] [--keep DIR] [--hard 2]

For each domain rules and a relational model are learned from ``train/`` by ``planner train``, in a
process of its own, then every easy development task is given to each guide, under bounds on
expansions and on CPU seconds. `Never worse` runs model + heuristic once more, limited to the
seconds plus 10 %, and the heuristic alone, limited to the seconds. ``--keep DIR`` keeps what was
trained and uses what is there already.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.kr.task import Task
    from planner.learn.ablation import Entrant
    from planner.learn.exam import Exam

ORDER = ("uniform", "frequency", "h_ff", "heuristic", "rules", "rules + model", "model",
         "model + heuristic")  # fmt: skip


def main() -> int:
    """Print a table for each domain; 0 when model + heuristic was never worse."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--domains", default="ferry,spanner")
    parser.add_argument("--tiers", default="easy")
    parser.add_argument("--minutes", type=float, default=2.0, help="CPU minutes of fitting")
    parser.add_argument("--rules-cpu", type=float, default=40.0, help="CPU seconds for rules")
    parser.add_argument("--expansions", type=int, default=300)
    parser.add_argument("--cpu", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--guides", default="", help="only these rows, separated by commas")
    parser.add_argument("--keep", type=Path, help="a folder that keeps what was trained")
    options = parser.parse_args()
    worse = 0
    with tempfile.TemporaryDirectory() as scratch:
        kept = options.keep or Path(scratch)
        for domain in options.domains.split(","):
            folder = (kept / domain).resolve()
            training = trained(domain, folder, options.minutes, options.rules_cpu)
            tasks, entrants, exam = _examine(domain, folder, options)
            print(f"\n### {domain} ({training})\n\n{exam.render()}", flush=True)
            worse += _never_worse(tasks, entrants, options.cpu)
    return 1 if worse else 0


def trained(domain: str, folder: Path, minutes: float, rules_cpu: float) -> str:
    """Learn rules and a model of a domain in a folder, if they are not there; what that took."""
    source = BENCHMARKS / "pddl" / f"lt-{domain}"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "model" / "config.json"
    if not config.is_file():
        shutil.copy(source / "domain.pddl", folder)
        problems = sorted((source / "train").glob("*.pddl"))
        command = [sys.executable, "-m", "planner", "train", "--domain", folder / "domain.pddl"]
        command += [*problems, "--kind", "relational", "--minutes", str(minutes)]
        command += ["--rules-cpu", str(rules_cpu), "--rules-out", folder / "learned.yaml"]
        done = run([*command, "--out", folder / "model"], cpu_s=3600, folder=folder)
        if done.code:
            raise SystemExit(done.output)
    report = json.loads(config.read_text(encoding="utf-8"))["report"]
    return (
        f"{report['fit_cpu_s']:.0f} CPU s of fitting, {report['data_cpu_s']:.0f} of making data, "
        f"{report['states']} states"
    )


def _examine(
    domain: str, folder: Path, options: argparse.Namespace
) -> tuple[list[Task], dict[str, Entrant], Exam]:
    from planner.io.pddl.load import load_pddl
    from planner.learn.ablation import Bounds
    from planner.learn.entrants import entrants_of
    from planner.learn.exam import examine
    from planner.learn.exam_tasks import count_steps, space_for
    from planner.learn.examples import base_of_tasks
    from planner.learned import use_learned

    source = BENCHMARKS / "pddl" / f"lt-{domain}"
    tiers = options.tiers.split(",")
    files = [file for tier in tiers for file in sorted(source.glob(f"{tier}-*.pddl"))]
    tasks = [load_pddl(folder / "domain.pddl", file)[0] for file in files]
    train = sorted((source / "train").glob("*.pddl"))
    base = base_of_tasks([(f, load_pddl(folder / "domain.pddl", f)[0]) for f in train])
    learned, model, notes = use_learned(tasks[0], str(folder / "model"))
    rules = learned.rules if learned.rules.control else None
    counts = count_steps(base, space_for)
    entrants = entrants_of(space_for(tasks[0]), counts, model, rules)
    wanted = options.guides.split(",") if options.guides else ORDER
    ordered = {name: entrants[name] for name in ORDER if name in entrants and name in wanted}
    bounds = Bounds(options.expansions, options.cpu)
    by_seed = dict.fromkeys(range(options.seeds), tasks)
    return tasks, entrants, examine(by_seed, ordered, bounds, space_for, model, notes)


def _never_worse(tasks: Sequence[Task], entrants: Mapping[str, Entrant], cpu_s: float) -> bool:
    """Print and return whether the heuristic solves more than it does together with the model.

    Each has its seconds as a limit, as `planner solve --cpu` sets one, and searches accordingly.
    """
    from planner.learn.exam_tasks import space_for
    from planner.search.limits import Limits, Meter

    solved = {"heuristic": 0, "model + heuristic": 0}
    for task in tasks:
        space = space_for(task)
        for name, seconds in (("heuristic", cpu_s), ("model + heuristic", 1.1 * cpu_s)):
            entrant = entrants[name]
            outcome = entrant.search.run(space, entrant.guide, Meter(Limits(cpu_s=seconds)))
            solved[name] += outcome.steps is not None
    alone, together = solved.values()
    verdict = "never worse" if together >= alone else "WORSE"
    print(
        f"\n{verdict}: the heuristic solves {alone} of {len(tasks)} in {cpu_s:g} CPU s, "
        f"model + heuristic {together} in {1.1 * cpu_s:g}",
        flush=True,
    )
    return together < alone


if __name__ == "__main__":
    sys.exit(main())
