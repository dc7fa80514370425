"""Leave out steps that come too late: what they need is gone once earlier goals are met.

Some atoms of the goal, once true, stay true, and exclude others for good: a painted tile is never
clear again. Where every way to such an atom needs what another excludes, it has to come first;
and a step that makes the later one true needs nothing that the earlier one excludes, or it can be
no part of a plan. Steps that are left out leave fewer ways, which may order more goals. What
remains unreachable shows in the relaxed task, so that estimates see dead ends sooner. The
reasoning is that of goal agendas (Koehler & Hoffmann 2000), kept to what is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.guides.mutex_groups import find_mutex_groups, unwatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.guides.mutex_groups import MutexGroups
    from planner.interfaces import BoolArray, IntArray
    from planner.spaces.ground_task import GroundTask

__all__ = ["timely_operators"]


def timely_operators(task: GroundTask, check: Callable[[], None] = unwatched) -> IntArray:
    """The operators that may be part of a plan, ascending: all of them in most tasks.

    ``check`` is called between parts of the work, and may raise.
    """
    every: IntArray = np.arange(task.operator_count, dtype=np.int32)
    lasting = _lasting(task)
    if len(lasting) < 2:
        return every
    achievers = _achievers(task, lasting)
    if not all(_uses_up(task, way) for ways in achievers.values() for way in ways):
        # Without that, no atom excludes another for good.
        return every
    dropped = np.zeros(task.operator_count, dtype=np.bool_)
    ruled_out = _ruled_out(task, find_mutex_groups(task, check=check), achievers)
    while True:
        check()
        late = _late(task, achievers, ruled_out)
        if not late:
            return every[~dropped]
        dropped[late] = True
        gone = frozenset(late)
        for goal, ways in achievers.items():
            achievers[goal] = [way for way in ways if way not in gone]


def _lasting(task: GroundTask) -> list[int]:
    """Atoms of the goal that are false at the start and that nothing makes false again."""
    assert task.goal is not None
    ends: BoolArray = task.is_derived | task.is_complement
    for lists in (task.delete, task.conditional_delete):
        ends[lists.values] = True
    ends[task.initial] = True
    goal = np.flatnonzero(np.bincount(task.goal, minlength=1))
    lasting: list[int] = goal[~ends[goal]].tolist()
    return lasting


def _achievers(task: GroundTask, goals: list[int]) -> dict[int, list[int]]:
    """The operators that may make each goal true."""
    plain = task.add.inverted(task.atom_count)
    under = task.conditional_add.inverted(task.atom_count)
    owner = np.repeat(np.arange(task.operator_count), np.diff(task.conditional.offsets))
    return {goal: sorted({*plain[goal].tolist(), *owner[under[goal]].tolist()}) for goal in goals}


def _uses_up(task: GroundTask, way: int) -> bool:
    """Whether an operator takes away something that it needs."""
    return not set(task.precondition[way].tolist()).isdisjoint(task.delete[way].tolist())


def _ruled_out(
    task: GroundTask, mutexes: MutexGroups, achievers: dict[int, list[int]]
) -> dict[int, frozenset[int]]:
    """For each way to a goal, the goals after which it never applies again."""
    keeps: dict[int, list[int]] = {}
    for goal in achievers:
        for group in mutexes.of_atom[goal].tolist():
            keeps.setdefault(group, []).append(goal)
    found = dict[int, frozenset[int]]()
    for ways in achievers.values():
        for way in ways:
            found[way] = frozenset(
                goal
                for atom in task.precondition[way].tolist()
                for group in mutexes.of_atom[atom].tolist()
                for goal in keeps.get(group, ())
                if goal != atom
            )
    return found


def _late(
    task: GroundTask, achievers: dict[int, list[int]], ruled_out: dict[int, frozenset[int]]
) -> list[int]:
    """Ways to a goal that no longer apply once the goals before it are met."""
    earlier = _earlier(achievers, ruled_out)
    late = list[int]()
    for goal, ways in achievers.items():
        for way in ways:
            before = ruled_out[way] & earlier[goal]
            # A step may meet both at once, and one that meets the goal only under a condition
            # may come first without meeting it.
            others = any(way not in achievers[other] for other in sorted(before))
            if others and goal in task.add[way]:
                late.append(way)
    return sorted(late)


def _earlier(
    achievers: dict[int, list[int]], ruled_out: dict[int, frozenset[int]]
) -> dict[int, set[int]]:
    """For each goal those that no plan meets after it: nothing that makes them true applies."""
    earlier: dict[int, set[int]] = {goal: set() for goal in achievers}
    for goal, ways in achievers.items():
        if ways:
            for later in frozenset.intersection(*(ruled_out[way] for way in ways)):
                if later != goal:
                    earlier[later].add(goal)
    return earlier
