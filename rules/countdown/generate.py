"""Write number puzzles as tasks: given numbers, or a line of a file of puzzles.

    python rules/countdown/generate.py 122 78 100 26 74 --name four-1
    python rules/countdown/generate.py --file countdown_6.jsonl --line 1 --name six-1
    python rules/countdown/generate.py --file dev.csv --line 1 --name one

A `.jsonl` file has `meta.numbers` and `meta.target` in each line (reasoning-gym's countdown); a
`.csv` file has a column `puzzle` of numbers that are to make 24 (Tree of Thoughts' Game of 24).
"""

from __future__ import annotations

import argparse
import csv
import json
import string
import sys
from pathlib import Path

Puzzle = tuple[list[int], int]


def read_puzzles(path: Path) -> list[Puzzle]:
    """All puzzles of a file: numbers and target."""
    with path.open(encoding="utf-8") as stream:
        if path.suffix == ".csv":
            return [([int(n) for n in row["puzzle"].split()], 24) for row in csv.DictReader(stream)]
        lines = [json.loads(line)["meta"] for line in stream]
    return [(line["numbers"], line["target"]) for line in lines]


def task_text(name: str, numbers: list[int], target: int, rules: str = "../rules.yaml") -> str:
    """The task file of a puzzle."""
    items = string.ascii_lowercase[: len(numbers)]
    facts = [f"  - value({item}, {number})" for item, number in zip(items, numbers, strict=True)]
    lines = [
        f"task: {name}",
        f"rules: {rules}",
        f"objects: {{item: [{', '.join(items)}]}}",
        "init:",
        *facts,
        f"goal: value(?a, {target}) and not exists(?b - item, value(?b, ?) and ?b != ?a)",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print one task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=int, nargs="?")
    parser.add_argument("numbers", type=int, nargs="*")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--line", type=int, default=1)
    parser.add_argument("--name", default="puzzle")
    parser.add_argument("--rules", default="../rules.yaml")
    options = parser.parse_args()
    numbers, target = options.numbers, options.target
    if options.file is not None:
        numbers, target = read_puzzles(options.file)[options.line - 1]
    if not numbers:
        parser.error("give a target and numbers, or --file")
    sys.stdout.write(task_text(options.name, numbers, target, options.rules))


if __name__ == "__main__":
    main()
