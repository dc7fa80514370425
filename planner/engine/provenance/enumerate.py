"""Proofs one after the other, the lowest first, and of equal height the smallest.

A proof gives each of its facts one derivation, without circles. Partial proofs are completed best
first (Hart, Nilsson, Raphael 1968): the heights of least proofs bound from below what is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planner.engine.provenance.derivations import Derivation, Derivations, Fact

    Chosen: TypeAlias = dict[Fact, Derivation]

__all__ = ["ProofShape", "proof_shapes"]

_BUDGET = 50_000


@dataclass(frozen=True, slots=True)
class ProofShape:
    """Which derivation each fact of a proof has.

    Attributes:
        height: the longest way from the goal down to a stated fact.
        size: how many facts are derived.
    """

    chosen: Mapping[Fact, Derivation]
    height: int
    size: int


def proof_shapes(
    derivations: Derivations, goal: Fact, budget: int = _BUDGET
) -> Iterator[ProofShape]:
    """All proofs of a fact that holds, ordered by height and then by size.

    Ends early, without a word, after looking at ``budget`` partial proofs.
    """
    known: dict[Fact, tuple[Derivation, ...]] = {}
    start: Chosen = {}
    heap = [(*_bounds(derivations, goal, start), 0, 0, start)]
    ticket = 0
    while heap and budget > 0:
        budget -= 1
        height, size, _, _, chosen = heappop(heap)
        fact = _open_fact(goal, chosen)
        if fact is None:
            yield ProofShape(chosen, height, size)
            continue
        if fact not in known:
            known[fact] = derivations.every(fact)
        for way in known[fact]:
            extended = {**chosen, fact: way}
            if _is_circular(fact, extended):
                continue
            ticket += 1
            bounds = _bounds(derivations, goal, extended)
            # Of equal bounds the more complete one, so that the first proof is soon there.
            heappush(heap, (*bounds, -len(extended), ticket, extended))


def _open_fact(goal: Fact, chosen: Chosen) -> Fact | None:
    """The first fact, from the goal downwards, that has no derivation yet."""
    waiting, seen = [goal], {goal}
    while waiting:
        fact = waiting.pop()
        way = chosen.get(fact)
        if way is None:
            return fact
        for premise in reversed(way.premises):
            if premise not in seen:
                seen.add(premise)
                waiting.append(premise)
    return None


def _is_circular(fact: Fact, chosen: Chosen) -> bool:
    """Whether a fact rests on itself."""
    waiting, seen = list(chosen[fact].premises), set[object]()
    while waiting:
        below = waiting.pop()
        if below == fact:
            return True
        if below in chosen and below not in seen:
            seen.add(below)
            waiting += chosen[below].premises
    return False


def _bounds(derivations: Derivations, goal: Fact, chosen: Chosen) -> tuple[int, int]:
    """The least height and size that a completion of a partial proof can have."""
    heights: dict[Fact, int] = {}
    waiting = [goal]
    size = 0
    while waiting:
        fact = waiting[-1]
        if fact in heights:
            waiting.pop()
            continue
        way = chosen.get(fact)
        if way is None:
            heights[fact] = derivations.height(fact)
            size += heights[fact] > 0
            continue
        missing = [p for p in way.premises if p not in heights]
        if missing:
            waiting += missing
            continue
        heights[fact] = 1 + max((heights[p] for p in way.premises), default=-1)
        if way.is_given:
            heights[fact] = 0
        size += not way.is_given
    return heights[goal], size
