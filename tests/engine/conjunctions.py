"""Random facts, and conjunctions over them."""

from __future__ import annotations

import random

from planner.engine.matching import FactIndex, Pattern

EDGE, FAR, RED = range(3)


def random_index(seed: int, values: int = 7) -> FactIndex:
    draws = random.Random(seed)
    index = FactIndex()
    for _ in range(18):
        index.add(EDGE, (draws.randrange(values), draws.randrange(values)))
        index.add(FAR, (draws.randrange(values), draws.randrange(values), draws.randrange(values)))
    for _ in range(4):
        index.add(RED, (draws.randrange(values),))
    return index


def random_patterns(seed: int) -> list[Pattern]:
    """A conjunction over five variables, constants and repeated variables among its arguments."""
    draws = random.Random(1000 + seed)

    def argument() -> int:
        return draws.randrange(7) if draws.random() < 0.15 else ~draws.randrange(5)

    kinds = [(EDGE, 2), (EDGE, 2), (FAR, 3), (RED, 1), (EDGE, 2)]
    return [Pattern(kind, tuple(argument() for _ in range(n))) for kind, n in kinds]
