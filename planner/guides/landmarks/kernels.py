"""Kernels of landmarks: reachability with atoms left out, and the count for one state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.engine.jit import bare_kernel

if TYPE_CHECKING:
    import numpy.typing as npt

    from planner.guides.landmarks.graph import Landmarks
    from planner.guides.relaxed_task import Relaxation
    from planner.interfaces import IntArray

    Words = npt.NDArray[np.int64]
    Marks = npt.NDArray[np.uint8]

__all__ = ["accept", "count_required", "reach_without", "trace_back"]

UNREACHED, SOURCE = -2, -1
ONE = np.int64(1)
LOW = np.int64(0xFFFFFFFF)
U1 = np.uint64(1)


@bare_kernel
def reach_without(
    excluded: Marks,
    sources: IntArray,
    relaxation: Relaxation,
    left: IntArray,
    supporter: IntArray,
    queue: IntArray,
) -> int:
    """Explore the relaxed task from ``sources`` as if nothing made the excluded atoms true.

    Leaves in ``left`` how many preconditions each relaxed operator still lacks and in
    ``supporter`` what reached each atom first. Returns how many atoms of the goal are out of
    reach; when there are none, the exploration stops early.
    """
    first, waiting = relaxation.first, relaxation.waiting
    add_first, added, is_goal = relaxation.add_first, relaxation.added, relaxation.is_goal
    for operator in range(len(left)):
        left[operator] = relaxation.start[operator] & LOW
    supporter[:] = UNREACHED
    end, open_goals = 0, np.int64(len(relaxation.goal))
    for i in range(len(sources)):
        if excluded[sources[i]] == 0:
            queue[end] = sources[i]
            supporter[sources[i]] = SOURCE
            open_goals -= is_goal[sources[i]]
            end += 1
    done = 0
    while done < end and open_goals > 0:
        atom = np.uint32(queue[done])
        done += 1
        for k in range(np.uint64(first[atom]), np.uint64(first[atom + U1])):
            operator = waiting[k]
            left[operator] -= 1
            if left[operator] != 0:
                continue
            for j in range(np.uint64(add_first[operator]), np.uint64(add_first[operator + U1])):
                reached = added[j]
                if supporter[reached] == UNREACHED and excluded[reached] == 0:
                    supporter[reached] = np.int32(operator)
                    open_goals -= is_goal[reached]
                    queue[end] = reached
                    end += 1
    return int(open_goals)


@bare_kernel
def trace_back(relaxation: Relaxation, supporter: IntArray, stack: IntArray, used: Marks) -> None:
    """Mark the atoms of the relaxed plan that the last complete exploration found."""
    used[:] = 0
    depth = 0
    for i in range(len(relaxation.goal)):
        atom = relaxation.goal[i]
        used[atom] = 1
        stack[depth] = atom
        depth += 1
    while depth > 0:
        depth -= 1
        operator = supporter[stack[depth]]
        if operator < 0:
            continue
        begin, end = relaxation.needs_first[operator], relaxation.needs_first[operator + 1]
        for k in range(np.int64(begin), np.int64(end)):
            atom = relaxation.needs[k]
            if used[atom] == 0:
                used[atom] = 1
                stack[depth] = atom
                depth += 1


@bare_kernel
def accept(row: Words, landmarks: Landmarks, before: Words, now: Words) -> None:
    """Note in ``now`` the landmarks of ``before`` and those that are true in a row.

    A landmark counts once all that are ordered before it were met in ``before``.
    """
    first, atoms = landmarks.first, landmarks.atoms
    awaits_first, awaits = landmarks.awaits_first, landmarks.awaits
    for word in range(len(now)):
        now[word] = before[word]
    for landmark in range(len(first) - 1):
        word, bit = landmark >> 6, ONE << np.int64(landmark & 63)
        if now[word] & bit != 0:
            continue
        for i in range(first[landmark], first[landmark + 1]):
            if (row[atoms[i] >> 6] >> np.int64(atoms[i] & 63)) & ONE != 0:
                ready = True
                for j in range(awaits_first[landmark], awaits_first[landmark + 1]):
                    other = awaits[j]
                    ready = ready and (before[other >> 6] >> np.int64(other & 63)) & ONE != 0
                if ready:
                    now[word] |= bit
                break


@bare_kernel
def count_required(row: Words, landmarks: Landmarks, accepted: Words) -> int:
    """Landmarks not met yet, and those met that must be made true again (Richter & Westphal 2010).

    The latter are false, and asked for by the goal or right before a landmark not met yet.
    """
    first, atoms, is_goal = landmarks.first, landmarks.atoms, landmarks.is_goal
    enables_first, enables = landmarks.enables_first, landmarks.enables
    count = 0
    for landmark in range(len(first) - 1):
        if (accepted[landmark >> 6] >> np.int64(landmark & 63)) & ONE == 0:
            count += 1
            continue
        again = is_goal[landmark] != 0
        for i in range(enables_first[landmark], enables_first[landmark + 1]):
            later = enables[i]
            if (accepted[later >> 6] >> np.int64(later & 63)) & ONE == 0:
                again = True
                break
        if not again:
            continue
        for i in range(first[landmark], first[landmark + 1]):
            if (row[atoms[i] >> 6] >> np.int64(atoms[i] & 63)) & ONE != 0:
                again = False
                break
        count += again
    return count
