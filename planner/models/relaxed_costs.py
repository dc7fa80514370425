"""Costs of atoms without deletions: h_add (Bonet and Geffner 2001), with walks as distances.

A deed costs one, its needs, and the way of its mover to the nearest place where it can be done.
Where movers are brought by other steps, as cargo is, their ways begin only once they are there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.models.deeds import read_deeds, read_movers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import IntArray, StepSpace
    from planner.models.terrain import MovementMap

    Long = npt.NDArray[np.int64]

__all__ = ["NEVER", "Costs", "RelaxedTask"]

NEVER = 1 << 20
"""The cost of what cannot be reached; so many needs at once do not overflow."""

_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs in one state.

    Attributes:
        atoms: of each atom, and 0 behind the last.
        deeds: of each deed, the walk to its nearest place included.
        walks: these walks.
        here: where each mover is.
    """

    atoms: IntArray
    deeds: IntArray
    walks: IntArray
    here: dict[int, int]


class RelaxedTask:
    """Movers and deeds of a space, and what atoms cost from a state.

    Attributes:
        movers, deeds: see `planner.models.deeds`.
        who, where: for each atom the mover whose place it says, -1 for none, and the place.
    """

    def __init__(self, space: StepSpace, maps: Sequence[MovementMap]) -> None:
        self.movers, self.who, self.where = read_movers(space, maps)
        deeds = self.deeds = read_deeds(space, maps, self.who, self.where)
        self._atom_count = len(space.atoms)
        self._needs = [np.ascontiguousarray(column) for column in deeds.needs.T]
        self._maker, self._made, self._runs = self._read_makers()
        self._own = [self._entries_of(n) for n in range(len(self.movers))]
        self._known_walks: dict[tuple[int, int], tuple[Long, IntArray]] = {}
        # Of the state judged last: most movers are where they were.
        self._here: dict[int, int] = {}
        self._walks = np.where(deeds.mover < 0, 0, NEVER).astype(np.int32)

    def costs(self, true: IntArray) -> Costs:
        """Least costs of all atoms and deeds where certain atoms hold."""
        here = self._places_now(true)
        atoms = np.full(self._atom_count + 1, NEVER, dtype=np.int32)
        for mover, place in here.items():
            ways = self.movers[mover].ways_from(place)
            places, numbers = self.movers[mover].positions.T
            atoms[numbers] = np.where(ways[places] < 0, NEVER, ways[places])
        atoms[true] = 0
        atoms[-1] = 0
        self._walk_from(here)
        return Costs(atoms, self._spread(atoms), self._walks, here)

    def makers(self, atom: int, costs: Costs) -> list[int]:
        """The deeds that make an atom at its cost."""
        run = int(np.searchsorted(self._made, atom))
        if run == len(self._made) or self._made[run] != atom:
            return []
        end = self._runs[run + 1] if run + 1 < len(self._runs) else len(self._maker)
        makers = self._maker[self._runs[run] : end]
        found: list[int] = makers[costs.deeds[makers] == costs.atoms[atom]].tolist()
        return found

    def nearest_places(self, deed: int, costs: Costs) -> list[int]:
        """Where a deed's mover can do it after the shortest walk."""
        begin, end = np.searchsorted(self.deeds.entries[:, 0], [deed, deed + 1])
        places = self.deeds.entries[begin:end, 1]
        mover = int(self.deeds.mover[deed])
        ways = self.movers[mover].ways_from(costs.here[mover])
        found: list[int] = places[ways[places] == costs.walks[deed]].tolist()
        return found

    def _spread(self, atoms: IntArray) -> IntArray:
        """Lower the costs of atoms, round by round until nothing changes; those of the deeds."""
        for _ in range(_ROUNDS):
            deeds = self._walks + np.int32(1)
            for column in self._needs:
                deeds += atoms.take(column)
            np.minimum(deeds, NEVER, out=deeds)
            if not len(self._maker):
                break
            least = np.minimum.reduceat(deeds.take(self._maker), self._runs)
            known = atoms[self._made]
            if not (least < known).any():
                break
            atoms[self._made] = np.minimum(known, least)
        return deeds

    def _places_now(self, true: IntArray) -> dict[int, int]:
        """Where each mover is."""
        places = true[self.who[true] >= 0].tolist()
        return {int(self.who[atom]): int(self.where[atom]) for atom in places}

    def _entries_of(self, mover: int) -> tuple[Long, Long, Long]:
        """A mover's deeds, and their places run after run."""
        entries = self.deeds.entries
        own = entries[self.deeds.mover[entries[:, 0]] == mover].astype(np.int64)
        runs = _starts(own[:, 0])
        return own[runs, 0], own[:, 1], runs

    def _walk_from(self, here: dict[int, int]) -> None:
        """Bring the walks up to date with where the movers are."""
        for mover in self._here.keys() - here.keys():
            self._walks[self._own[mover][0]] = NEVER
        for mover, place in here.items():
            if self._here.get(mover) != place:
                classes, least = self._walk(mover, place)
                self._walks[classes] = least
        self._here = here

    def _walk(self, mover: int, place: int) -> tuple[Long, IntArray]:
        """A mover's deeds and how far away the nearest place of each is."""
        known = self._known_walks.get((mover, place))
        if known is None:
            classes, places, runs = self._own[mover]
            ways = self.movers[mover].ways_from(place)[places]
            ways[ways < 0] = NEVER
            least = np.minimum.reduceat(ways, runs) if len(runs) else ways
            known = self._known_walks[mover, place] = classes, least
        return known

    def _read_makers(self) -> tuple[Long, Long, Long]:
        """Deeds by what they make, the atoms made, ascending, and where the run of each begins."""
        place, column = np.nonzero(self.deeds.makes < self._atom_count)
        made = self.deeds.makes[place, column]
        order = np.argsort(made, kind="stable")
        runs = _starts(made[order])
        return place[order], made[order][runs], runs


def _starts(ascending: Long) -> Long:
    """Where each run of equal numbers begins."""
    new = np.ones(len(ascending), dtype=np.bool_)
    new[1:] = ascending[1:] != ascending[:-1]
    return np.flatnonzero(new)
