"""Orders in which landmarks are to be met: what must come first, and what had better.

It is reasonable to meet ``a`` before ``b`` when meeting ``b`` first would mean undoing it again for
``a``: the two exclude each other, or ``b`` is excluded by, or undone with, what every way to ``a``
brings about (Hoffmann, Porteous & Sebastia 2004; Richter & Westphal 2010). Goals are compared with
each other; another landmark with those that come before what it is needed right before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.guides.mutex_groups import find_mutex_groups, unwatched
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.guides.mutex_groups import MutexGroups
    from planner.interfaces import IntArray
    from planner.spaces.ground_task import GroundTask

__all__ = ["MOST_ORDERED", "Known", "order"]

MOST_ORDERED = 400
"""Landmarks up to which they are ordered: the work is quadratic in their number."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of L landmarks before reasonable orders are looked for.

    Attributes:
        atoms: the atoms of each.
        is_goal: shape (L,).
        enables: for each the landmarks right before which it must be true.
        later: shape (L, L), whether the second can only be met after the first.
    """

    atoms: list[tuple[int, ...]]
    is_goal: npt.NDArray[np.uint8]
    enables: list[list[int]]
    later: npt.NDArray[np.bool_]


def order(task: GroundTask, known: Known, check: Callable[[], None] = unwatched) -> Csr:
    """For each landmark those to be met before it, without what follows from the others.

    ``check`` is called every few milliseconds, and may raise.
    """
    sure = known.later.copy()
    for first, others in enumerate(known.enables):
        sure[first, others] = True
    np.fill_diagonal(sure, False)
    after = _closed(sure)
    check()
    through = after.astype(np.float32) @ after.astype(np.float32) > 0
    kept = after & ~through
    wanted = _reasonable(task, known, sure, check)
    for first, second in np.argwhere(wanted & ~after & ~after.T).tolist():
        check()
        if after[first, second] or after[second, first]:
            # It follows already, or would close a cycle.
            continue
        kept[first, second] = True
        rows, gained = after[:, first].copy(), after[second].copy()
        rows[first], gained[second] = True, True
        after[rows] |= gained
    return Csr.of([np.flatnonzero(column).tolist() for column in kept.T])


def _closed(orders: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The transitive closure."""
    while True:
        reach = orders.astype(np.float32)
        wider = orders | (reach @ reach > 0)
        if (wider == orders).all():
            return wider
        orders = wider


def _reasonable(
    task: GroundTask, known: Known, sure: npt.NDArray[np.bool_], check: Callable[[], None]
) -> npt.NDArray[np.bool_]:
    """Shape (L, L): whether it is reasonable to meet the first before the second."""
    count = len(known.atoms)
    single = np.array([len(atoms) == 1 for atoms in known.atoms], dtype=np.bool_)
    goals = known.is_goal != 0
    compared = np.zeros((count, count), dtype=np.bool_)
    compared[np.ix_(goals, goals)] = True
    for second in np.flatnonzero(single & ~goals).tolist():
        for later in known.enables[second]:
            compared[:, second] |= sure[:, later]
    compared[np.diag_indices(count)] = False
    compared[~single] = False
    compared[:, ~single] = False
    if not compared.any():
        return compared
    return compared & _interferes(task, known, find_mutex_groups(task, check=check), check)


def _interferes(
    task: GroundTask, known: Known, mutexes: MutexGroups, check: Callable[[], None]
) -> npt.NDArray[np.bool_]:
    """Whether meeting the second first would mean undoing it for the first (single atoms)."""
    count, groups = len(known.atoms), len(mutexes.groups)
    achievers = task.add.inverted(task.atom_count)
    otherwise = np.zeros(task.atom_count, dtype=np.bool_)
    otherwise[task.conditional_add.values] = True
    otherwise[task.axiom_head] = True
    brings = np.zeros((count, groups), dtype=np.float32)
    member = np.zeros((count, groups), dtype=np.float32)
    own = np.zeros((count, count), dtype=np.float32)
    undone = np.zeros((count, count), dtype=np.bool_)
    number = {atoms[0]: i for i, atoms in enumerate(known.atoms) if len(atoms) == 1}
    before: list[list[int]] = [[] for _ in known.atoms]
    for first, others in enumerate(known.enables):
        for second in others:
            if len(known.atoms[first]) == 1:
                before[second].append(known.atoms[first][0])
    for index, atoms in enumerate(known.atoms):
        check()
        atom = atoms[0]
        if len(atoms) > 1:
            continue
        member[index, mutexes.of_atom[atom]] = 1
        effects = {atom, *before[index]}
        if not otherwise[atom]:
            ways = achievers[atom]
            effects.update(_shared(task.add, ways))
            for other in _shared(task.delete, ways):
                if other in number:
                    undone[index, number[other]] = True
        for effect in sorted(effects):
            memberships = mutexes.of_atom[effect]
            brings[index, memberships] += 1
            if effect in number:
                # An atom does not exclude itself.
                own[index, number[effect]] += len(memberships)
    return (brings @ member.T - own > 0.5) | undone


def _shared(lists: Csr, ways: IntArray) -> list[int]:
    """The values that all of these lists have."""
    if len(ways) == 0:
        return []
    values = np.concatenate([lists[way] for way in ways.tolist()])
    found: list[int] = np.flatnonzero(np.bincount(values) == len(ways)).tolist()
    return found
