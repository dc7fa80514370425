"""Write random blocks-world tasks: two random arrangements of towers, from a seed.

    python rules/blocksworld/generate.py 20 --seed 1 > rules/blocksworld/tasks/blocks-20.yaml

Each arrangement places the blocks in random order, each on the table or on a tower that is
there, all places being equally likely.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys

Towers = list[list[str]]


def random_towers(blocks: list[str], rng: random.Random) -> Towers:
    """Towers from the bottom up, in the order in which they were begun."""
    towers: Towers = []
    for block in rng.sample(blocks, len(blocks)):
        place = rng.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([block])
        else:
            towers[place].append(block)
    return towers


def stacked(towers: Towers) -> list[str]:
    """The `on` facts of an arrangement."""
    return [
        f"on({upper}, {lower})" for tower in towers for lower, upper in itertools.pairwise(tower)
    ]


def task_text(count: int, seed: int) -> str:
    """The task file for `count` blocks."""
    rng = random.Random(f"blocksworld {count} {seed}")
    blocks = [f"b{number}" for number in range(1, count + 1)]
    start, end = random_towers(blocks, rng), random_towers(blocks, rng)
    while not stacked(end) or stacked(start) == stacked(end):
        start, end = random_towers(blocks, rng), random_towers(blocks, rng)
    init = [
        *(f"ontable({tower[0]})" for tower in start),
        *stacked(start),
        *(f"clear({tower[-1]})" for tower in start),
        "handempty",
    ]
    lines = [
        f"# generate.py {count} --seed {seed}",
        f"task: blocks-{count}-{seed}",
        "rules: ../rules.yaml",
        f"objects: {{block: [{', '.join(blocks)}]}}",
        "init:",
        *(f"  - {fact}" for fact in init),
        "goal:",
        *(f"  - {fact}" for fact in stacked(end)),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print one task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="number of blocks, at least 2")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.count < 2:
        parser.error("at least 2 blocks are needed")
    sys.stdout.write(task_text(arguments.count, arguments.seed))


if __name__ == "__main__":
    main()
