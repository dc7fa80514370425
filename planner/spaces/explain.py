"""States as facts, for traces and for answers to ``why``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import Atom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from planner.interfaces import StepSpace, Table
    from planner.kr.terms import Constant

__all__ = ["atom_at", "state_facts", "static_facts"]


def state_facts(space: StepSpace, state: int) -> tuple[Atom, ...]:
    """The facts of a state that may differ between states, derived ones included."""
    # Asked first, because atoms may be numbered when they are asked for.
    numbers = space.true_atoms(state).tolist()
    return tuple(_atoms(space, space.atoms, numbers))


def static_facts(space: StepSpace) -> tuple[Atom, ...]:
    """The facts true in every state."""
    return tuple(_atoms(space, space.static, range(len(space.static))))


def atom_at(space: StepSpace, number: int) -> Atom:
    """The atom with a number in ``space.atoms``."""
    return next(_atoms(space, space.atoms, (number,)))


def _atoms(space: StepSpace, table: Table, numbers: Iterable[int]) -> Iterator[Atom]:
    names = tuple(space.task.rules.predicates)
    constants: tuple[Constant, ...] = space.constants
    for number in numbers:
        codes = table.arguments[number].tolist()
        arguments = tuple(constants[code] for code in codes if code >= 0)
        yield Atom(names[table.symbol[number]], arguments)
