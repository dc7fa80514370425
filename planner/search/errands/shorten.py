"""Shorten a plan that was found by rules: fewer errands, fewer walks between them, fewer movers.

Rules reach one goal after the other, so their plans walk to and fro and take up what another
errand has at hand. The same errands are run again in an order that saves walks, those that nothing
needs are left out, and the errands of one mover are given to another. Loops are cut before. A
plan only gets cheaper, or shorter at the same cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.search.errands.footprints import Errands
from planner.search.errands.schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.guides.walks import Walks
    from planner.interfaces import StepSpace
    from planner.search.limits import Meter
    from planner.spaces.lifted import LiftedSpace

__all__ = ["shorten", "without_loops"]

_WORK = 150_000
"""Steps looked at in all: about a second."""


def shorten(
    space: LiftedSpace, walks: Walks, steps: Sequence[int], meter: Meter
) -> tuple[int, ...]:
    """A plan for the same task that is no dearer and often shorter.

    Args:
        space: where the plan is valid.
        walks: of the same space.
        steps: the plan.
        meter: ends the search for a shorter one when a limit is met.
    """
    return _Shortening(Errands(space, walks), without_loops(space, steps), meter).run()


def without_loops(space: StepSpace, steps: Sequence[int]) -> tuple[int, ...]:
    """A plan without what leads from a state back to it."""
    states = [space.initial()]
    kept: list[int] = []
    place_of = {states[0]: 0}
    for step in steps:
        state = space.successor(states[-1], step)
        place = place_of.get(state)
        if place is None:
            kept.append(step)
            states.append(state)
            place_of[state] = len(kept)
            continue
        for left in states[place + 1 :]:
            del place_of[left]
        del states[place + 1 :], kept[place:]
    return tuple(kept)


class _Shortening:
    def __init__(self, errands: Errands, plan: tuple[int, ...], meter: Meter) -> None:
        self._errands = errands
        self._meter = meter
        self._plan = plan
        self._left = max(_WORK, 4 * len(plan))

    def run(self) -> tuple[int, ...]:
        """Try what helps until nothing does."""
        while not self._stopped():
            before = self._plan
            self._reorder(self._needed(self._errands.real(self._plan)))
            self._merge_movers()
            self._leave_out()
            if self._plan == before:
                break
        return self._plan

    def _stopped(self) -> bool:
        return self._left <= 0 or bool(self._meter.exceeded())

    def _reorder(self, steps: Sequence[int]) -> bool:
        """Schedule errands; whether the plan got better."""
        better = False
        for nearest in (False, True):
            found, work = schedule(self._errands, steps, nearest=nearest)
            self._left -= work + len(steps) + 10
            if found is not None and self._value(found) < self._value(self._plan):
                self._plan, better = tuple(found), True
            if self._stopped():
                break
        return better

    def _value(self, plan: Sequence[int]) -> tuple[int, int]:
        costs = self._errands.space.costs
        return sum(int(costs[step]) for step in plan), len(plan)

    def _needed(self, steps: Sequence[int]) -> list[int]:
        """The errands of which something is needed by the goal or by an errand that is."""
        needed = set(self._errands.goal)
        kept = []
        for step in reversed(steps):
            found = self._errands.footprint(step)
            if needed & found.add or found.delete & self._errands.unwanted:
                # In place: goals may be many, and what one errand changes of them is little.
                needed -= found.add
                needed |= found.needs
                kept.append(step)
        return kept[::-1]

    def _leave_out(self) -> None:
        """Leave out one errand at a time with those that need it."""
        place = 0
        while not self._stopped():
            real = self._errands.real(self._plan)
            if place >= len(real):
                return
            kept = self._without(real, place)
            if kept is None or not self._reorder(kept):
                place += 1

    def _without(self, steps: Sequence[int], place: int) -> list[int] | None:
        """Errands without one and those that then lack something; ``None`` where the goal does."""
        errands = self._errands
        self._left -= len(steps) // 4
        state, kept = set(errands.initial), []
        for number, step in enumerate(steps):
            found = errands.footprint(step)
            lacking = found.needs - state - {atom for atom, _ in found.walked}
            if number == place or lacking or found.absent & state:
                continue
            kept.append(step)
            state -= found.delete
            state |= found.add
        missing = errands.goal - state
        return kept if all(errands.mover_of(atom) is not None for atom in missing) else None

    def _merge_movers(self) -> None:
        """Give all errands of one mover to another."""
        for old, new in self._pairs():
            if self._stopped():
                return
            real = self._errands.real(self._plan)
            renamed = [self._errands.renamed(step, old, new) for step in real]
            possible = [step for step in renamed if step is not None]
            if len(possible) == len(real) and possible != list(real):
                self._reorder(possible)

    def _pairs(self) -> list[tuple[int, int]]:
        """Movers in use that the goal does not name, each with every other mover of its kind."""
        space = self._errands.space
        named = {code for atom in self._errands.goal for code in space.atom_row(atom)[1]}
        used = {c for s in self._errands.real(self._plan) for c in space.step_row(s)[1]}
        groups: dict[tuple[int, int], dict[int, None]] = {}
        for atom in sorted(self._errands.initial):
            mover = self._errands.mover_of(atom)
            if mover is not None and len(mover.others) == 1:
                groups.setdefault((mover.predicate, mover.place), {})[mover.others[0]] = None
        return [
            (old, new)
            for group in groups.values()
            for old in group
            for new in group
            if old != new and old in used and old not in named
        ]
