"""Run errands in an order that saves walks: what can be done where one is comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.search.errands.footprints import dependencies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.search.errands.footprints import Errands, Footprint, Mover

__all__ = ["schedule"]


def schedule(
    errands: Errands, steps: Sequence[int], *, nearest: bool
) -> tuple[list[int] | None, int]:
    """A plan from the errands of another one, walks filled in, and the steps looked at for it.

    Args:
        errands: of the task.
        steps: what to do, in an order that is possible but for walks.
        nearest: whether to walk to the nearest errand that can be run rather than to the first.

    Returns:
        The plan is ``None`` where a walk is not possible or the goal is not met.
    """
    run = _Schedule(errands, steps)
    while run.waiting:
        place = run.next_here()
        if place is None:
            place = run.next_elsewhere(nearest=nearest)
        if place is None or not run.perform(place):
            return None, run.work
    return (run.plan if run.finish() else None), run.work


class _Schedule:
    """The state of a schedule.

    Attributes:
        waiting: places of the steps whose predecessors are done, ascending.
        work: steps looked at so far.
    """

    def __init__(self, errands: Errands, steps: Sequence[int]) -> None:
        self._errands = errands
        self._steps = steps
        self._prints = [errands.footprint(step) for step in steps]
        self._behind = dependencies(errands, steps)
        self._missing = [len(earlier) for earlier in self._behind]
        self._following: list[list[int]] = [[] for _ in steps]
        for place, earlier in enumerate(self._behind):
            for other in earlier:
                self._following[other].append(place)
        self.waiting = [place for place, count in enumerate(self._missing) if not count]
        self._state = set(errands.initial)
        self._where: dict[Mover, int] = {}
        for atom in sorted(errands.initial):
            self._note(atom)
        self.plan: list[int] = []
        self.work = 0

    def next_here(self) -> int | None:
        """The first waiting step that applies now."""
        for looked, place in enumerate(self.waiting):
            if self._applies(self._prints[place]):
                self.work += looked
                return place
        self.work += len(self.waiting)
        return None

    def next_elsewhere(self, *, nearest: bool) -> int | None:
        """A waiting step that applies after a walk."""
        best: tuple[int, int] | None = None
        self.work += len(self.waiting) if nearest else 1
        for place in self.waiting:
            length = self._walk_length(self._prints[place])
            if length is None:
                continue
            if not nearest:
                return place
            if best is None or length < best[0]:
                best = (length, place)
        return None if best is None else best[1]

    def perform(self, place: int) -> bool:
        """Walk where it is needed and take the step; whether that was possible."""
        found = self._prints[place]
        for atom, mover in found.walked:
            if atom not in self._state and not self._walk(mover, atom):
                return False
        if not self._applies(found):
            return False
        self._take(self._steps[place])
        self.waiting.remove(place)
        ready = []
        for other in self._following[place]:
            self._missing[other] -= 1
            if not self._missing[other]:
                ready.append(other)
        if ready:
            self.waiting = sorted([*self.waiting, *ready])
        return True

    def finish(self) -> bool:
        """Walk where the goal wants movers; whether the goal holds then."""
        for atom in sorted(self._errands.goal - self._state):
            mover = self._errands.mover_of(atom)
            if mover is None or not self._walk(mover, atom):
                return False
        return self._errands.goal <= self._state and not (self._errands.unwanted & self._state)

    def _applies(self, found: Footprint) -> bool:
        return found.needs <= self._state and self._state.isdisjoint(found.absent)

    def _walk_length(self, found: Footprint) -> int | None:
        length = 0
        for atom, mover in found.walked:
            if atom in self._state:
                continue
            here = self._where.get(mover)
            way = None if here is None else self._errands.way(here, atom)
            if way is None:
                return None
            length += len(way)
        walked = {atom for atom, _ in found.walked}
        return length if found.needs - walked <= self._state else None

    def _walk(self, mover: Mover, atom: int) -> bool:
        here = self._where.get(mover)
        way = None if here is None else self._errands.way(here, atom)
        for step in way or ():
            self._take(step)
        return way is not None

    def _take(self, step: int) -> None:
        self.work += 1
        found = self._errands.footprint(step)
        for atom in found.delete:
            mover = self._errands.mover_of(atom)
            if mover is not None and self._where.get(mover) == atom:
                del self._where[mover]
        self._state -= found.delete
        self._state |= found.add
        for atom in sorted(found.add):
            self._note(atom)
        self.plan.append(step)

    def _note(self, atom: int) -> None:
        mover = self._errands.mover_of(atom)
        if mover is not None:
            self._where[mover] = atom
