"""Probabilities by listing all worlds and evaluating the certain engine in each: the oracle."""

from __future__ import annotations

from itertools import product

from planner.engine.facts import Facts
from planner.engine.forward import evaluate
from planner.kr.formulas import Atom

# A group is a list of (probability, atom), at most one of which holds.


def worlds(groups):
    """Every world: its probability and its atoms."""
    options = []
    for group in groups:
        rest = 1 - sum(chance for chance, _ in group)
        options.append([*group, (rest, None)])
    for chosen in product(*options):
        weight = 1.0
        for chance, _ in chosen:
            weight *= float(chance)
        if weight > 0:
            yield weight, [atom for _, atom in chosen if atom is not None]


def probabilities(rules, facts, groups, predicates, given=(), **declared):
    """The probability of every atom of some predicates, given that some atoms hold.

    Predicates and functions may be ``declared`` as for `planner.engine.forward.evaluate`.
    """
    total, found = 0.0, {}
    for weight, atoms in worlds(groups):
        model = evaluate(rules, Facts.of([*facts, *atoms]), **declared)
        if not all(model.holds(atom) for atom in given):
            continue
        total += weight
        for name in predicates:
            for atom in model.atoms(name):
                found[atom] = found.get(atom, 0.0) + weight
    return {atom: weight / total for atom, weight in found.items()}


def most_probable(rules, facts, groups, evidence: Atom) -> float:
    """The probability of the likeliest world in which an atom holds."""
    best = 0.0
    for weight, atoms in worlds(groups):
        if weight > best and evaluate(rules, Facts.of([*facts, *atoms])).holds(evidence):
            best = weight
    return best
