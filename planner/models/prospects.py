"""Which steps begin the cheapest way to an open goal: who can do what, where, and what comes first.

Costs are those of h_add (Bonet and Geffner 2001) without deletions, a walk counted by its steps: a
deed costs one, its needs, and the way of its mover to the nearest place where it can be done. From
the open goals back, the deeds of least cost are marked, all where several are alike; of these the
ones whose needs hold are where to go next. So a camera that must be calibrated draws its rover to
where that can be done, later to where the picture can be taken, and last to where it can be sent
from; a rover without a camera is drawn by neither.

Of moves those are named that come nearer to where a mover can do something marked, for each mover
and action at the nearest place: on the way to any open goal (``way``), or to the cheapest one
(``soonest``); and those to the nearest place of all (``nearest``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.models.deeds import read_deeds, read_movers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from planner.interfaces import BoolArray, IntArray, StepSpace
    from planner.models.terrain import MovementMap

    Long = npt.NDArray[np.int64]

__all__ = ["PROSPECTS", "Prospects"]

PROSPECTS = ("way", "soonest", "nearest")
_WAY, _SOONEST, _NEAREST = range(3)
_ANY, _FIRST = 1, 2  # bits of a mark: for any goal, for the cheapest

_NEVER = 1 << 24
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class _Costs:
    """Costs of atoms and deeds in a state; the walk to a deed's nearest place is in its cost."""

    atoms: IntArray
    deeds: IntArray
    walks: IntArray


