"""Walks in a step space, random or the same as in another, and the facts of states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.kr.formulas import Atom

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from planner.interfaces import IntArray, StepSpace, Table

__all__ = ["all_facts", "state_facts", "stroll", "successors", "translated", "wander"]

_TRIES = 4  # steps tried at each place for one that leads somewhere new


def wander(space: StepSpace, state: int, length: int, rng: random.Random) -> list[int]:
    """The states of a walk, the first included; it prefers states it has not been to."""
    return [state, *(following for _, following in stroll(space, state, length, rng))]


def stroll(
    space: StepSpace, state: int, length: int, rng: random.Random
) -> Iterator[tuple[int, int]]:
    """The steps of such a walk, each with the state it leads to."""
    seen = {state}
    for _ in range(length):
        legal = space.legal_steps(state).tolist()
        if not legal:
            break
        taken, following = -1, state
        for step in rng.sample(legal, min(_TRIES, len(legal))):
            taken, following = step, space.successor(state, step)
            if following not in seen:
                break
        state = following
        seen.add(state)
        yield taken, state


def successors(space: StepSpace, state: int, steps: IntArray) -> list[int]:
    """Where each step leads; in one call where the space is ground."""
    from planner.spaces.ground import GroundSpace

    if isinstance(space, GroundSpace):
        reached: list[int] = space.successors(state, steps).tolist()
        return reached
    return [space.successor(state, step) for step in steps.tolist()]


def translated(
    source: StepSpace, steps: Sequence[int], space: StepSpace, state: int
) -> list[int] | None:
    """The same steps from a state to the goal by the numbers of another space; ``None`` if none."""
    plan = []
    for step in steps:
        wanted = _name(source, step)
        same = (int(s) for s in space.legal_steps(state).tolist() if _name(space, s) == wanted)
        found = next(same, None)
        if found is None:
            return None
        plan.append(found)
        state = space.successor(state, found)
    return plan if space.is_goal(state) else None


def _name(space: StepSpace, step: int) -> tuple[int, tuple[object, ...]]:
    arguments = space.steps.arguments[step].tolist()
    return int(space.steps.symbol[step]), tuple(space.constants[a] for a in arguments if a >= 0)


def state_facts(space: StepSpace, state: int) -> tuple[Atom, ...]:
    """The facts of a state that no rule derives: what a task's ``init`` would have to say.

    Facts of the rule base itself are left out; order is that of the space's tables.
    """
    rules = space.task.rules
    derived, given = rules.derived, set(rules.facts)
    found = all_facts(space, state)
    return tuple(atom for atom in found if atom.predicate not in derived and atom not in given)


def all_facts(space: StepSpace, state: int) -> tuple[Atom, ...]:
    """Every fact of a state, static and derived ones included, each once."""
    found = _atoms(space, space.static, range(len(space.static)))
    found += _atoms(space, space.atoms, space.true_atoms(state).tolist())
    return tuple(dict.fromkeys(found))


def _atoms(space: StepSpace, table: Table, numbers: range | list[int]) -> list[Atom]:
    names = list(space.task.rules.predicates)
    constants = space.constants
    return [
        Atom(
            names[int(table.symbol[n])],
            tuple(constants[a] for a in table.arguments[n].tolist() if a >= 0),
        )
        for n in numbers
        if table.symbol[n] >= 0
    ]
