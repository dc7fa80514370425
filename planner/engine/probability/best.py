"""Which random choices matter: the most probable proofs and what they use.

An atom's best proof is found as Knuth (1977) does; a choice matters as much as the best proof of a
question that uses it (the outside weight of Eisner's agenda parsing). Negated atoms are left out of
proofs, so weights are an order of importance and not a probability.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from planner.engine.probability.ground import GroundClause, GroundProgram, Node

__all__ = ["best_values", "choices_by_importance"]

Cost = TypeVar("Cost", int, float)


def choices_by_importance(program: GroundProgram, questions: Iterable[Node]) -> list[int]:
    """All choices of a program, those of the most probable proofs first."""
    inside = _inside(program)
    outside: dict[Node, float] = {node: 1.0 for node in questions if node in program.clauses}
    weight: dict[int, float] = {}
    for node in reversed(inside):
        reach = outside.get(node, 0.0)
        if reach == 0.0:
            continue
        for clause in program.clauses[node]:
            value = reach * _weight(clause, inside, program)
            if clause.choice >= 0:
                weight[clause.choice] = max(weight.get(clause.choice, 0.0), value)
            for below in clause.positive:
                share = value / inside[below] if inside.get(below) else 0.0
                outside[below] = max(outside.get(below, 0.0), share)
            for below in clause.negative:
                outside[below] = max(outside.get(below, 0.0), value)
    every = dict.fromkeys(
        clause.choice
        for component in program.components
        for node in component
        for clause in program.clauses[node]
        if clause.choice >= 0
    )
    return sorted(every, key=lambda choice: -weight.get(choice, 0.0))


def best_values(
    program: GroundProgram, value: Callable[[GroundClause, Mapping[Node, Cost]], Cost]
) -> dict[Node, Cost]:
    """The least value of each atom over its proofs, in an order from premises to conclusions.

    What is negated is no part of a proof. Atoms without any are left out (Knuth 1977).

    Args:
        program: whose atoms are valued.
        value: of the proof that ends with a clause, from those of its premises: none of them may
            be greater, nor may it fall when one of them grows.
    """
    readers: dict[Node, list[tuple[Node, GroundClause]]] = {}
    waiting: dict[int, int] = {}
    heap: list[tuple[Cost, int, Node]] = []
    ticket = 0
    found: dict[Node, Cost] = {}
    for node, clauses in program.clauses.items():
        for clause in clauses:
            below = dict.fromkeys(clause.positive)
            waiting[id(clause)] = len(below)
            for read in below:
                readers.setdefault(read, []).append((node, clause))
            if not below:
                ticket += 1
                heappush(heap, (value(clause, found), ticket, node))
    while heap:
        least, _, node = heappop(heap)
        if node in found:
            continue
        found[node] = least
        for head, clause in readers.get(node, ()):
            waiting[id(clause)] -= 1
            if not waiting[id(clause)] and head not in found:
                ticket += 1
                heappush(heap, (value(clause, found), ticket, head))
    return found


def _inside(program: GroundProgram) -> dict[Node, float]:
    """The weight of each atom's best proof, in the order of `best_values`."""

    def negated(clause: GroundClause, found: Mapping[Node, float]) -> float:
        return -_weight(clause, {node: -found[node] for node in clause.positive}, program)

    return {node: -value for node, value in best_values(program, negated).items()}


def _weight(clause: GroundClause, inside: Mapping[Node, float], program: GroundProgram) -> float:
    weight = 1.0 if clause.choice < 0 else program.choices[clause.choice].probability
    for node in clause.positive:
        weight *= inside.get(node, 0.0)
    return weight
