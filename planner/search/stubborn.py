"""Strong stubborn sets: of steps that commute only one order is searched.

In each state a set of operators is built that contains one that begins, or may be moved to the
beginning of, every cheapest plan (Wehrle & Helmert 2014; Alkhazraji, Wehrle, Mattmüller & Helmert
2012): all that make an open goal true; for each member that is not applicable all that make one of
its open conditions true; for each that is applicable all that interfere with it. Applicable
operators outside the set can wait: expanding the others alone keeps the cost of cheapest plans,
and proofs that there is none. Two operators interfere when one makes a condition of the other
false, or false what the other makes true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.interfaces import IntArray
    from planner.spaces.ground import GroundSpace
    from planner.spaces.ground_task import GroundTask

__all__ = ["TRIAL", "WORTHWHILE", "StubbornSets", "can_prune"]

TRIAL = 300
"""States after which it is judged whether leaving steps out is worth the time."""

WORTHWHILE = 0.2
"""Share of the steps that must have been left out by then, as in Fast Downward."""


def can_prune(task: GroundTask) -> bool:
    """Whether a task is of the kind stubborn sets are proved for: no conditional effects, no
    derived atoms in states, and a goal that may be reached."""
    return task.goal is not None and not len(task.condition) and not len(task.axiom_head)


class StubbornSets:
    """Leaves out steps of the states of a space whose task `can_prune`.

    Sets of operators and of atoms are integers with a bit for each member.

    Attributes:
        seen, kept: steps looked at and left over so far.
        is_on: False once the first states showed too little.
    """

    def __init__(self, space: GroundSpace) -> None:
        task = space.ground_task
        assert task.goal is not None
        assert can_prune(task), "sets are proved for plain operators only"
        self._space, self._task = space, task
        count = task.state_atom_count
        self._goal = _bits(task.goal)
        self._needs = [_bits(task.precondition[o]) for o in range(task.operator_count)]
        self._true, self._false = [], []
        for operator in range(task.operator_count):
            add, delete = task.add[operator], task.delete[operator]
            self._true.append(_bits(add) | _bits(task.complement[delete]))
            self._false.append(_bits(delete) | _bits(task.complement[add]))
        self._needed_by = _inverted(self._needs, count)
        self._made_by = _inverted(self._true, count)
        self._broken_by = _inverted(self._false, count)
        self._interfering: dict[int, int] = {}
        self.seen = self.kept = 0
        self.is_on = True
        self._states = 0

    def prune(self, state: int, legal: IntArray) -> IntArray:
        """The legal steps that need not wait, ascending."""
        if not self.is_on or len(legal) < 2:
            return legal
        members = self._stubborn(int.from_bytes(self._space.row(state).tobytes(), "little"))
        if members is None:
            return legal
        left: IntArray = legal[np.array([bool(members >> step & 1) for step in legal.tolist()])]
        self.seen += len(legal)
        self.kept += len(left)
        self._states += 1
        if self._states == TRIAL and self.kept > (1 - WORTHWHILE) * self.seen:
            self.is_on = False
        return left

    def _stubborn(self, row: int) -> int | None:
        """A strong stubborn set of a state, ``None`` of a goal state."""
        open_goals = self._goal & ~row
        if not open_goals:
            return None
        members = todo = self._fewest_makers(open_goals, 0)
        while todo:
            lowest = todo & -todo
            todo ^= lowest
            operator = lowest.bit_length() - 1
            missing = self._needs[operator] & ~row
            if missing:
                more = self._fewest_makers(missing, members)
            else:
                more = self._interference(operator)
            todo |= more & ~members
            members |= more
        return members

    def _fewest_makers(self, atoms: int, members: int) -> int:
        """All that make one of the atoms true; the atom that adds the fewest new members."""
        makers = (self._made_by[atom] for atom in _places(atoms))
        return min(makers, key=lambda made: (made & ~members).bit_count())

    def _interference(self, operator: int) -> int:
        """All operators that must not be exchanged with one."""
        found = self._interfering.get(operator)
        if found is None:
            found = 0
            for atom in _places(self._needs[operator] | self._true[operator]):
                found |= self._broken_by[atom]
            for atom in _places(self._false[operator]):
                found |= self._needed_by[atom] | self._made_by[atom]
            self._interfering[operator] = found
        return found


def _bits(numbers: IntArray) -> int:
    """An integer with these bits set; -1 is no number."""
    found = 0
    for number in numbers.tolist():
        if number >= 0:
            found |= 1 << number
    return found


def _places(bits: int) -> Iterator[int]:
    """The bits that are set, ascending."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _inverted(sets: list[int], count: int) -> list[int]:
    """For each member the sets that contain it."""
    found = [0] * count
    for number, members in enumerate(sets):
        for place in _places(members):
            if place < count:
                found[place] |= 1 << number
    return found
