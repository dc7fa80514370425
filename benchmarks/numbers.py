"""Game of 24 and Countdown as open tasks: solved share and expansions, a row for each search.

    python -m benchmarks.numbers [--set game24 --set countdown_4 ...] [--limit N] [--count N]
        [--search NAME ...] [--guide NAME ...] [--cpu S] [--model DIR --guide model]

Puzzles come from the benchmark folder. `default` is the guide that a
search takes for open tasks: goal_numbers. Every plan is checked by the validator, unsolvable ones
are proved by exhaustion, and CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import csv
import json
import string
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.common import BENCHMARKS, ROOT
from planner.io.formula_grammar import parse_atom, parse_formula
from planner.io.load import load_rules
from planner.kr.task import RuleBase, Task
from planner.models.pretrained import load_model
from planner.search.limits import Limits
from planner.search.result import Status
from planner.solve import solve

if TYPE_CHECKING:
    from planner.interfaces import StepModel

SETS = ("game24", "countdown_4", "countdown_6", "countdown_8big")
SEARCHES = ("regret", "gbfs", "levin", "mcts", "beam:complete=true")
GUIDES = ("uniform", "default")

Puzzle = tuple[list[int], int]


def read_puzzles(name: str) -> list[Puzzle]:
    """Numbers and target of each puzzle of a set."""
    folder = BENCHMARKS / "reasoning"
    if name == "game24":
        with (folder / "game24/dev.csv").open(encoding="utf-8") as stream:
            return [([int(n) for n in row["puzzle"].split()], 24) for row in csv.DictReader(stream)]
    text = (folder / f"generated_logic/{name}.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line)["meta"] for line in text.splitlines()]
    return [(line["numbers"], line["target"]) for line in lines]


def as_task(rules: RuleBase, puzzle: Puzzle) -> Task:
    """A puzzle as `rules/countdown/generate.py` writes it."""
    numbers, target = puzzle
    items = string.ascii_lowercase[: len(numbers)]
    facts = [parse_atom(f"value({i}, {n})") for i, n in zip(items, numbers, strict=True)]
    goal = f"value(?a, {target}) and not exists(?b - item, value(?b, ?) and ?b != ?a)"
    return Task(
        rules, objects=dict.fromkeys(items, "item"), init=tuple(facts), goal=parse_formula(goal)
    )


def measure(
    tasks: list[Task], search: str, guide: str, limits: Limits, model: StepModel | None
) -> str:
    """One row of the table."""
    start = time.process_time()
    expanded, proved = [], 0
    for task in tasks:
        chosen = None if guide == "default" else guide
        result = solve(
            task,
            search=search,
            guide=chosen,
            model=model if guide == "model" else None,
            limits=limits,
        )
        if result.status is Status.SOLVED:
            expanded.append(result.statistics.expanded)
        proved += result.status is Status.UNSOLVABLE
    spent = time.process_time() - start
    middle, most = (median(expanded), max(expanded)) if expanded else (0, 0)
    return (
        f"{search:20} {guide:14} {len(expanded):4}/{len(tasks):<4} {proved:6} "
        f"{middle:10,.1f} {most:10,} {spent:9.1f}"
    )


def main() -> None:
    """Run every search with every guide on every set and print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--search", action="append")
    parser.add_argument("--guide", action="append")
    parser.add_argument("--limit", type=int, default=3_000, help="expansions a puzzle")
    parser.add_argument("--cpu", type=float, help="CPU seconds a puzzle")
    parser.add_argument("--count", type=int, help="only the first puzzles")
    parser.add_argument("--model", type=Path, help="folder of the model that `model` names")
    options = parser.parse_args()
    rules = load_rules(ROOT / "rules/countdown/rules.yaml")
    limits = Limits(expansions=options.limit, cpu_s=options.cpu)
    model = None if options.model is None else load_model(options.model)
    for name in options.set or SETS:
        tasks = [as_task(rules, puzzle) for puzzle in read_puzzles(name)[: options.count]]
        print(f"\n{name}, at most {options.limit:,} expansions")
        print("search               guide            solved proved     median       most     CPU s")
        for search in options.search or SEARCHES:
            for guide in options.guide or GUIDES:
                print(measure(tasks, search, guide, limits, model), flush=True)


if __name__ == "__main__":
    main()
