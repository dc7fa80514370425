"""In which order goals are best met: an atom of the goal after those that it would undo.

Meeting a goal needs certain atoms whichever step makes it true. Where they exclude another goal,
that other goal would have to be given up, so it had better come later (Koehler & Hoffmann 2000).
Such orders are advice: they decide what is tried first, and in a circle they are dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.guides.mutex_groups import find_mutex_groups, unwatched

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.guides.mutex_groups import MutexGroups
    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import Csr, GroundTask

__all__ = ["goal_sequence"]

_MOST = 2000
"""Goals up to which orders are sought: the work is quadratic in their number, and more."""

_SAMPLE = 20_000
"""Operators on which the groups that goals are compared by are tested; advice needs no proof."""


def goal_sequence(task: GroundTask, check: Callable[[], None] = unwatched) -> BoolArray:
    """Shape (G, G), for distinct goals ascending: whether the first is to come before the second.

    Closed transitively; no goal comes before itself. ``check`` is called between parts of the
    work, and may raise.
    """
    assert task.goal is not None
    goals = np.flatnonzero(np.bincount(task.goal, minlength=1))
    before: BoolArray = np.zeros((len(goals), len(goals)), dtype=np.bool_)
    if not 1 < len(goals) <= _MOST:
        return before
    mutexes = find_mutex_groups(task, _SAMPLE, check=check)
    number = {int(goal): index for index, goal in enumerate(goals)}
    members = _members(number, mutexes)
    ways = task.add.inverted(task.atom_count)
    for first, goal in enumerate(goals.tolist()):
        check()
        makers = ways[goal]
        brought = {goal, *_shared(task.precondition, makers), *_shared(task.add, makers)}
        undone = [
            second
            for atom in sorted(brought)
            for group in mutexes.of_atom[atom].tolist()
            for second in members.get(group, ())
            if goals[second] != atom
        ]
        undone += [number[atom] for atom in _shared(task.delete, makers) if atom in number]
        before[first, undone] = True
    np.fill_diagonal(before, False)
    return _without_circles(_closed(before & ~before.T))


def _members(number: dict[int, int], mutexes: MutexGroups) -> dict[int, list[int]]:
    """The goals of each group that has some."""
    members: dict[int, list[int]] = {}
    for goal, index in number.items():
        for group in mutexes.of_atom[goal].tolist():
            members.setdefault(group, []).append(index)
    return members


def _shared(lists: Csr, chosen: IntArray) -> list[int]:
    """The values that all of the chosen lists have."""
    if len(chosen) == 0:
        return []
    values = np.sort(np.concatenate([lists[index] for index in chosen.tolist()]))
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    lengths = np.diff(starts, append=len(values))
    found: list[int] = values[starts[lengths == len(chosen)]].tolist()
    return found


def _closed(before: BoolArray) -> BoolArray:
    """The transitive closure."""
    while True:
        reach: npt.NDArray[np.float32] = before.astype(np.float32)
        wider = before | (reach @ reach > 0)
        if (wider == before).all():
            return wider
        before = wider


def _without_circles(before: BoolArray) -> BoolArray:
    """The orders between goals that are not ordered both ways."""
    kept: BoolArray = before & ~before.T
    return kept