class Prospects:
    """For each legal step why it leads on.

    Only steps are read that the space knows of from the beginning.

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
        self._maps = maps
        self._movers, self._who, self._where = read_movers(space, maps)
        deeds = self._deeds = read_deeds(space, maps, self._who, self._where)
        self._atom_count = len(space.atoms)
        self._step_count = len(space.steps)
        self._needs = [np.ascontiguousarray(column) for column in deeds.needs.T]
        self._maker, self._made, self._runs = self._read_makers()
        self._own = [self._entries_of(n) for n in range(len(self._movers))]
        self._known_walks: dict[tuple[int, int], tuple[Long, IntArray]] = {}
        # Of the state judged last: most movers are where they were.
        self._here: dict[int, int] = {}
        self._walks = np.where(deeds.mover < 0, 0, _NEVER).astype(np.int32)
        self._step_mover, self._step_end = self._read_moves()

    def of(self, steps: IntArray, true: IntArray, is_open: BoolArray) -> list[tuple[int, int, int]]:
        """Rows (position in ``steps``, reason, schema of the deed it leads to) of the steps.

        Args:
            steps: legal steps.
            true: the atoms that hold.
            is_open: for each literal of the goal whether it is open.
        """
        goals = self._goal[is_open]
        goals = goals[goals >= 0].astype(np.int64)
        if not len(goals) or len(self._space.steps) != self._step_count:
            return []
        here = self._places_now(true)
        costs = self._costs(true, here)
        marked, wanted = self._marks(costs, goals)
        found = self._deeds_at_hand(steps, marked)
        for mover, targets in self._targets(costs, marked, wanted, here).items():
            found += self._moves(steps, mover, here[mover], targets)
        return found

    def goal_costs(self, true: IntArray) -> list[int | None]:
        """Cost of each literal of the goal where certain atoms hold, ``None`` without a way to it.

        Negative literals and those that no step changes have none.
        """
        costs = self._costs(true, self._places_now(true)).atoms
        prices = [_NEVER if goal < 0 else int(costs[goal]) for goal in self._goal.tolist()]
        return [None if price == _NEVER else price for price in prices]

    def _places_now(self, true: IntArray) -> dict[int, int]:
        """Where each mover is."""
        places = true[self._who[true] >= 0].tolist()
        return {int(self._who[atom]): int(self._where[atom]) for atom in places}

    def _costs(self, true: IntArray, here: dict[int, int]) -> _Costs:
        """Least costs of all atoms and deeds, by rounds until nothing changes."""
        atoms = np.full(self._atom_count + 1, _NEVER, dtype=np.int32)
        for mover, place in here.items():
            ways = self._movers[mover].ways_from(place)
            places, numbers = self._movers[mover].positions.T
            atoms[numbers] = np.where(ways[places] < 0, _NEVER, ways[places])
        atoms[true] = 0
        atoms[-1] = 0
        self._walk_from(here)
        for _ in range(_ROUNDS):
            cost = self._walks + np.int32(1)
            for column in self._needs:
                cost += atoms.take(column)
            np.minimum(cost, _NEVER, out=cost)
            if not len(self._maker):
                break
            least = np.minimum.reduceat(cost.take(self._maker), self._runs)
            known = atoms[self._made]
            if not (least < known).any():
                break
            atoms[self._made] = np.minimum(known, least)
        return _Costs(atoms, cost, self._walks)

    def _marks(self, costs: _Costs, goals: Long) -> tuple[dict[int, int], dict[int, int]]:
        """Marks of deeds on a cheapest way to a goal whose needs hold, and of atoms wanted."""
        atoms = costs.atoms
        prices = atoms[goals].tolist()
        cheapest = min(prices)
        wanted: dict[int, int] = {}
        for goal, price in zip(goals.tolist(), prices, strict=True):
            if 0 < price < _NEVER:
                wanted[goal] = _ANY | _FIRST if price == cheapest else _ANY
        marks: dict[int, int] = {}
        waiting = list(wanted)
        while waiting:
            atom = waiting.pop()
            mark = wanted[atom]
            for deed in self._makers(atom, costs):
                old = marks.get(deed, 0)
                if old | mark == old:
                    continue
                marks[deed] = old | mark
                for need in self._deeds.needs[deed].tolist():
                    had = wanted.get(need, 0)
                    if atoms[need] > 0 and had | mark != had:
                        wanted[need] = had | mark
                        waiting.append(need)
        ready = {d: m for d, m in marks.items() if not atoms[self._deeds.needs[d]].any()}
        return ready, wanted

    def _makers(self, atom: int, costs: _Costs) -> list[int]:
        """The deeds that make an atom at its cost."""
        run = int(np.searchsorted(self._made, atom))
        if run == len(self._made) or self._made[run] != atom:
            return []
        end = self._runs[run + 1] if run + 1 < len(self._runs) else len(self._maker)
        makers = self._maker[self._runs[run] : end]
        found: list[int] = makers[costs.deeds[makers] == costs.atoms[atom]].tolist()
        return found

    def _deeds_at_hand(self, steps: IntArray, marked: dict[int, int]) -> list[tuple[int, int, int]]:
        marks = np.zeros(len(self._deeds.schema) + 1, dtype=np.int32)
        marks[list(marked)] = list(marked.values())
        classes = self._deeds.of_step[steps]
        found = []
        for reason, bit in ((_WAY, _ANY), (_SOONEST, _FIRST)):
            for position in np.flatnonzero(marks[classes] & bit).tolist():
                found.append((position, reason, int(self._deeds.schema[classes[position]])))
        return found

    def _targets(
        self,
        costs: _Costs,
        marked: dict[int, int],
        wanted: dict[int, int],
        here: dict[int, int],
    ) -> dict[int, dict[tuple[int, int], tuple[int, set[int]]]]:
        """By mover, reason and schema: how far away the nearest places are, and which."""
        deeds = self._deeds
        found: dict[int, dict[tuple[int, int], tuple[int, set[int]]]] = {}

        def add(mover: int, mark: int, schema: int, away: int, places: list[int]) -> None:
            kinds = found.setdefault(mover, {})
            for reason, bit in ((_WAY, _ANY), (_SOONEST, _FIRST), (_NEAREST, _ANY)):
                if not mark & bit:
                    continue
                known = kinds.get((reason, schema))
                if known is None or away < known[0]:
                    kinds[reason, schema] = (away, set(places))
                elif away == known[0]:
                    known[1].update(places)

        for number, mark in marked.items():
            away = int(costs.walks[number])
            if away > 0:
                mover = int(deeds.mover[number])
                places = self._places_of(number)
                ways = self._movers[mover].ways_from(here[mover])
                near = places[ways[places] == away].tolist()
                add(mover, mark, int(deeds.schema[number]), away, near)
        for atom, mark in wanted.items():
            mover, place = int(self._who[atom]), int(self._where[atom])
            if mover in here:
                away = int(self._movers[mover].ways_from(here[mover])[place])
                if 0 < away == costs.atoms[atom]:
                    add(mover, mark, -1, away, [place])
        for kinds in found.values():
            least = min(away for (reason, _), (away, _) in kinds.items() if reason == _NEAREST)
            for key in [k for k, (away, _) in kinds.items() if k[0] == _NEAREST and away > least]:
                del kinds[key]
        return found

    def _moves(
        self,
        steps: IntArray,
        mover: int,
        here: int,
        targets: dict[tuple[int, int], tuple[int, set[int]]],
    ) -> list[tuple[int, int, int]]:
        """The moves of a mover on a shortest way to one of the places of each kind."""
        positions = np.flatnonzero(self._step_mover[steps] == mover)
        found = []
        for (reason, schema), (away, places) in targets.items():
            ways = [self._movers[mover].ways_to(place) for place in sorted(places)]
            for position in positions.tolist():
                there = int(self._step_end[steps[position]])
                if any(0 <= int(way[there]) < away for way in ways):
                    move = int(self._space.steps.symbol[steps[position]])
                    found.append((position, reason, move if schema < 0 else schema))
        return found

    def _entries_of(self, mover: int) -> tuple[Long, Long, Long]:
        """A mover's deeds, and their places run after run."""
        entries = self._deeds.entries
        own = entries[self._deeds.mover[entries[:, 0]] == mover].astype(np.int64)
        runs = _starts(own[:, 0])
        return own[runs, 0], own[:, 1], runs

    def _places_of(self, deed: int) -> Long:
        begin, end = np.searchsorted(self._deeds.entries[:, 0], [deed, deed + 1])
        return self._deeds.entries[begin:end, 1].astype(np.int64)

    def _walk_from(self, here: dict[int, int]) -> None:
        """Bring the walks up to date with where the movers are."""
        for mover in self._here.keys() - here.keys():
            self._walks[self._own[mover][0]] = _NEVER
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
            ways = self._movers[mover].ways_from(place)[places]
            ways[ways < 0] = _NEVER
            least = np.minimum.reduceat(ways, runs) if len(runs) else ways
            known = self._known_walks[mover, place] = classes, least
        return known

    def _read_makers(self) -> tuple[Long, Long, Long]:
        """Deeds by what they make, the atoms made, ascending, and where the run of each begins."""
        place, column = np.nonzero(self._deeds.makes < self._atom_count)
        made = self._deeds.makes[place, column]
        order = np.argsort(made, kind="stable")
        runs = _starts(made[order])
        return place[order], made[order][runs], runs

    def _read_moves(self) -> tuple[IntArray, IntArray]:
        """For each step the mover that it moves, -1 for none, and where to."""
        table = self._space.steps
        mover = np.full(len(table), -1, dtype=np.int32)
        end = np.full(len(table), -1, dtype=np.int32)
        for one in self._maps:
            own = {m.name: n for n, m in enumerate(self._movers) if one in m.maps}
            rows = np.flatnonzero(table.symbol == one.schema)
            names = map(tuple, table.arguments[rows][:, one.movers].tolist())
            mover[rows] = [own.get(name, -1) for name in names]
            end[rows] = table.arguments[rows, one.end]
        return mover, end


def _starts(ascending: Long) -> Long:
    """Where each run of equal numbers begins."""
    new = np.ones(len(ascending), dtype=np.bool_)
    new[1:] = ascending[1:] != ascending[:-1]
    return np.flatnonzero(new)
