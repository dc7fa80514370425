"""Random choices: independent ones, and alternatives of which at most one comes true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.kr.formulas import Atom
    from planner.kr.rules import Rule
    from planner.kr.terms import Constant

__all__ = ["Choice", "Judged", "conditional_probabilities"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model is asked about.

    Attributes:
        objects: codes of the arguments that are judged.
        output: which output of the model, -1 for the only one of a yes-or-no judge.
    """

    predicate: str
    objects: tuple[int, ...]
    output: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that comes true with a probability.

    Attributes:
        atom: what it brings about, in the instance of ``rule`` where there is one.
        probability: of this alternative by itself.
        judged: the question to a model that the probability answers.
        binding: of the rule's variables.
    """

    atom: Atom
    probability: float
    rule: Rule | None = None
    judged: Judged | None = None
    binding: tuple[tuple[str, Constant], ...] = ()


def conditional_probabilities(
    choices: Sequence[Choice], groups: Sequence[Sequence[int]]
) -> list[float]:
    """For each choice the probability that it comes true when those before it in its group do not.

    A group is thereby a chain of independent choices, of which the first success counts.
    """
    found = [0.0] * len(choices)
    for group in groups:
        left = max(0.0, 1.0 - math.fsum(choices[index].probability for index in group))
        # From the last one backwards, so that nothing is subtracted.
        for index in reversed(group):
            chance = choices[index].probability
            left += chance
            found[index] = chance / left if chance > 0.0 else 0.0
    return found
