"""Find the landmarks of a task: atoms, or sets of atoms, that every plan makes true.

A single atom is a landmark when without it the goal is out of reach of the relaxed task; only
atoms of a relaxed plan need the test, and each relaxed plan that avoids an atom clears all atoms
it avoids. What all first achievers of a landmark need is ordered right before it; where they need
one of a few atoms of the same predicate, that set is a landmark too (Hoffmann, Porteous & Sebastia
2004; Richter & Westphal 2010). What is out of reach without a landmark comes after it; further
orders are reasonable (`planner.guides.landmarks.orders`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.guides.landmarks.orders import MOST_ORDERED, Known, order
from planner.guides.mutex_groups import unwatched
from planner.spaces.ground_task import Csr

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from planner.guides.relaxed_task import RelaxedTask
    from planner.interfaces import IntArray
    from planner.spaces.ground_task import GroundTask

__all__ = ["Landmarks", "find_landmarks", "no_landmarks"]

_LARGEST_SET = 4
"""Atoms of a disjunctive landmark: of larger sets one is soon true by chance."""

_WORK = 150_000_000
"""Steps of exploration spent on the search for landmarks: some tenths of a second."""


class Landmarks(NamedTuple):
    """The landmarks of a task, as kernels read them: L sets of atoms.

    Attributes:
        first, atoms: CSR, the atoms of each landmark, of which one must become true.
        is_goal: shape (L,), whether it must be true in the end.
        enables_first, enables: CSR, for each landmark those right before which it must be true
            when they become true for the first time.
        awaits_first, awaits: CSR, for each landmark those that are to be met before it counts.
    """

    first: IntArray
    atoms: IntArray
    is_goal: npt.NDArray[np.uint8]
    enables_first: IntArray
    enables: IntArray
    awaits_first: IntArray
    awaits: IntArray


def no_landmarks() -> Landmarks:
    """The empty graph, for searches that do not count landmarks."""
    nothing: IntArray = np.zeros(0, dtype=np.int32)
    zero: IntArray = np.zeros(1, dtype=np.int32)
    return Landmarks(zero, nothing, np.zeros(0, dtype=np.uint8), zero, nothing, zero, nothing)


def find_landmarks(
    task: GroundTask,
    relaxed: RelaxedTask,
    row: npt.NDArray[np.int64],
    *,
    orders: bool = True,
    check: Callable[[], None] = unwatched,
) -> Landmarks:
    """The landmarks of the plans that start in the state whose closed row of bits is given.

    Without ``orders`` each of them counts as soon as it is true. ``check`` is called every few
    milliseconds, and may raise.
    """
    assert task.goal is not None
    finder = _Finder(task, relaxed, row, orders, check)
    finder.find_atoms()
    finder.find_sets()
    return finder.graph()


@dataclass(slots=True)
class _Found:
    """A landmark and, once explored, what must hold right before it and what only after it."""

    atoms: tuple[int, ...]
    cut_off: npt.NDArray[np.bool_]
    before: list[tuple[int, ...]] = field(default_factory=list)


class _Finder:
    """Explores the relaxed task again and again, each time without one landmark."""

    def __init__(
        self,
        task: GroundTask,
        relaxed: RelaxedTask,
        row: npt.NDArray[np.int64],
        orders: bool,
        check: Callable[[], None],
    ) -> None:
        self._task, self._orders, self._check = task, orders, check
        arrays = self._arrays = relaxed.arrays
        atoms = len(arrays.is_goal)
        self._carried = task.state_atom_count
        bits = np.unpackbits(row.astype("<i8").view(np.uint8), bitorder="little")
        true = np.flatnonzero(bits[: self._carried])
        # The last atom of a relaxation is true always.
        self._sources = np.append(true, atoms - 1).astype(np.int32)
        self._holds = np.zeros(atoms, dtype=np.bool_)
        self._holds[self._sources] = True
        # Predicate and sign; below 2 are auxiliary atoms, which have no predicate.
        self._kind = 2 * (task.atoms.symbol.astype(np.int64) + 1) + task.is_complement
        self._needs = Csr(arrays.needs_first.view(np.int32), arrays.needs.view(np.int32))
        added = Csr(arrays.add_first.view(np.int32), arrays.added.view(np.int32))
        check()
        self._achievers = added.inverted(atoms)
        check()
        self._excluded = np.zeros(atoms, dtype=np.uint8)
        self._left = np.zeros(len(arrays.start), dtype=np.int32)
        self._supporter = np.zeros(atoms, dtype=np.int32)
        self._queue = np.zeros(atoms + 1, dtype=np.int32)
        size = len(arrays.waiting) + len(arrays.added) + atoms
        self._explorations = max(1, _WORK // size)
        self._found: dict[tuple[int, ...], _Found] = {}

    def find_atoms(self) -> None:
        """All single atoms, as far as the bound on work goes, those of the goal first."""
        used = np.zeros(len(self._excluded), dtype=np.uint8)
        if self._reach(()) > 0:
            return
        self._trace(used)
        possible = used.copy()
        goal = self._arrays.goal.tolist()
        others = np.flatnonzero(possible[: self._carried]).tolist()
        for atom in dict.fromkeys([*(a for a in goal if a < self._carried), *others]):
            if not possible[atom]:
                continue
            if self._explorations <= 0:
                return
            if self._reach((atom,)) == 0:
                self._trace(used)
                possible &= used
            else:
                self._enter((atom,))

    def find_sets(self) -> None:
        """Sets of atoms one of which is needed, backwards from all landmarks, sets included."""
        waiting = list(self._found.values())
        for landmark in waiting:
            for atoms in landmark.before:
                if len(atoms) == 1 or atoms in self._found or self._explorations <= 0:
                    continue
                self._reach(atoms)
                waiting.append(self._enter(atoms))

    def graph(self) -> Landmarks:
        """The landmarks in the order found."""
        numbers = {atoms: number for number, atoms in enumerate(self._found)}
        enables: list[list[int]] = [[] for _ in numbers]
        for number, landmark in enumerate(self._found.values()):
            for atoms in landmark.before:
                if atoms in numbers:
                    enables[numbers[atoms]].append(number)
        is_goal = self._arrays.is_goal
        goals = [len(atoms) == 1 and bool(is_goal[atoms[0]]) for atoms in numbers]
        flags = np.array(goals, dtype=np.uint8)
        awaits = Csr.of([[] for _ in numbers])
        if self._orders and len(numbers) <= MOST_ORDERED:
            known = Known(list(numbers), flags, enables, self._later())
            awaits = order(self._task, known, self._check)
        sets, later = Csr.of(numbers), Csr.of(enables)
        ways = (sets.offsets, sets.values, flags, later.offsets, later.values)
        return Landmarks(*ways, awaits.offsets, awaits.values)

    def _later(self) -> npt.NDArray[np.bool_]:
        """Shape (L, L): whether the second can only be met after the first."""
        firsts = np.array([atoms[0] for atoms in self._found], dtype=np.int64)
        count = len(firsts)
        later = np.zeros((count, count), dtype=np.bool_)
        for number, landmark in enumerate(self._found.values()):
            later[number] = landmark.cut_off[firsts]
            later[number, number] = False
        for number, atoms in enumerate(self._found):
            self._check()
            for atom in atoms[1:]:
                others = np.array([landmark.cut_off[atom] for landmark in self._found.values()])
                later[:, number] &= others
        return later

    def _reach(self, without: tuple[int, ...]) -> int:
        from planner.guides.landmarks.kernels import reach_without

        self._check()
        self._explorations -= 1
        chosen = list(without)
        self._excluded[chosen] = 1
        scratch = (self._left, self._supporter, self._queue)
        open_goals = int(reach_without(self._excluded, self._sources, self._arrays, *scratch))
        self._excluded[chosen] = 0
        return open_goals

    def _trace(self, used: npt.NDArray[np.uint8]) -> None:
        from planner.guides.landmarks.kernels import trace_back

        trace_back(self._arrays, self._supporter, self._queue, used)

    def _enter(self, atoms: tuple[int, ...]) -> _Found:
        """Note a landmark and what its first achievers need, right after exploring without it."""
        from planner.guides.landmarks.kernels import UNREACHED

        # Noted for orders only, as it takes a byte an atom.
        cut_off = self._supporter == UNREACHED if self._orders else self._holds
        landmark = self._found[atoms] = _Found(atoms, cut_off)
        if self._holds[list(atoms)].any():
            return landmark
        achievers = np.concatenate([self._achievers[atom] for atom in atoms])
        achievers = np.flatnonzero(np.bincount(achievers[self._left[achievers] == 0]))
        if len(achievers) == 0:
            return landmark
        rows = [self._needs[operator] for operator in achievers.tolist()]
        self._check()
        landmark.before = self._shared(rows)
        return landmark

    def _shared(self, rows: list[IntArray]) -> list[tuple[int, ...]]:
        """Atoms that all rows have, and small sets of a predicate of which each row has one."""
        owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        needs = np.concatenate(rows)
        owner, needs = owner[needs < self._carried], needs[needs < self._carried]
        if len(needs) == 0:
            return []
        common = np.flatnonzero(np.bincount(needs) == len(rows))
        shared: list[tuple[int, ...]] = [(int(atom),) for atom in common]
        kinds = self._kind[needs]
        kinds_of_common = set(self._kind[common].tolist())
        for kind in np.flatnonzero(np.bincount(kinds)).tolist():
            chosen = kinds == kind
            atoms = tuple(np.flatnonzero(np.bincount(needs[chosen])).tolist())
            if kind < 2 or kind in kinds_of_common or not 1 < len(atoms) <= _LARGEST_SET:
                continue
            covers = len(np.flatnonzero(np.bincount(owner[chosen]))) == len(rows)
            if covers and not self._holds[list(atoms)].any():
                shared.append(atoms)
        return shared
