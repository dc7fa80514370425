"""What derived facts rest on in a state: the facts at the leaves of a proof.

Steps change no derived fact, so goal regression goes on from these leaves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.forward import saturate
from planner.engine.proofs import Absent, ByRule, Computed, Given
from planner.kr.formulas import Atom, Not
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.engine.proofs import Proof
    from planner.kr.task import Task

__all__ = ["Leaves", "leaves_of"]

Leaves: TypeAlias = "tuple[frozenset[Atom], frozenset[Atom]]"
"""Atoms that are true, and atoms that are false."""


def leaves_of(task: Task, facts: Iterable[Atom], atoms: Iterable[Atom]) -> Leaves | None:
    """What atoms rest on where some facts are true.

    Args:
        task: whose rules derive.
        facts: those of a state that no rule derives.
        atoms: true in the state, derived or not.

    Returns:
        ``None`` where a proof rests on more than the truth of atoms: on a comparison, a number, or
        the absence of a derived fact.
    """
    derived = task.rules.derived
    wanted = list(atoms)
    plain = [atom for atom in wanted if atom.predicate not in derived]
    if len(plain) == len(wanted):
        return frozenset(plain), frozenset()
    model = saturate(replace(task, init=tuple(facts)))
    found: list[tuple[Atom, bool] | None] = [(atom, True) for atom in plain]
    for atom in wanted:
        if atom.predicate in derived:
            proof = model.prove(atom)
            found += [None] if proof is None else list(_literals(proof))
    known = [literal for literal in found if literal is not None]
    if len(known) < len(found) or any(a.predicate in derived for a, _ in known):
        return None
    true = frozenset(atom for atom, positive in known if positive)
    return true, frozenset(atom for atom, positive in known if not positive)


def _literals(proof: Proof) -> Iterator[tuple[Atom, bool] | None]:
    """The literals at the leaves, ``None`` for what is no literal."""
    match proof.justification:
        case Given(fact):
            yield fact, True
        case ByRule(premises=premises):
            for premise in premises:
                yield from _literals(premise)
        case Absent(Not(Atom(arguments=arguments) as atom)):
            # `not on(?, ?x)` denies many atoms at once.
            open_places = any(isinstance(a, Variable) for a in arguments)
            yield None if open_places else (atom, False)
        case Absent() | Computed():
            yield None
