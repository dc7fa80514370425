"""Which steps begin the cheapest way to an open goal: who can do what, where, and what comes first.

From the open goals back, the deeds of least cost (`planner.models.relaxed_costs`) are marked, all
where several are alike; of these the ones whose needs hold are where to go next. So a camera that
must be calibrated draws its rover to where that can be done, later to where the picture can be
taken, and last to where it can be sent from; a rover without a camera is drawn by neither.

Of moves those are named that come nearer to where a mover can do something marked, for each mover
and action at the nearest place: on the way to any open goal (``way``), or to the cheapest one
(``soonest``); and those to the nearest place of all (``nearest``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.models.relaxed_costs import NEVER, RelaxedTask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.models.relaxed_costs import Costs
    from planner.models.terrain import MovementMap

__all__ = ["PROSPECTS", "Prospects"]

PROSPECTS = ("way", "soonest", "nearest")
_WAY, _SOONEST, _NEAREST = range(3)
_ANY, _FIRST = 1, 2  # bits of a mark: for any goal, for the cheapest

_THERE = -1  # instead of an action: being there is what is wanted


class _Target(NamedTuple):
    """Places that are equally far away from a mover, and the action it can take there."""

    mover: int
    schema: int
    mark: int
    away: int
    places: list[int]


class Prospects:
    """For each legal step why it leads on.

    Only steps and atoms are read that the space knows of from the beginning; where there are more
    later, nothing is said.

    Args:
        space: where the steps come from.
        maps: of the space's movements.
        goal: for each literal of the goal the number of its atom, -1 for none.
        positive: whether it is to be true.
    """

    def __init__(
        self,
        space: StepSpace,
        maps: Sequence[MovementMap],
        goal: IntArray,
        positive: BoolArray,
    ) -> None:
        self._space = space
        self._goal = np.where(positive, goal, -1)
        self._relaxed = RelaxedTask(space, maps)
        self._sizes = len(space.atoms), len(space.steps)
        self._mover, self._end = self._read_moves(maps)

    def of(self, steps: IntArray, true: IntArray, is_open: BoolArray) -> list[tuple[int, int, int]]:
        """Rows (position in ``steps``, reason, schema of the deed it leads to) of the steps.

        Args:
            steps: legal steps.
            true: the atoms that hold.
            is_open: for each literal of the goal whether it is open.
        """
        goals = [goal for goal in self._goal[is_open].tolist() if goal >= 0]
        if not goals or self._sizes != (len(self._space.atoms), len(self._space.steps)):
            return []
        costs = self._relaxed.costs(true)
        marked, wanted = self._marks(costs, goals)
        found = self._deeds_at_hand(steps, marked)
        by_mover: dict[int, list[_Target]] = {}
        for target in self._targets(costs, marked, wanted):
            by_mover.setdefault(target.mover, []).append(target)
        for mover, targets in by_mover.items():
            positions = np.flatnonzero(self._mover[steps] == mover).tolist()
            for (reason, schema), nearest in _nearest(targets).items():
                found += self._moves(steps, positions, reason, schema, nearest)
        return found

    def goal_costs(self, true: IntArray) -> list[int | None]:
        """Cost of each literal of the goal where certain atoms hold, ``None`` without a way to it.

        Negative literals and those that no step changes have none.
        """
        costs = self._relaxed.costs(true).atoms
        prices = [NEVER if goal < 0 else int(costs[goal]) for goal in self._goal.tolist()]
        return [None if price == NEVER else price for price in prices]

    def _marks(self, costs: Costs, goals: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
        """Marks of deeds on a cheapest way to a goal whose needs hold, and of atoms wanted."""
        atoms, deeds = costs.atoms, self._relaxed.deeds
        prices = atoms[list(goals)].tolist()
        wanted: dict[int, int] = {}
        for goal, price in zip(goals, prices, strict=True):
            if 0 < price < NEVER:
                wanted[goal] = _ANY | _FIRST if price == min(prices) else _ANY
        marks: dict[int, int] = {}
        waiting = list(wanted)
        while waiting:
            atom = waiting.pop()
            mark = wanted[atom]
            for deed in self._relaxed.makers(atom, costs):
                if marks.get(deed, 0) | mark == marks.get(deed, 0):
                    continue
                marks[deed] = marks.get(deed, 0) | mark
                for need in deeds.needs[deed].tolist():
                    had = wanted.get(need, 0)
                    if atoms[need] > 0 and had | mark != had:
                        wanted[need] = had | mark
                        waiting.append(need)
        ready = {deed: m for deed, m in marks.items() if not atoms[deeds.needs[deed]].any()}
        return ready, wanted

    def _deeds_at_hand(
        self, steps: IntArray, marked: Mapping[int, int]
    ) -> list[tuple[int, int, int]]:
        """The marked deeds among the legal steps."""
        deeds = self._relaxed.deeds
        marks = np.zeros(len(deeds.schema) + 1, dtype=np.int32)
        marks[list(marked)] = list(marked.values())
        classes = deeds.of_step[steps]
        return [
            (position, reason, int(deeds.schema[classes[position]]))
            for reason, bit in ((_WAY, _ANY), (_SOONEST, _FIRST))
            for position in np.flatnonzero(marks[classes] & bit).tolist()
        ]

    def _targets(
        self, costs: Costs, marked: Mapping[int, int], wanted: Mapping[int, int]
    ) -> Iterator[_Target]:
        """Where marked deeds can be done, and places where a mover is wanted."""
        relaxed = self._relaxed
        for deed, mark in marked.items():
            away = int(costs.walks[deed])
            if away > 0:
                mover, schema = int(relaxed.deeds.mover[deed]), int(relaxed.deeds.schema[deed])
                yield _Target(mover, schema, mark, away, relaxed.nearest_places(deed, costs))
        for atom, mark in wanted.items():
            mover, place = int(relaxed.who[atom]), int(relaxed.where[atom])
            if mover in costs.here:
                away = int(relaxed.movers[mover].ways_from(costs.here[mover])[place])
                if 0 < away == costs.atoms[atom]:
                    yield _Target(mover, _THERE, mark, away, [place])

    def _moves(
        self, steps: IntArray, positions: Sequence[int], reason: int, schema: int, target: _Target
    ) -> Iterator[tuple[int, int, int]]:
        """Those of a mover's moves that come nearer to one of the places."""
        mover = self._relaxed.movers[target.mover]
        ways = [mover.ways_to(place) for place in sorted(set(target.places))]
        for position in positions:
            there = int(self._end[steps[position]])
            if any(0 <= int(way[there]) < target.away for way in ways):
                move = int(self._space.steps.symbol[steps[position]])
                yield position, reason, move if schema == _THERE else schema

    def _read_moves(self, maps: Sequence[MovementMap]) -> tuple[IntArray, IntArray]:
        """For each step the mover that it moves, -1 for none, and where to."""
        table = self._space.steps
        mover = np.full(len(table), -1, dtype=np.int32)
        end = np.full(len(table), -1, dtype=np.int32)
        for one in maps:
            own = {m.name: n for n, m in enumerate(self._relaxed.movers) if one in m.maps}
            rows = np.flatnonzero(table.symbol == one.schema)
            names = map(tuple, table.arguments[rows][:, one.movers].tolist())
            mover[rows] = [own.get(name, -1) for name in names]
            end[rows] = table.arguments[rows, one.end]
        return mover, end


def _nearest(targets: Sequence[_Target]) -> dict[tuple[int, int], _Target]:
    """A mover's targets by reason and schema: the nearest of each kind, like ones put together."""
    found: dict[tuple[int, int], _Target] = {}
    least = min(target.away for target in targets)
    for target in targets:
        for reason, bit in ((_WAY, _ANY), (_SOONEST, _FIRST), (_NEAREST, _ANY)):
            if not target.mark & bit or (reason == _NEAREST and target.away > least):
                continue
            kind = (reason, target.schema)
            known = found.get(kind)
            if known is None or target.away < known.away:
                found[kind] = target
            elif target.away == known.away:
                found[kind] = known._replace(places=known.places + target.places)
    return found
