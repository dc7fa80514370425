"""Write a task of Miss Manners: guests of both sexes in turn, each with two or three hobbies.

python rules/manners/generate.py 16 --seed 1 > rules/manners/tasks/guests-16-1.yaml
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys

HOBBIES = ("chess", "dancing", "films", "gardens", "hiking")


def task_text(count: int, seed: int) -> str:
    """The task file for `count` guests."""
    rng = random.Random(f"manners {count} {seed}")
    guests = {
        f"g{number}": (("female", "male")[number % 2], rng.sample(HOBBIES, rng.randint(2, 3)))
        for number in range(1, count + 1)
    }
    return text_of(f"guests-{count}-{seed}", f"# generate.py {count} --seed {seed}", guests)


def text_of(name: str, comment: str, guests: dict[str, tuple[str, list[str]]]) -> str:
    """The task file for given guests, each with sex and hobbies."""
    numbers = [f"n{number}" for number in range(1, len(guests) + 2)]
    hobbies = list(dict.fromkeys(hobby for _, likes in guests.values() for hobby in likes))
    facts = [f"is({guest}, {sex})" for guest, (sex, _) in guests.items()]
    facts += [f"likes({guest}, {hobby})" for guest, (_, likes) in guests.items() for hobby in likes]
    facts += [f"next({a}, {b})" for a, b in itertools.pairwise(numbers)]
    lines = [
        comment,
        f"task: {name}",
        "rules: ../rules.yaml",
        "objects:",
        f"  guest: [{', '.join(guests)}]",
        f"  hobby: [{', '.join(hobbies)}]",
        f"  ordinal: [{', '.join(numbers)}]",
        "init:",
        *(f"  - {fact}" for fact in facts),
        f"  - last({numbers[len(guests) - 1]})",
        "  - now(begin)",
        "  - unused(n1)",
        "goal: now(end)",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print one task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, help="number of guests, at least 2")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.count < 2:
        parser.error("at least 2 guests are needed")
    sys.stdout.write(task_text(arguments.count, arguments.seed))


if __name__ == "__main__":
    main()
