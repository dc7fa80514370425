"""Relations that tell a step model nothing new: transitive closures of what it sees anyway.

A closure has quadratically many facts and every fact costs time in every round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.kr.formulas import Atom, conjuncts
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from planner.interfaces import BoolArray, IntArray
    from planner.kr.rules import Rule
    from planner.kr.task import RuleBase

__all__ = ["closure_predicates", "redundant_pairs"]


def closure_predicates(rules: RuleBase) -> tuple[str, ...]:
    """Derived predicates whose rules say no more than "the closure of that other relation".

    Recognised is the textbook form: ``q(x, y) -> p(x, y)`` and one recursive rule that chains two
    of ``p`` and ``q``, nothing else having ``p`` as head.
    """
    heads: dict[str, list[Rule]] = {}
    for rule in rules.rules:
        heads.setdefault(rule.head.predicate, []).append(rule)
    return tuple(name for name, of_head in heads.items() if _is_closure(name, of_head))


def _is_closure(name: str, rules: list[Rule]) -> bool:
    if len(rules) != 2:
        return False
    base, step = sorted(rules, key=lambda rule: len(conjuncts(rule.body)))
    seeds, links = conjuncts(base.body), conjuncts(step.body)
    if len(seeds) != 1 or len(links) != 2 or rules[0].probability or rules[1].probability:
        return False
    seed, first, second = seeds[0], links[0], links[1]
    if not (isinstance(seed, Atom) and isinstance(first, Atom) and isinstance(second, Atom)):
        return False
    if not all(_is_pair_of_variables(a) for a in (base.head, step.head, seed, first, second)):
        return False
    names = {name, seed.predicate}
    chained = {first.predicate, second.predicate}
    if seed.predicate == name or name not in chained or not chained <= names:
        return False
    if base.head.arguments != seed.arguments:
        return False
    return any(
        (step.head.arguments[0], step.head.arguments[1]) == (a.arguments[0], b.arguments[1])
        and a.arguments[1] == b.arguments[0]
        and len({*a.arguments, *b.arguments}) == 3
        for a, b in ((first, second), (second, first))
    )


def _is_pair_of_variables(atom: Atom) -> bool:
    return len(set(atom.arguments)) == 2 and all(isinstance(a, Variable) for a in atom.arguments)


def redundant_pairs(pairs: IntArray, size: int) -> BoolArray:
    """Which pairs of a relation follow by transitivity from its other pairs.

    All False where the relation is not transitive or has a cycle, since it has then no
    transitive reduction that determines it.

    >>> redundant_pairs(np.array([[0, 1], [1, 2], [0, 2]], dtype=np.int32), 3).tolist()
    [False, False, True]
    """
    related = np.zeros((size, size), dtype=np.float32)
    related[pairs[:, 0], pairs[:, 1]] = 1
    twice = related @ related > 0
    if related.diagonal().any() or (twice & (related == 0)).any():
        return np.zeros(len(pairs), dtype=np.bool_)
    return np.asarray(twice[pairs[:, 0], pairs[:, 1]], dtype=np.bool_)
