"""What derived facts rest on in a state: the facts at the leaves of a proof.

Steps change no derived fact, so goal regression goes on from these leaves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from planner.engine.forward import saturate
from planner.engine.proofs import Absent, ByRule, Computed, Given
from planner.kr.formulas import Atom, Forall, Not, conjuncts
from planner.kr.terms import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.engine.proofs import Proof
    from planner.kr.rules import Rule
    from planner.kr.task import Task

__all__ = ["Leaves", "leaves_of"]

Leaves: TypeAlias = "tuple[frozenset[Atom], frozenset[Atom]]"
"""Atoms that are true, and atoms that are false."""


def leaves_of(
    task: Task, facts: Iterable[Atom], atoms: Iterable[Atom], *, partly: bool = False
) -> Leaves | None:
    """What atoms rest on where some facts are true.

    Args:
        task: whose rules derive.
        facts: those of a state that no rule derives.
        atoms: true in the state, derived or not.
        partly: leave out what is no such atom.

    Returns:
        ``None`` where a proof rests on more than the truth of atoms: on a comparison, a number, a
        ``forall``, or the absence of a derived fact.
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
    if partly:
        known = [(a, positive) for a, positive in known if a.predicate not in derived]
    elif len(known) < len(found) or any(a.predicate in derived for a, _ in known):
        return None
    true = frozenset(atom for atom, positive in known if positive)
    return true, frozenset(atom for atom, positive in known if not positive)


def _literals(proof: Proof) -> Iterator[tuple[Atom, bool] | None]:
    """The literals at the leaves, ``None`` for what is no literal."""
    match proof.justification:
        case Given(fact):
            yield fact, True
        case ByRule(rule, premises=premises):
            kept = _without_forall(rule, premises)
            if len(kept) < len(premises):
                yield None
            for premise in kept:
                yield from _literals(premise)
        case Absent(Not(Atom(arguments=arguments) as atom)):
            # `not on(?, ?x)` denies many atoms at once.
            open_places = any(isinstance(a, Variable) for a in arguments)
            yield None if open_places else (atom, False)
        case Absent() | Computed():
            yield None


def _without_forall(rule: Rule, premises: Sequence[Proof]) -> Sequence[Proof]:
    """The premises but those of a ``forall``: how many there are differs from task to task."""
    parts = conjuncts(rule.body)
    places = [i for i, part in enumerate(parts) if isinstance(part, Forall)]
    if len(places) != 1 or len(premises) < len(parts) - 1:
        return premises
    after = len(parts) - 1 - places[0]
    return [*premises[: places[0]], *premises[len(premises) - after :]]
